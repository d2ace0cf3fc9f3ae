// SPDX-License-Identifier: MIT
// Why ReLU does better, and what else there is: nets of 2 to 30 layers with each activation. What
// becomes of the gradient on its way down, of the accuracy, and how many units are dead.
#include <fmt/format.h>

#include <map>

#include "labs/deep.h"
#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor;

void gradients(lab::Lab& lab, const lab::Digits& data) {
  const tg::data::Batch batch{narrow(data.train.x, 0, 0, 256), narrow(data.train.y, 0, 0, 256)};
  std::vector<plot::Chart> charts;
  std::map<std::string, double> ratio, of_layer_2;
  std::vector<lab::Row> rows;
  for (const bool proper : {false, true}) {
    plot::Chart chart{.title = proper ? plot::Text("each with its own gain", "各用其增益")
                                      : plot::Text("all with gain 1", "增益都为 1"),
                      .x = {"layer, from the input", "层（自输入起）"},
                      .y = {"norm of the gradient", "梯度的范数"},
                      .y_axis = plot::Axis::log};
    for (auto& a : lab::activations) {
      tg::manual_seed(lab.seed());
      const auto norms = lab::Deep(30, a, proper ? a.gain : 1).gradient_norms(batch);
      plot::Series s{a.name, {}, {}};
      for (std::size_t i = 0; i < norms.size(); ++i)
        s.x.push_back(double(i + 1)), s.y.push_back(norms[i]);
      chart.series.push_back(std::move(s));
      const std::string key = fmt::format("{} {}", a.name, proper);
      ratio[key] = norms[1] / norms[28], of_layer_2[key] = norms[1];
      rows.push_back({a.name, proper ? "its own" : "1", norms[1], ratio[key]});
    }
    charts.push_back(std::move(chart));
  }
  lab.table("gradients",
            {{"activation"},
             {"gain"},
             {"gradient of layer 2", "{:.1e}", lab::any},
             {"layer 2 / layer 29", "{:.1e}", lab::any}},
            rows);
  lab.picture("gradients", charts);
  lab.claim("through 30 layers of sigmoids the gradient vanishes", ratio["sigmoid false"] < 1e-9);
  lab.claim("ReLU with its own gain keeps the gradient's size within a factor of 30",
            ratio["ReLU true"] > 1. / 30 && ratio["ReLU true"] < 30);
  lab.claim("with gain 1 ReLU's signal and gradient are halved and halved again",
            of_layer_2["ReLU false"] < 1e-3 * of_layer_2["ReLU true"]);
}

void training(lab::Lab& lab, const lab::Digits& data) {
  std::map<std::string, double> result;
  std::vector<lab::Row> rows;
  plot::Chart chart{.title = {"Accuracy by depth", "深度与正确率"},
                    .x = {"layers", "层数"},
                    .y = {"accuracy, %", "正确率，%"}};
  for (auto& a : lab::activations) {
    std::vector<double> depths;
    std::vector<lab::Mean> means;
    for (const int depth : {2, 5, 10, 20, 30}) {
      if (lab.quick() && depth != 2 && depth != 20) continue;
      std::vector<double> accuracies, dead;
      for (const std::uint64_t seed : lab.seeds()) {
        tg::manual_seed(seed);
        const lab::Deep net(depth, a, a.gain);
        tg::optim::SGD sgd(net.parameters(), {.lr = 0.01, .momentum = 0.9});
        lab::train(net, sgd, data.train, {.epochs = lab.choose(2, 1), .seed = seed});
        accuracies.push_back(lab::accuracy(net, data.test));
        dead.push_back(net.dead(narrow(data.test.x, 0, 0, 1000)));
      }
      const lab::Mean m = lab::mean_of(accuracies);
      result[fmt::format("{} {}", a.name, depth)] = m.mean;
      depths.push_back(depth), means.push_back(m);
      rows.push_back({a.name, double(depth), m.mean, m.spread, lab::mean_of(dead).mean});
    }
    chart.series.push_back(lab::series(a.name, depths, means));
  }
  lab.table("training",
            {{"activation"},
             {"layers"},
             {"accuracy %", "{:.1f}", 12},
             lab::spread,
             {"dead units %", "{:.0f}", lab::any}},
            rows);
  lab.picture("training", {chart});
  lab.claim("without an activation depth buys nothing: it stays one linear map",
            result["none 20"] < result["ReLU 2"]);
  lab.claim("at 20 layers tanh learns and sigmoid does not",
            result["tanh 20"] > result["sigmoid 20"] + 20);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      "activations", "Why does ReLU do better? What else is there?", argc, argv, [](lab::Lab& lab) {
        const auto data = lab::digits(lab, lab.choose(10000, 3000), lab.choose(10000, 1000));
        gradients(lab, data);
        training(lab, data);
      });
}
