// SPDX-License-Identifier: MIT
// Checks of arguments, and the shape and the dtype of a result, which many ops share.
#include "check.h"

#include <algorithm>
#include <optional>

#include "tinygrad/ops.h"

namespace tinygrad {

int check_dim(const Call& call, const Tensor& x, std::int64_t dim) {
  const int rank = std::max(x.dim(call.location), 1);
  require<IndexError>(dim >= -rank && dim < rank, call, "dimension ", dim, " is not in [", -rank,
                      ", ", rank, ") for shape ", x.shape());
  return int(dim < 0 ? dim + rank : dim);
}

Dims check_dims(const Call& call, const Tensor& x, const Dims& dims) {
  Dims positions;
  if (dims.empty()) {
    for (int i = 0; i < x.dim(call.location); ++i) positions.push_back(i);
    return positions;
  }
  for (std::int64_t dim : dims) {
    const int position = check_dim(call, x, dim);
    require(!positions.contains(position), call, "dimension ", dim, " is named twice in ", dims);
    positions.push_back(position);
  }
  std::sort(positions.begin(), positions.end());
  if (x.dim() == 0) positions = {};
  return positions;
}

Shape broadcast_shapes(const Call& call, const Shape& a, const Shape& b) {
  Shape out = a.rank() < b.rank() ? b : a;
  for (int i = 1; i <= std::min(a.rank(), b.rank()); ++i) {
    require<ShapeError>(a[-i] == b[-i] || a[-i] == 1 || b[-i] == 1, call,
                        "cannot broadcast shapes ", Marked{a, -i}, " and ", Marked{b, -i});
    out[-i] = a[-i] == 1 ? b[-i] : a[-i];
  }
  return out;
}

Shape with_ones(Shape shape, const Dims& dims) {
  for (std::int64_t dim : dims) shape[int(dim)] = 1;
  return shape;
}
Shape without(const Shape& shape, const Dims& dims) {
  Shape rest;
  for (int i = 0; i < shape.rank(); ++i)
    if (!dims.contains(i)) rest.push_back(shape[i]);
  return rest;
}

std::int64_t reduced_count(const Tensor& x, const Dims& dims) {
  Shape reduced;
  for (std::int64_t dim : dims) reduced.push_back(x.shape()[int(dim)]);
  return reduced.count();
}

/// The order of categories: bool < integer < floating.
static int category(DType dtype) {
  const DTypeKind kind = kind_of(dtype);
  return kind == DTypeKind::boolean ? 0 : kind == DTypeKind::integer ? 1 : 2;
}

/// The dtype `strong`, unless `weak` is of a higher category.
static DType combine(const Call& call, DType strong, DType weak) {
  return category(weak) > category(strong) ? promote(call, strong, weak) : strong;
}

DType promote(const Call& call, DType a, DType b) {
  require<DTypeError>(can_promote(a, b), call, to_string(a), " and ", to_string(b),
                      " have no common dtype; convert one with to()");
  return promote(a, b);
}

DType default_dtype(Scalar::Kind kind) {
  constexpr DType defaults[] = {DType::boolean, DType::int64, DType::float32};
  return defaults[int(kind)];
}
DType result_type(const Tensor& a, const Scalar& b) {
  return combine("result_type", a.dtype(), default_dtype(b.kind()));  // never throws
}
DType result_type(const Call& call, std::initializer_list<const Tensor*> tensors,
                  const Scalar& scalar) {
  std::optional<DType> of_rank_0, of_others;
  bool has_scalar = false;
  for (const Tensor* x : tensors) {
    if (!x->defined()) {
      has_scalar = true;
      continue;
    }
    std::optional<DType>& dtype = x->dim() == 0 ? of_rank_0 : of_others;
    dtype = dtype ? promote(call, *dtype, x->dtype()) : x->dtype();
  }
  if (!of_others && !of_rank_0) fail_undefined(call.location);
  const DType dtype = !of_others   ? of_rank_0.value()
                      : !of_rank_0 ? *of_others
                                   : combine(call, *of_others, *of_rank_0);
  return has_scalar ? combine(call, dtype, default_dtype(scalar.kind())) : dtype;
}

Tensor cast(const In& x, DType dtype) {
  return x->dtype() == dtype ? *x : to({*x, x.location}, dtype);
}

Scalar saturated(Scalar value, DType dtype) {
  if (!value.is_real() || kind_of(dtype) != DTypeKind::integer) return value;
  const auto [least, most] = integer_range(dtype);
  return std::clamp(value.integer(), least, most);
}

void check_arithmetic(const Call& call, const Tensor& x) {
  if (!x.defined() || !is_storage(x.dtype())) return;
  const bool fits = integer_range(x.dtype()).most <= INT32_MAX;
  fail<DTypeError>(call, to_string(x.dtype()), " is a storage dtype; convert with .to(",
                   to_string(fits ? DType::int32 : DType::int64), ")");
}

void check_floating(const Call& call, const Tensor& x) {
  const DType dtype = x.dtype(call.location);
  require<DTypeError>(is_floating(dtype), call, "expected a floating dtype, got ", to_string(dtype),
                      "; convert with to(float32)");
}

Tensor check_index(const Call& call, const In& index) {
  const DType dtype = index->dtype();
  require<DTypeError>(kind_of(dtype) == DTypeKind::integer && !is_storage(dtype), call,
                      "expected integer indices, got ", to_string(dtype),
                      "; convert with to(int64)");
  return cast(index, DType::int64);
}

}  // namespace tinygrad
