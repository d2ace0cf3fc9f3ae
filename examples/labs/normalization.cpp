// SPDX-License-Identifier: MIT
// Where does normalization belong? A deep net without, with its input normalized, and with batch,
// layer, group and RMS normalization: the depth, the learning rate and the batch each survives.
#include <fmt/format.h>

#include <map>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor;

const char* const kinds[] = {"none", "input", "batch", "layer", "group", "RMS"};

/// (x - mean) / deviation of MNIST's pixels.
struct NormalizeInput : nn::Module {
  Tensor forward(const Tensor& x) override { return (x - 0.1307) / 0.3081; }
};

/// `depth` hidden layers of 64 units, each normalized before its ReLU.
lab::Net make(const std::string& kind, int depth) {
  lab::Net net{nn::Flatten()};
  if (kind == "input") net.push(NormalizeInput());
  for (int i = 0; i < depth; ++i) {
    net.push(nn::Linear(i ? 64 : 784, 64));
    if (kind == "batch") net.push(nn::BatchNorm1d(64));
    if (kind == "layer") net.push(nn::LayerNorm(64));
    if (kind == "group") net.push(nn::GroupNorm(8, 64));
    if (kind == "RMS") net.push(nn::RMSNorm(64));
    net.push(nn::ReLU());
  }
  net.push(nn::Linear(64, 10));
  return net;
}

struct Setting {
  int depth = 4;
  double lr = 0.05;
  int batch = 64;
};

/// The accuracy after training by plain SGD, with the same number of samples for every batch size.
lab::Mean result(const lab::Lab& lab, const lab::Digits& data, const std::string& kind,
                 const Setting& s) {
  std::vector<double> accuracies;
  for (const std::uint64_t seed : lab.seeds()) {
    tg::manual_seed(seed);
    lab::Net net = make(kind, s.depth);
    tg::optim::SGD sgd(net.parameters(), {.lr = s.lr});
    const auto run = [&](const Tensor& x) { return net(x); };
    lab::train(run, sgd, data.train, {.epochs = 3, .batch = s.batch, .seed = seed});
    net.eval();
    accuracies.push_back(lab::accuracy(run, data.test));
  }
  return lab::mean_of(accuracies);
}

/// One table and one chart: the accuracy of each kind over a setting.
template <class F>
std::map<std::string, std::vector<double>> sweep(lab::Lab& lab, const lab::Digits& data,
                                                 const char* name, const plot::Text& what,
                                                 const std::vector<double>& values, F setting,
                                                 std::vector<plot::Chart>& charts) {
  std::map<std::string, std::vector<double>> all;
  std::vector<lab::Row> rows;
  plot::Chart chart{
      .title = what, .x = what, .y = {"accuracy, %", "正确率，%"}, .x_axis = plot::Axis::log};
  for (const std::string kind : kinds) {
    plot::Series s{kind, values, {}, {}};
    lab::Row row{kind};
    for (const double v : values) {
      const lab::Mean m = result(lab, data, kind, setting(v));
      s.y.push_back(m.mean), s.spread.push_back(m.spread);
      row.emplace_back(m.mean);
    }
    all[kind] = s.y;
    rows.push_back(row);
    chart.series.push_back(std::move(s));
  }
  std::vector<lab::Column> columns{{"normalization"}};
  for (const double v : values) columns.push_back({fmt::format("{} {}", name, v), "{:.1f}", 15});
  lab.table(name, columns, rows);
  charts.push_back(std::move(chart));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      "normalization", "Where does normalization belong?", argc, argv, [](lab::Lab& lab) {
        const auto data = lab::digits(lab, lab.choose(6400, 1920), lab.choose(5000, 1000));
        std::vector<plot::Chart> charts;
        const bool q = lab.quick();
        const auto depth = sweep(
            lab, data, "depth", {"hidden layers", "隐藏层数"},
            q ? std::vector<double>{2, 20} : std::vector<double>{2, 5, 10, 20, 40},
            [](double v) { return Setting{.depth = int(v)}; }, charts);
        const auto rate = sweep(
            lab, data, "rate", {"learning rate", "学习率"},
            q ? std::vector<double>{0.05, 1} : std::vector<double>{0.01, 0.05, 0.2, 1, 5},
            [](double v) { return Setting{.lr = v}; }, charts);
        const auto batch = sweep(
            lab, data, "batch", {"batch size", "批大小"},
            q ? std::vector<double>{2, 64} : std::vector<double>{2, 4, 8, 16, 64},
            [](double v) { return Setting{.lr = 0.02, .batch = int(v)}; }, charts);
        lab.picture("normalization", charts);
        lab.claim("a net of 20 layers learns with batch normalization, and not without",
                  depth.at("batch")[q ? 1 : 3] > depth.at("none")[q ? 1 : 3] + 30);
        lab.claim(
            "a learning rate of 1 breaks the net without normalization, not that with batch's",
            rate.at("batch")[q ? 1 : 3] > rate.at("none")[q ? 1 : 3] + 30);
        lab.claim("with batches of two samples layer normalization is ahead of batch normalization",
                  batch.at("layer")[0] > batch.at("batch")[0]);
      });
}
