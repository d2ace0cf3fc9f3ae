// SPDX-License-Identifier: MIT
// L-BFGS: steps along the gradient times an approximate inverse of the Hessian, and the search for
// their length (Nocedal and Wright 2006, Numerical Optimization, algorithms 3.5, 3.6 and 7.4).
#include "tinygrad/optim/lbfgs.h"

#include <algorithm>
#include <cmath>

#include "optim/check.h"
#include "optim/state.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

double largest(const Tensor& x) { return max(abs(x)).item<double>(); }

/// All parameters, or their gradients, as one vector [n].
Tensor flat(const std::vector<Tensor>& params) {
  Tensors all;
  for (auto& p : params) all.push_back(reshape(p.detach(), {-1}));
  return cat(all, 0);
}
Tensor flat_gradient(const std::vector<Tensor>& params) {
  std::vector<Tensor> all;
  all.reserve(params.size());
  for (auto& p : params) all.push_back(p.grad().defined() ? p.grad() : zeros_like(p));
  return flat(all);
}
/// Writes the elements of x [n] into the parameters.
void move_to(std::vector<Tensor> params, const Tensor& x) {
  std::int64_t begin = 0;
  for (Tensor& p : params) {
    p.copy_(reshape(narrow(x, 0, begin, p.numel()), p.shape()));
    begin += p.numel();
  }
}

/// A point at distance t along the direction d; the slope is g · d.
struct Point {
  double t, loss, slope;
  Tensor gradient;
};

/// Where, between low and high, the cubic with the values and slopes of a and b is smallest.
double cubic_minimum(const Point& a, const Point& b, double low, double high) {
  const Point &left = a.t <= b.t ? a : b, &right = a.t <= b.t ? b : a;
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const double part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return std::min(std::max(right.t - (right.t - left.t) * part, low), high);
}

/// Returns a point where the loss has fallen enough and the slope is small (the strong Wolfe
/// conditions), or the best one after so many evaluations, or in an interval below the tolerance.
template <class F>
Point strong_wolfe(const F& at, const Point& start, double t, double tolerance,
                   std::int64_t evaluations) {
  const auto is_high = [&](const Point& p) {
    return p.loss > start.loss + 1e-4 * p.t * start.slope;
  };
  const auto is_flat = [&](const Point& p) { return std::abs(p.slope) <= -0.9 * start.slope; };
  Point low = start, high = at(t);
  std::int64_t n = 0;
  for (; n < evaluations; ++n) {  // until [low, high] holds such a point
    if (is_high(high) || (n > 1 && high.loss >= low.loss)) break;
    if (is_flat(high)) return high;
    if (high.slope >= 0) break;
    t = cubic_minimum(low, high, high.t + 0.01 * (high.t - low.t), 10 * high.t);
    low = std::move(high), high = at(t);
  }
  if (n == evaluations) low = start;
  if (high.loss < low.loss) std::swap(low, high);
  for (bool was_near = false; n < evaluations; ++n) {  // low: the smaller loss
    const auto [left, right] = std::minmax(low.t, high.t);
    if (right - left < tolerance) break;
    t = cubic_minimum(low, high, left, right);
    const double margin = 0.1 * (right - left);
    const bool is_near = std::min(right - t, t - left) < margin;
    const bool is_moved = is_near && (was_near || t >= right || t <= left);
    if (is_moved) t = std::abs(t - right) < std::abs(t - left) ? right - margin : left + margin;
    was_near = is_near && !is_moved;
    Point now = at(t);
    if (is_high(now) || now.loss >= low.loss) {
      high = std::move(now);
      if (high.loss < low.loss) std::swap(low, high);
      continue;
    }
    if (is_flat(now)) return now;
    if (now.slope * (high.t - low.t) >= 0) high = std::move(low);
    low = std::move(now);
  }
  return low;
}

}  // namespace

LBFGS::Change::Change(const Tensor& gradient, const Tensor& step)
    : y(gradient), s(step), rho(1. / dot(y, s)) {}

LBFGS::LBFGS(const std::vector<Tensor>& params, const LbfgsOptions& o, SourceLocation location)
    : Optimizer("LBFGS"), options_(o) {
  const Call call{"LBFGS", location};
  require(o.max_iter >= 1 && o.max_eval.value_or(1) >= 1 && o.history_size >= 1, call,
          "max_iter, max_eval and history_size must be at least 1");
  check_not_negative(call, "tolerance_grad", o.tolerance_grad);
  check_not_negative(call, "tolerance_change", o.tolerance_change);
  add_group(params, o.lr, {}, location);
}

void LBFGS::update(const Batch& batch) {
  require(false, Call{"LBFGS", batch.location},
          "a step computes the loss several times; pass a closure: step(closure)");
}

/// Adds the change since the last gradient, if the curvature y · s is positive.
void LBFGS::remember(const Tensor& gradient) {
  const Tensor y = gradient - last_gradient_;
  if (!(dot(y, last_step_).item<double>() > 1e-10)) return;
  if (std::int64_t(history_.size()) == options_.history_size) history_.erase(history_.begin());
  history_.emplace_back(y, last_step_);
}

