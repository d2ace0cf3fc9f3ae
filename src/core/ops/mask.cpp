// SPDX-License-Identifier: MIT
// Ops that select elements by a mask. Positions are found on the host.
#include "core/ops/internal.h"

namespace tinygrad {

/// The positions in row-major order of the elements that are not 0.
static std::vector<std::int64_t> nonzero_positions(const Tensor& x) {
  const std::vector<std::uint8_t> is_set = x.to(DType::boolean).to_vector<std::uint8_t>();
  std::vector<std::int64_t> positions;
  for (std::size_t i = 0; i < is_set.size(); ++i)
    if (is_set[i]) positions.push_back(std::int64_t(i));
  return positions;
}

/// The shape that x and the mask broadcast to.
static Shape check_mask(const Call& call, const In& x, const In& mask) {
  require<DTypeError>(mask->dtype() == DType::boolean, call, "the mask must be bool, got ",
                      to_string(mask->dtype()), "; convert it with to(boolean)");
  return broadcast_shapes(call, x->shape(), mask->shape());
}
/// The positions that a mask selects from tensors of this shape: int64 [count] on its device.
static Tensor selected(const In& mask, const Shape& shape) {
  return from_vector(nonzero_positions(expand(*mask, shape)), mask->device());
}

Tensor nonzero(In x) {
  const Strides strides = dense_strides(x->shape());
  const std::vector<std::int64_t> positions = nonzero_positions(*x);
  std::vector<std::int64_t> indices;
  for (const std::int64_t position : positions)
    for (int d = 0; d < x->dim(); ++d) indices.push_back(position / strides[d] % x->shape()[d]);
  return from_vector(indices, {std::int64_t(positions.size()), x->dim()}, x->device());
}

Tensor masked_fill(In x, In mask, In value) {
  const Call call{"masked_fill", x.location};
  check_mask(call, x, mask);
  require<ShapeError>(value->dim() == 0, call, "expected a 0-d value, got shape ", value->shape(),
                      "; where() takes others");
  return where({*mask, x.location}, cast(value, x->dtype()), *x);
}
Tensor masked_fill(In x, In mask, Scalar value) {
  const Tensor filler = full({}, value, {.dtype = x->dtype(), .device = x->device()});
  return masked_fill({*x, x.location}, *mask, filler);
}

Tensor masked_select(In x, In mask) {
  const Shape shape = check_mask({"masked_select", x.location}, x, mask);
  return gather_as("masked_select", {flatten(expand({*x, x.location}, shape)), x.location}, 0,
                   selected(mask, shape));
}

Tensor masked_scatter(In x, In mask, In source) {
  const Call call{"masked_scatter", x.location};
  const Shape shape = check_mask(call, x, mask);
  const Tensor index = selected(mask, shape);
  require<ShapeError>(source->numel() >= index.numel(), call, "the mask selects ", index.numel(),
                      " elements, but source has ", source->numel());
  const Tensor values = narrow(flatten(*source), 0, 0, index.numel());
  return reshape(scatter({flatten(expand({*x, x.location}, shape)), x.location}, 0, index, values),
                 shape);
}

}  // namespace tinygrad
