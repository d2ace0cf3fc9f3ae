// SPDX-License-Identifier: MIT
// numeric_grad(), which computes derivatives by central differences, and gradcheck(), which
// compares them with those of the ops.
#include "tinygrad/trace/gradcheck.h"

#include <cmath>
#include <cstdio>

#include "place.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

/// Random weights in [0.5, 1.5), fixed by the seed. No weight is near 0, since that would hide an
/// error of its element.
Tensor weights_like(const Tensor& x, std::uint64_t seed, std::uint64_t call) {
  std::vector<double> w(std::size_t(x.numel()));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.5 + philox_uniform64(seed, call, i);
  return from_vector(w, x.shape(), x.device());
}

/// The tensors xs as leaves that require a gradient if those of `like` do. A tensor that already
/// requires a gradient is returned itself.
Tensors leaves_of(const Tensors& xs, const Tensors& like) {
  Tensors leaves;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const bool wanted = like[i].defined() && like[i].requires_grad();
    leaves.push_back(wanted && !xs[i].requires_grad() ? xs[i].detach().requires_grad_() : xs[i]);
  }
  return leaves;
}
Tensors detached(const Tensors& xs) {
  Tensors all;
  for (auto& x : xs) all.push_back(x.defined() ? x.detach() : x);
  return all;
}
Tensors requiring_grad(const Tensors& xs) {
  Tensors result;
  for (auto& x : xs)
    if (x.defined() && x.requires_grad()) result.push_back(x);
  return result;
}

/// Compares a derivative of order 1 or 2 with central differences.
class Comparison {
 public:
  Comparison(const GradcheckOptions& options, std::size_t inputs, GradcheckResult& result)
      : options_(options), inputs_(inputs), result_(result) {}

  /// Compares the derivatives of f, which returns a single element, with respect to the inputs that
  /// require a gradient.
  void run(const TensorFunction& f, const Tensors& inputs, int order) {
    const Tensors leaves = leaves_of(detached(inputs), inputs), wanted = requiring_grad(leaves);
    const Tensors analytic = grad(f(leaves), wanted, {.allow_unused = true});
    for (std::size_t i = 0, k = 0; i < inputs.size(); ++i)
      if (inputs[i].defined() && inputs[i].requires_grad())
        compare(analytic[k++], numeric_grad(f, inputs, int(i), options_.eps), i, order);
  }

 private:
  void compare(const Tensor& analytic, const Tensor& numeric, std::size_t input, int order) {
    const std::vector<double> expected = numeric.to_vector<double>();
    std::vector<double> found(expected.size());  // an undefined gradient is zero
    if (analytic.defined()) found = analytic.to_vector<double>();
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double value = sabotaged(found[i]);
      double error = std::fabs(value - expected[i]) / std::fmax(1, std::fabs(expected[i]));
      if (!(error == error)) error = INFINITY;
      if (error <= options_.tolerance) result_.worst = std::fmax(result_.worst, error);
      else
        report(error, value, expected[i], input, order,
               tracing::index_at(std::int64_t(i), numeric.shape()));
    }
  }
  double sabotaged(double x) const {
    return options_.sabotage == 1 ? x : x == 0 ? options_.sabotage - 1 : x * options_.sabotage;
  }

  void report(double error, double analytic, double numeric, std::size_t input, int order,
              const Dims& index) {
    result_.ok = false;
    if (error <= result_.worst && !result_.message.empty()) return;
    result_.worst = error;
    const std::string of =
        input < inputs_ ? "input " + std::to_string(input) : "the gradient sent back";
    char values[160];
    std::snprintf(values, sizeof values,
                  "the derivative says %.12g, differences say %.12g (error %.2g, allowed %.2g)",
                  analytic, numeric, error, options_.tolerance);
    result_.message = std::string(order == 1 ? "first" : "second") + " derivative by " + of +
                      " at " + to_string(index) + ": " + values;
  }

  const GradcheckOptions& options_;
  std::size_t inputs_;
  GradcheckResult& result_;
};