/// -H g by two loops over the history.
Tensor LBFGS::direction(const Tensor& gradient) const {
  Tensor d = -gradient;
  Tensors alphas;
  for (auto c = history_.rbegin(); c != history_.rend(); ++c) {
    alphas.push_back(dot(c->s, d) * c->rho);
    d = d - alphas.back() * c->y;
  }
  if (!history_.empty()) d = d / (history_.back().rho * dot(history_.back().y, history_.back().y));
  for (std::size_t i = 0; i < history_.size(); ++i) {
    const Change& c = history_[i];
    d = d + (alphas[history_.size() - 1 - i] - dot(c.y, d) * c.rho) * c.s;
  }
  return d;
}

// ------------------------------------------------------------ a step

Tensor LBFGS::step(const Closure& closure, SourceLocation location) {
  const LbfgsOptions& o = options_;
  require<DeviceError>(!is_capturing(), Call{"LBFGS", location},
                       "cannot be recorded: the host decides how often the closure runs");
  check_trained(location);
  const NoGrad off;
  std::int64_t evaluations = 0;
  const std::int64_t max_eval = o.max_eval.value_or(o.max_iter * 5 / 4);
  const auto evaluate = [&] {
    const GradMode on(true);
    ++evaluations, ++func_evals_;
    return closure();
  };
  const Tensor first_loss = evaluate();
  double loss = first_loss.item<double>();
  const std::vector<Tensor> params = parameters();
  Tensor g = flat_gradient(params);
  for (std::int64_t n = 1; largest(g) > o.tolerance_grad; ++n) {
    if (last_step_.defined()) remember(g);
    const Tensor d = direction(g);
    const double before = loss, slope = dot(g, d).item<double>();
    double t = lr() * (n_iter_++ ? 1 : std::min(1., 1 / sum(abs(g)).item<double>()));
    last_gradient_ = g, last_step_ = t * d;
    if (slope > -o.tolerance_change) break;
    const Tensor x = flat(params);
    if (o.line_search_fn == LineSearch::strong_wolfe) {
      const auto at = [&](double length) {
        move_to(params, x + length * d);
        const double value = evaluate().item<double>();
        const Tensor gradient = flat_gradient(params);
        return Point{length, value, dot(gradient, d).item<double>(), gradient};
      };
      const Point found = strong_wolfe(at, {0, loss, slope, g}, t, o.tolerance_change / largest(d),
                                       max_eval - evaluations);
      loss = found.loss, g = found.gradient, last_step_ = found.t * d;
    }
    move_to(params, x + last_step_);
    if (n == o.max_iter) break;
    if (o.line_search_fn == LineSearch::none)
      loss = evaluate().item<double>(), g = flat_gradient(params);
    if (evaluations >= max_eval || largest(last_step_) <= o.tolerance_change ||
        std::abs(loss - before) < o.tolerance_change)
      break;
  }
  return first_loss;
}

// ------------------------------------------------------------ saving

NamedTensors LBFGS::state_dict() const {
  NamedTensors all = Optimizer::state_dict();
  all.emplace_back("n_iter", count_tensor(n_iter_));
  all.emplace_back("func_evals", count_tensor(func_evals_));
  all.emplace_back("history", count_tensor(std::int64_t(history_.size())));
  if (!last_step_.defined()) return all;
  all.emplace_back("prev_flat_grad", last_gradient_), all.emplace_back("prev_step", last_step_);
  Tensors y, s;
  for (auto& c : history_) y.push_back(c.y), s.push_back(c.s);
  if (y.empty()) return all;
  all.emplace_back("old_dirs", stack(y, 0)), all.emplace_back("old_stps", stack(s, 0));
  return all;
}

void LBFGS::load_state_dict(const NamedTensors& state, SourceLocation location) {
  const NoGrad off;
  StateReader reader(state);
  const double rate = reader.take_real("group.0.lr");
  const std::int64_t n_iter = reader.take_count("n_iter"), evals = reader.take_count("func_evals"),
                     rows = reader.take_count("history");
  const Tensor x = flat(parameters());
  const auto take = [&](const char* name, const Shape& shape) {
    const Tensor t = reader.take(name, shape);
    return t.defined() ? t.detach().to(x.dtype()).to(x.device()).clone() : t;
  };
  Tensor gradient, step, y, s;
  if (n_iter > 0) gradient = take("prev_flat_grad", x.shape()), step = take("prev_step", x.shape());
  if (rows > 0) y = take("old_dirs", {rows, x.numel()}), s = take("old_stps", {rows, x.numel()});
  reader.finish({"LBFGS", location});
  set_lr(rate);
  n_iter_ = n_iter, func_evals_ = evals, last_gradient_ = gradient, last_step_ = step;
  history_.clear();
  for (std::int64_t i = 0; i < rows; ++i)
    history_.emplace_back(y.select(0, i).clone(), s.select(0, i).clone());
}

}  // namespace tinygrad::optim
