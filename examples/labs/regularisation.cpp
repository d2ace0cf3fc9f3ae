// SPDX-License-Identifier: MIT
// What is dropout, and what does it buy? None, weight decay, dropout, augmentation, label smoothing
// and early stopping, on 1,000 to 60,000 images; and a better architecture beside them.
#include <fmt/format.h>
#include <tinygrad/vision/transforms.h>

#include <map>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor;

struct Method {
  std::string name;
  bool dropout = false, augment = false, smooth = false, stop = false, is_cnn = false;
  double decay = 0;
};
const Method methods[] = {{"none"},
                          {.name = "weight decay", .decay = 0.1},
                          {.name = "dropout", .dropout = true},
                          {.name = "augmentation", .augment = true},
                          {.name = "label smoothing", .smooth = true},
                          {.name = "early stopping", .stop = true},
                          {.name = "a CNN instead", .is_cnn = true}};

lab::Net make(const Method& m) {
  if (m.is_cnn) return lab::cnn(8);
  lab::Net net(nn::Flatten(), nn::Linear(784, 256), nn::ReLU());
  if (m.dropout) net.push(nn::Dropout(0.5));
  net.push(nn::Linear(256, 10));
  return net;
}

/// Test and training accuracy after `steps` steps.
struct Result {
  double test, train;
};
Result learn(const Method& m, const lab::Digits& data, int steps, std::uint64_t seed) {
  tg::manual_seed(seed);
  lab::Net net = make(m);
  tg::optim::AdamW adam(net.parameters(), {.lr = 1e-3, .weight_decay = m.decay});
  const auto run = [&](const Tensor& x) { return net(x); };
  lab::TrainOptions options{.seed = seed};
  if (m.augment) options.augment = tg::vision::random_shift(2);
  if (m.smooth)
    options.loss = [](const Tensor& x, const Tensor& y) {
      return cross_entropy(x, y, {.label_smoothing = 0.1});
    };
  // Early stopping: a tenth of the training set is kept back, and the best epoch on it counts.
  const std::int64_t n = data.train.size(), kept = m.stop ? n / 10 : 0;
  const auto part = [&](std::int64_t begin, std::int64_t size) {
    return tg::data::Dataset{
        narrow(data.train.x, 0, begin, size), narrow(data.train.y, 0, begin, size), {}, ""};
  };
  const tg::data::Dataset own = part(0, n - kept), held = part(n - kept, kept);
  const int epochs = std::max(1, int(std::int64_t(steps) * 64 / own.size()));
  double best = 0;
  tg::NamedTensors best_state;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    net.train();
    options.seed = seed + std::uint64_t(epoch);
    lab::train(run, adam, own, options);
    net.eval();
    if (!m.stop) continue;
    if (const double now = lab::accuracy(run, held); now > best) {
      best = now, best_state.clear();
      for (auto& [name, t] : net.state_dict()) best_state.emplace_back(name, t.clone());
    }
  }
  if (m.stop) net.load_state_dict(best_state);
  return {lab::accuracy(run, data.test), lab::accuracy(run, own)};
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      "regularisation", "What is dropout, and what does it buy?", argc, argv, [](lab::Lab& lab) {
        const lab::Digits all = lab::digits(lab, lab.choose(60000, 1000), lab.choose(10000, 1000));
        std::map<std::string, std::vector<double>> test;
        std::vector<lab::Row> rows;
        plot::Chart chart{.title = {"Errors on the test set", "测试集错误率"},
                          .x = {"training images", "训练图像数"},
                          .y = {"errors, %", "错误率，%"},
                          .x_axis = plot::Axis::log,
                          .y_axis = plot::Axis::log};
        for (auto& m : methods) {
          plot::Series s{m.name, {}, {}, {}};
          for (const std::int64_t n : {1000, 10000, 60000}) {
            if (n > all.train.size()) continue;
            lab::Digits data = all;
            data.train.x = narrow(all.train.x, 0, 0, n),
            data.train.y = narrow(all.train.y, 0, 0, n);
            std::vector<double> tests, trains;
            for (const std::uint64_t seed : lab.seeds()) {
              const Result r = learn(m, data, lab.choose(n < 60000 ? 2000 : 4000, 300), seed);
              tests.push_back(r.test), trains.push_back(r.train);
            }
            const lab::Mean t = lab::mean_of(tests);
            test[m.name].push_back(t.mean);
            s.x.push_back(double(n)), s.y.push_back(100 - t.mean), s.spread.push_back(t.spread);
            rows.push_back({m.name, double(n), t.mean, t.spread, lab::mean_of(trains).mean});
          }
          chart.series.push_back(std::move(s));
        }
        lab.table("methods",
                  {{"method"},
                   {"images"},
                   {"test %", "{:.2f}", 0.6},
                   lab::spread,
                   {"training %", "{:.2f}", 1.5}},
                  rows);
        lab.picture("methods", {chart});
        lab.claim("on 1,000 images augmentation buys more than no regularisation",
                  test["augmentation"][0] > test["none"][0]);
        lab.claim("on 1,000 images the better architecture buys more than dropout",
                  test["a CNN instead"][0] > test["dropout"][0]);
      });
}
