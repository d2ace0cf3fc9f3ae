// SPDX-License-Identifier: MIT
// Activation functions that are formulas of other ops.
#include "core/ops/function.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// An op with one input and this formula, which is also what is differentiated.
template <class F> static Tensor activation(const char* name, const In& x, F formula) {
  check_floating({name, x.location}, x.given());
  return apply({.name = name, .inputs = {x}, .formula = [formula](const Tensors& in) {
                  return Tensor(formula(in[0]));
                }});
}

Tensor relu6(In x) { return hardtanh({*x, x.location}, 0, 6); }
Tensor celu(In x, double alpha) {
  require(alpha != 0, Call{"celu", x.location}, "alpha is 0; the formula divides by it");
  return activation("celu", x, [=](const Tensor& x) { return alpha * elu(x / alpha); });
}
Tensor prelu(In x, In weight) {
  const Call call{"prelu", x.location};
  check_floating(call, x.given());
  const std::int64_t count = weight->numel();
  require<ShapeError>(weight->dim() <= 1 && (count == 1 || (x->dim() > 1 && count == x->size(1))),
                      call, "expected a weight of shape [] or [1], or [C] for x [N, C, ...], got ",
                      weight->shape(), " for x ", x->shape());
  Shape shape = Shape::filled(x->dim(), 1);
  if (count != 1) shape[1] = count;
  return where(*x > 0, *x, reshape(*weight, shape) * *x);
}
Tensor rrelu(In x, double lower, double upper, bool training) {
  const Call call{"rrelu", x.location};
  check_floating(call, x.given());
  require(lower <= upper, call, "expected lower <= upper, got ", lower, " and ", upper);
  if (!training) return leaky_relu({*x, x.location}, (lower + upper) / 2);
  return where(*x > 0, *x, (lower + (upper - lower) * rand_like(*x, x.location)) * *x);
}
Tensor glu(In x, int dim) {
  const Call call{"glu", x.location};
  check_floating(call, x.given());
  const int at = check_dim(call, *x, dim);
  require<ShapeError>(x->dim() > 0 && x->size(at) % 2 == 0, call,
                      "expected an even number of elements along dimension ", dim, ", got x ",
                      x->shape());
  const std::int64_t half = x->size(at) / 2;
  return slice(*x, at, 0, half) * sigmoid(slice(*x, at, half));
}
Tensor gelu(In x, GeluApproximation approximation) {
  if (approximation == GeluApproximation::none) return gelu({*x, x.location});
  return activation("gelu", x, [](const Tensor& x) {
    const Tensor t = clamp(x, -30.0, 30.0);  // beyond, sigmoid is 0 or 1, and t³ may overflow
    return x * sigmoid(1.5957691216057308 * t * (1 + 0.044715 * square(t)));
  });
}
Tensor quick_gelu(In x) {
  return activation("quick_gelu", x, [](const Tensor& x) { return silu(1.702 * x) / 1.702; });
}
Tensor hardsigmoid(In x) {
  return activation("hardsigmoid", x, [](const Tensor& x) { return relu6(x + 3) / 6; });
}
Tensor hardswish(In x) {
  return activation("hardswish", x, [](const Tensor& x) { return x * (relu6(x + 3) / 6); });
}
Tensor hardshrink(In x, double lambda) {
  return activation("hardshrink", x,
                    [=](const Tensor& x) { return where((x >= -lambda) & (x <= lambda), 0, x); });
}
Tensor softshrink(In x, double lambda) {
  require(lambda >= 0, Call{"softshrink", x.location}, "lambda must not be negative, got ", lambda);
  return activation("softshrink", x,
                    [=](const Tensor& x) { return x - clamp(x, -lambda, lambda); });
}
FUNCTION(tanhshrink, x - tanh(x), dy* square(tanh(x)))
FUNCTION(softsign, x / (1 + abs(x)), dy* square(1 / (1 + abs(x))))
/// softplus with a threshold beyond which exp(-x) is below the precision of float64.
Tensor logsigmoid(In x) {
  return activation("logsigmoid", x, [](const Tensor& x) { return -softplus(-x, 1, 40); });
}
Tensor threshold(In x, Scalar threshold, Scalar value) {
  check_arithmetic({"threshold", x.location}, x.given());
  return where(*x <= threshold, value, *x);
}
Tensor softmin(In x, int dim) {
  check_floating({"softmin", x.location}, x.given());
  return softmax({-*x, x.location}, dim);
}

}  // namespace tinygrad
