// SPDX-License-Identifier: MIT
// Tensors that are not computed from elements: constants and sequences.
#include <algorithm>
#include <cmath>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

Tensors constant(const NodeCall& n) {
  const TensorOptions cpu{.device = "cpu"};
  if (n.has("value")) return n.tensor("value");
  if (n.has("value_int"))
    return full({}, n.integer("value_int", 0), {.dtype = int64, .device = "cpu"});
  if (n.has("value_float")) return full({}, n.real("value_float", 0), cpu);
  if (n.has("value_ints")) return tensor(n.ints("value_ints"), cpu);
  n.check(n.has("value_floats"), "a constant of texts or a sparse one is not supported");
  return tensor(n.reals("value_floats"), {.dtype = float32, .device = "cpu"});
}
Tensors constant_of_shape(const NodeCall& n) {
  const Tensor value = n.tensor("value");
  const Shape shape(n.ints(0));
  if (!value.defined()) return zeros(shape, n.options(float32));
  return full(shape, value.item_scalar(), n.options(value.dtype()));
}
Tensors eye_like(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  n.check(x.dim() == 2, "expected a matrix, got shape ", x.shape());
  const std::int64_t k = n.integer("k", 0);
  const Tensor i = arange(x.size(0)).unsqueeze(1), j = arange(x.size(1));
  const DType dtype = n.has("dtype") ? dtype_of_number(n, n.integer("dtype", 1)) : x.dtype();
  return ((j - i) == k).to(dtype).to(x.device());
}
/// start + i step, computed from i, below limit.
Tensors range(const NodeCall& n) {
  const Scalar start = n.scalar(0, 0), limit = n.scalar(1, 0), step = n.scalar(2, 1);
  n.check(step.real() != 0, "the step is 0");
  const double count = std::max(0., std::ceil((limit.real() - start.real()) / step.real()));
  n.check(count < 0x1p53, "there are too many elements");
  const Tensor i = arange(std::int64_t(count));
  return (step.is_real() ? i.to(float64) : i) * step + start;
}

constexpr auto own = Result::own, as_first = Result::as_first;
constexpr Operator table[] = {
    {"Constant", constant, own},
    {"ConstantOfShape", constant_of_shape, own, host(0)},
    {"EyeLike", eye_like, own},
    {"Range", range, as_first, host(0, 1, 2)},
};

}  // namespace
Operators constant_operators() { return table; }
}  // namespace tinygrad::onnx
