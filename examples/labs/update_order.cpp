// SPDX-License-Identifier: MIT
// If x has already moved, should y's derivative be taken at the new x? All at once, one after
// another, by layers from either end, and with gradients that are a step old: on a quadratic and on
// a network, per step and per gradient that is computed.
#include <fmt/format.h>

#include <map>
#include <numeric>

#include "labs/digits.h"
#include "labs/update_orders.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor;

/// f = (x² + 2 c x y + y²) / 2: c couples x and y. The distance from 0 after 30 steps from (1,
/// -0.3).
double quadratic(double c, double lr, bool sequential) {
  double x = 1, y = -0.3;
  for (int step = 0; step < 30; ++step) {
    const double dx = x + c * y, moved = x - lr * dx;
    y -= lr * (y + c * (sequential ? moved : x));
    x = moved;
  }
  return std::hypot(x, y);
}

void quadratics(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  for (const double c : {0., 0.5, 0.9})
    for (const double lr : {0.5, 1., 1.2})
      rows.push_back({c, lr, quadratic(c, lr, false), quadratic(c, lr, true)});
  lab.table(
      "quadratic",
      {{"coupling"}, {"learning rate"}, {"at once", "{:.1e}"}, {"one after another", "{:.1e}"}},
      rows);
  std::vector<plot::Series> series{{{"at once", "同时"}, {}, {}},
                                   {{"one after another", "逐个"}, {}, {}}};
  for (double lr = 0.05; lr <= 1.6; lr += 0.05)
    for (const bool s : {false, true}) {
      series[s].x.push_back(lr);
      series[s].y.push_back(std::min(1e6, std::max(quadratic(0.9, lr, s), 1e-12)));
    }
  lab.picture("quadratic",
              {{.title = {"Distance from the minimum after 30 steps", "30 步后离最小值的距离"},
                .x = {"learning rate", "学习率"},
                .y = {"distance (1.04 at the start)", "距离（起点为 1.04）"},
                .y_axis = plot::Axis::log,
                .series = series}});
  lab.claim("without coupling the order does not matter",
            quadratic(0, 0.5, false) == quadratic(0, 0.5, true));
  lab.claim(
      "at the learning rate 1.2, one after another still converges where all at once diverges",
      quadratic(0.9, 1.2, true) < 0.1 && quadratic(0.9, 1.2, false) > 10);
}

void network(lab::Lab& lab) {
  const lab::Digits data = lab::digits(lab, 10240, 1000);
  const int steps = lab.choose(400, 60);
  std::vector<lab::Row> rows;
  std::map<std::string, double> last;
  std::vector<plot::Chart> charts;
  for (const double lr : {0.1, 0.5, 1.5}) {
    charts.push_back({.title = fmt::format("lr {}", lr),
                      .x = {"gradients computed", "计算梯度的次数"},
                      .y = {"loss of the batch", "批次损失"}});
    for (auto [order, name] : lab::orders) {
      const auto losses = lab::descend(data, order, lr, steps, lab.seed());
      const std::size_t cost = order == lab::Order::in_halves ? 2
                               : order == lab::Order::from_last || order == lab::Order::from_first
                                   ? 4
                                   : 1;
      plot::Series s{name, {}, {}};
      for (std::size_t i = 0; i < losses.size(); i += 10)
        s.x.push_back(double(i * cost)), s.y.push_back(losses[i]);
      charts.back().series.push_back(std::move(s));
      const auto tail = [&](std::size_t n) {  // the mean of the 20 losses up to step n
        return std::accumulate(losses.begin() + std::ptrdiff_t(n) - 20,
                               losses.begin() + std::ptrdiff_t(n), 0.) /
               20;
      };
      const double same_steps = tail(losses.size()),
                   same_cost = tail(std::max<std::size_t>(losses.size() / cost, 20));
      last[fmt::format("{} {}", name, lr)] = same_cost;
      rows.push_back({lr, name, same_steps, same_cost});
    }
  }
  lab.table("network",
            {{"learning rate"},
             {"order"},
             {"loss at equal steps", "{:.3f}", 0.05},
             {"loss at equal gradients", "{:.3f}", 0.05}},
            rows);
  lab.picture("network", charts);
  lab.claim("for the same number of gradients, all at once is ahead of layer by layer",
            last["all at once 0.5"] < last["layer by layer from the last 0.5"] &&
                last["all at once 0.5"] < last["layer by layer from the first 0.5"]);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("update_order", "If x has moved, is y's derivative taken at the new x?", argc,
                  argv, [](lab::Lab& lab) {
                    quadratics(lab);
                    network(lab);
                  });
}
