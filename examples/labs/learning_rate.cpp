// SPDX-License-Identifier: MIT
// SGD and backpropagation are partners: one computes gradients, the other consumes them. The same
// gradients for five optimizers, three sources of gradients for one; then what the learning rate
// and the batch size do.
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "labs/digits.h"
#include "labs/engines.h"
#include "labs/gradient_noise.h"

namespace {

namespace tg = tinygrad;
namespace optim = tinygrad::optim;
using tg::Tensor, tg::Tensors;

struct Named {
  const char* name;
  std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&)> make;
};
const Named optimizers[] = {
    {"SGD", [](auto& p) { return std::make_unique<optim::SGD>(p, optim::SgdOptions{.lr = 0.01}); }},
    {"SGD with momentum",
     [](auto& p) {
       return std::make_unique<optim::SGD>(p, optim::SgdOptions{.lr = 0.01, .momentum = 0.9});
     }},
    {"RMSprop",
     [](auto& p) {
       return std::make_unique<optim::RMSprop>(p, optim::RmspropOptions{.lr = 0.05});
     }},
    {"Adam",
     [](auto& p) { return std::make_unique<optim::Adam>(p, optim::AdamOptions{.lr = 0.05}); }},
    {"Lion",
     [](auto& p) { return std::make_unique<optim::Lion>(p, optim::LionOptions{.lr = 0.02}); }}};

/// A long valley: f(x, y) = x² / 2 + 20 y² / 2.
Tensor valley(const Tensor& p) {
  return 0.5 * square(p.select(0, 0)) + 10 * square(p.select(0, 1));
}

/// One step of each optimizer from the same gradient, and 60 steps each over the valley.
void one_gradient(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  plot::Chart chart{.title = {"60 steps over a valley", "在山谷上走 60 步"}, .x = "x", .y = "y"};
  for (auto& o : optimizers) {
    Tensor p = tg::tensor({-4., 1.}, {.dtype = tg::float64, .requires_grad = true});
    const auto optimizer = o.make({p});
    plot::Series path{o.name, {-4}, {1}};
    for (int step = 0; step < 60; ++step) {
      optimizer->zero_grad();
      valley(p).backward();
      optimizer->step();
      const auto at = p.to_vector<double>();
      path.x.push_back(at[0]), path.y.push_back(at[1]);
    }
    rows.push_back({o.name, path.x[1] + 4, path.y[1] - 1, valley(p.detach()).item<double>()});
    chart.series.push_back(std::move(path));
  }
  lab.table("optimizers",
            {{"optimizer"}, {"first step: x", "{:.4f}"}, {"y", "{:.4f}"}, {"f after 60", "{:.1e}"}},
            rows);
  lab.picture("paths", {chart});
  lab.claim(
      "from the same gradient (-4, 20) SGD steps along it, Adam and Lion by equal lengths in x and "
      "y",
      std::fabs(std::get<double>(rows[0][2]) / std::get<double>(rows[0][1]) + 5) < 1e-9 &&
          std::fabs(std::get<double>(rows[4][2]) / std::get<double>(rows[4][1]) + 1) < 1e-9);
}

/// SGD with gradients of reverse mode, of forward mode and of finite differences.
void three_sources(lab::Lab& lab) {
  const Tensor x = tg::randn({16, 3}, {.dtype = tg::float64}), y = tg::sin(x.sum(1, true));
  const auto loss = [&](const Tensors& w) {
    return mse_loss(matmul(tanh(matmul(x, w[0])), w[1]), y);
  };
  const Tensors start{0.5 * tg::randn({3, 4}, {.dtype = tg::float64}),
                      0.5 * tg::randn({4, 1}, {.dtype = tg::float64})};
  std::vector<std::vector<double>> results;
  for (const auto engine :
       {+[](const tg::TensorFunction&f, const Tensors&w) { return engines::reverse(f, w); },
        +[](const tg::TensorFunction&f, const Tensors&w) { return engines::forward(f, w); },
        +[](const tg::TensorFunction&f, const Tensors&w) { return engines::differences(f, w); }}) {
    Tensors w{start[0].clone(), start[1].clone()};
    for (int step = 0; step < 50; ++step) {
      const Tensors g = engine(loss, w);
      for (std::size_t i = 0; i < w.size(); ++i) w[i] = w[i] - 0.2 * g[i];
    }
    results.push_back({loss(w).item<double>(), w[0].select(0, 0).select(0, 0).item<double>()});
  }
  const char* names[] = {"reverse mode", "forward mode", "finite differences"};
  std::vector<lab::Row> rows;
  for (std::size_t i = 0; i < 3; ++i) rows.push_back({names[i], results[i][0], results[i][1]});
  lab.table(
      "sources",
      {{"gradients by"}, {"loss after 50 steps", "{:.8f}", 1e-6}, {"a weight", "{:.8f}", 1e-6}},
      rows);
  lab.claim("where the gradient comes from makes no difference to SGD",
            std::fabs(results[0][0] - results[1][0]) < 1e-12 &&
                std::fabs(results[0][0] - results[2][0]) < 1e-8);
}

/// The range test (Smith 2017): the rate grows by a factor each step; the loss says where it is
/// good.
void range_test(lab::Lab& lab, const lab::Digits& data) {
  lab::Net net = lab::mlp();
  optim::SGD sgd(net.parameters(), {.lr = 1e-4});
  const int steps = lab.choose(300, 100);
  const double factor = std::pow(1e5, 1. / steps);
  plot::Series s{"", {}, {}};
  tg::data::Dataset some = data.train;
  some.x = narrow(some.x, 0, 0, std::min<std::int64_t>(64 * steps, some.size()));
  some.y = narrow(some.y, 0, 0, some.x.size(0));
  lab::TrainOptions o{.seed = lab.seed()};
  o.on_step = [&](std::int64_t step) { sgd.set_lr(1e-4 * std::pow(factor, double(step))); };
  const auto losses = lab::train([&](const Tensor& x) { return net(x); }, sgd, some, o);
  double smooth = losses[0], lowest = losses[0], best = 0;
  for (std::size_t i = 0; i < losses.size(); ++i) {
    smooth = 0.9 * smooth + 0.1 * std::min(losses[i], 10.);
    s.x.push_back(1e-4 * std::pow(factor, double(i))), s.y.push_back(smooth);
    if (smooth < lowest) lowest = smooth, best = s.x.back();
  }
  lab.table("range", {{"what"}, {"value", "{:.2g}", lab::any}},
            {{"the loss is lowest at the rate", best}, {"loss at rate 10", s.y.back()}});
  lab.picture("range", {{.title = {"Range test", "学习率范围测试"},
                         .x = {"learning rate", "学习率"},
                         .y = {"loss (running mean)", "损失（滑动平均）"},
                         .x_axis = plot::Axis::log,
                         .series = {s}}});
  lab.claim("too small a rate learns nothing, too large a one destroys",
            lowest < 0.9 * s.y[0] && s.y.back() > 1.5 * lowest);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("learning_rate", "SGD and backpropagation: rivals or partners?", argc, argv,
                  [](lab::Lab& lab) {
                    one_gradient(lab);
                    three_sources(lab);
                    const auto data = lab::digits(lab, lab.choose(20000, 6400), 1000);
                    range_test(lab, data);
                    lab::noise(lab, data);
                  });
}
