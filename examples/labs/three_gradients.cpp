// SPDX-License-Identifier: MIT
// Is a derivative a formula or a number? Four ways to one derivative: the formula of a symbolic
// differentiator, reverse mode, forward mode, and finite differences; what each costs, and how
// exact it is.
#include <fmt/format.h>

#include "labs/engines.h"
#include "labs/lab.h"
#include "labs/symbolic.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor, tg::Tensors;

Tensor scalar(double v) { return tg::tensor(v, {.dtype = tg::float64}); }

/// (a x + b)^y at a = 2, b = 1, x = 1.5, y = 3, by each way.
void four_ways(lab::Lab& lab) {
  using namespace symbolic;
  const std::map<std::string, double> at{{"x", 1.5}, {"y", 3}};
  const Expression formula = pow(value(2) * variable("x") + value(1), variable("y"));
  const tg::TensorFunction f = [](const Tensors& in) { return tg::pow(2 * in[0] + 1, in[1]); };
  const Tensors point{scalar(1.5), scalar(3)}, reverse = engines::reverse(f, point),
                                               forward = engines::forward(f, point),
                                               differences = engines::differences(f, point, 1e-5);
  std::vector<lab::Row> rows;
  double worst = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string name = i ? "y" : "x";
    const Expression d = derivative(formula, name);
    lab.say(fmt::format("d/d{} {} =\n  {}", name, to_string(formula), to_string(d)));
    const double symbol = evaluate(d, at), back = reverse[i].item<double>(),
                 front = forward[i].item<double>();
    worst = std::fmax(worst, std::fmax(std::fabs(symbol / back - 1), std::fabs(front / back - 1)));
    rows.push_back({"∂/∂" + name, symbol, back, front, differences[i].item<double>()});
  }
  lab.table("four_ways",
            {{"derivative"},
             {"formula", "{:.10f}"},
             {"reverse", "{:.10f}"},
             {"forward", "{:.10f}"},
             {"differences", "{:.10f}", 1e-6}},
            rows);
  lab.claim("formula, reverse and forward mode agree to 14 digits", worst < 1e-14);
}

/// sin(sin(sin(x x) x) x): how long the derivative becomes if it is written down.
void formulas_grow(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  plot::Series function{{"function", "函数"}, {}, {}}, written{{"derivative", "导数"}, {}, {}};
  symbolic::Expression e = symbolic::variable("x");
  for (int depth = 1; depth <= 12; ++depth) {
    e = sin(e * symbolic::variable("x"));
    function.x.push_back(depth), function.y.push_back(size(e));
    written.x.push_back(depth), written.y.push_back(size(derivative(e, "x")));
    if (depth % 3 == 0) rows.push_back({double(depth), function.y.back(), written.y.back()});
  }
  lab.table("formulas", {{"depth"}, {"function"}, {"derivative"}}, rows);
  lab.picture("formulas",
              {{.title = {"Length of a formula and of its derivative", "公式与导数公式的长度"},
                .x = {"nested functions", "嵌套层数"},
                .y = {"values, variables, functions", "数、变量和函数的个数"},
                .series = {function, written}}});
  lab.claim("the function grows with the depth, its written derivative with the square of it",
            written.y[11] / written.y[5] > 3 && function.y[11] / function.y[5] < 2.2);
}

/// A chain of 20 layers of n elements: the work for all n · 20 derivatives.
void costs(lab::Lab& lab) {
  std::vector<lab::Row> rows;
  double reverse = 0, differences = 0;
  for (const int n : {5, 50, 500}) {
    const Tensor x = tg::rand({n}, {.dtype = tg::float64});
    Tensors weights;
    for (int i = 0; i < 20; ++i)
      weights.push_back(tg::rand({n}, {.dtype = tg::float64, .requires_grad = true}));
    const auto f = [&](const Tensors& w) {
      Tensor h = x;
      for (auto& v : w) h = sin(h * v);
      return h.sum();
    };
    const double once = lab::work_of([&] { f(weights); });
    reverse = lab::work_of([&] { tg::grad(f(weights), weights); }) / once;
    Tensors tangents;
    for (auto& w : weights) tangents.push_back(tg::ones_like(w));
    const double forward = lab::work_of([&] { tg::jvp(f, weights, tangents); }) / once;
    differences = 20 * n + 1;
    rows.push_back({20. * n, reverse, forward, 20 * n * forward, differences});
  }
  lab.table("costs",
            {{"parameters"},
             {"reverse: all", "{:.1f}"},
             {"forward: one", "{:.1f}"},
             {"forward: all", "{:.0f}"},
             {"differences: all", "{:.0f}"}},
            rows);
  lab.claim("reverse mode costs a few passes for any number of parameters; differences cost N + 1",
            reverse < 5 && differences > 1000);
}

/// The error of a difference over its step: first it is too coarse, then digits cancel.
void steps(lab::Lab& lab) {
  const auto f = [](auto x) { return std::sin(x) * std::exp(x); };
  const double exact = std::exp(1.) * (std::sin(1.) + std::cos(1.));
  std::vector<plot::Series> series;
  std::vector<lab::Row> rows;
  std::vector<double> best;
  const auto add = [&]<class T>(const plot::Text& name, T one, bool central) {
    plot::Series s{name, {}, {}};
    for (double e = 0; e >= -16; e -= 0.25) {
      const T h = T(std::pow(10., e)), more = one + h, less = central ? T(one - h) : one;
      if (more == less) continue;
      const double found = double((f(more) - f(less)) / (more - less));
      s.x.push_back(double(h)), s.y.push_back(std::fabs(found / exact - 1));
    }
    const auto least = std::min_element(s.y.begin(), s.y.end());
    best.push_back(*least);
    rows.push_back({s.name.en, s.x[std::size_t(least - s.y.begin())], *least});
    series.push_back(std::move(s));
  };
  add(plot::Text("float64 central", "float64 中心差分"), 1., true);
  add(plot::Text("float64 one-sided", "float64 单侧差分"), 1., false);
  add(plot::Text("float32 central", "float32 中心差分"), 1.f, true);
  add(plot::Text("float32 one-sided", "float32 单侧差分"), 1.f, false);
  const Tensor x = scalar(1).requires_grad_();
  const double found = tg::grad(sin(x) * exp(x), x)[0].item<double>();
  rows.push_back({"reverse mode float64", "-", std::fabs(found / exact - 1)});
  lab.table("steps", {{"way"}, {"best step", "{:.1e}", lab::any}, {"error", "{:.1e}", lab::any}},
            rows);
  lab.picture("steps", {{.title = {"Error of a finite difference", "有限差分的误差"},
                         .x = {"step h", "步长 h"},
                         .y = {"relative error", "相对误差"},
                         .x_axis = plot::Axis::log,
                         .y_axis = plot::Axis::log,
                         .series = series}});
  lab.claim("no step makes a difference as exact as reverse mode",
            best[0] > 1e-13 && std::fabs(found / exact - 1) < 1e-15);
  lab.claim("in float32 the best one-sided difference has three digits", best[3] > 1e-5);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("three_gradients", "Is a derivative a formula or a number?", argc, argv,
                  [](lab::Lab& lab) {
                    four_ways(lab);
                    formulas_grow(lab);
                    costs(lab);
                    steps(lab);
                  });
}