void check(const Call& call, const TensorFunction& f, const Tensors& inputs) {
  require(bool(f), call, "f is an empty function");
  for (std::size_t i = 0; i < inputs.size(); ++i)
    require<DTypeError>(!inputs[i].defined() || !is_floating(inputs[i].dtype()) ||
                            inputs[i].dtype() == DType::float64,
                        call, "input ", i, " is ",
                        inputs[i].defined() ? to_string(inputs[i].dtype()) : "",
                        "; differences need the precision of float64");
}

}  // namespace

Tensor numeric_grad(const TensorFunction& f, const Tensors& inputs, int input, double eps,
                    SourceLocation location) {
  const Call call{"numeric_grad", location};
  check(call, f, inputs);
  const bool given =
      input >= 0 && std::size_t(input) < inputs.size() && inputs[std::size_t(input)].defined();
  require<IndexError>(given, call, "there is no input ", input);
  require(eps > 0, call, "eps is ", eps, "; it must be positive");
  Tensors at = detached(inputs);
  const Tensor x = at[std::size_t(input)];
  require<DTypeError>(x.dtype() == DType::float64, call, "input ", input, " is ",
                      to_string(x.dtype()), ", which has no derivative");
  std::vector<double> values = x.to_vector<double>(), slopes;
  for (double& v : values) {
    const double before = v;
    auto f_at = [&](double moved) {
      v = moved;
      at[std::size_t(input)] = from_vector(values, x.shape(), x.device());
      return f(at).item<double>(location);
    };
    const double more = before + eps, less = before - eps;
    slopes.push_back((f_at(more) - f_at(less)) / (more - less));
    v = before;
  }
  return from_vector(slopes, x.shape(), x.device());
}

GradcheckResult gradcheck(const TensorFunction& f, const Tensors& inputs,
                          const GradcheckOptions& options, SourceLocation location) {
  const Call call{"gradcheck", location};
  const GradMode on(true);
  check(call, f, inputs);
  require(!requiring_grad(inputs).empty(), call,
          "no input requires a gradient; call requires_grad_() on those to check");
  const Tensor y = f(detached(inputs));
  require<DTypeError>(y.dtype() == DType::float64, call, "f gives ", to_string(y.dtype()),
                      "; it must give float64");
  require(y.to_vector<double>() == f(detached(inputs)).to_vector<double>() ||
              any(not_equal(y, y)).item<bool>(),
          call, "f gives other values when it is called again; fix its random numbers");

  // A weighted sum reduces the result of f to a scalar. The weights are the gradient that the
  // backward pass starts with, and the second order is also taken with respect to them.
  Tensors with_weights = inputs;
  with_weights.push_back(weights_like(y, options.seed, 0));
  const TensorFunction weighted = [&](const Tensors& xs) {
    Tensors own = xs;
    own.resize(inputs.size());
    return sum(f(own) * xs[inputs.size()]);
  };
  GradcheckResult result;
  Comparison comparison(options, inputs.size(), result);
  comparison.run(weighted, with_weights, 1);
  if (!options.second_order) return result;

  // The first derivative along a fixed direction is a scalar.
  with_weights[inputs.size()].requires_grad_();
  const TensorFunction along = [&](const Tensors& xs) {
    const Tensors leaves = leaves_of(xs, with_weights);
    Tensors own = leaves;
    own.resize(inputs.size());
    const Tensors wanted = requiring_grad(own),
                  slopes =
                      grad(weighted(leaves), wanted, {.create_graph = true, .allow_unused = true});
    Tensor total = zeros({}, {.dtype = DType::float64, .device = y.device()});
    for (std::size_t i = 0; i < slopes.size(); ++i)
      if (slopes[i].defined())
        total = total + sum(slopes[i] * weights_like(slopes[i], options.seed, i + 1));
    return total;
  };
  comparison.run(along, with_weights, 2);
  return result;
}

}  // namespace tinygrad
