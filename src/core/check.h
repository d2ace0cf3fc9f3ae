// SPDX-License-Identifier: MIT
// Checks and small shape computations that many ops share.
#pragma once
#include <limits>

#include "tensor_impl.h"
#include "tinygrad/error.h"
#include "tinygrad/op.h"

namespace tinygrad {

/// What an undefined tensor may be, for messages.
inline constexpr const char* why_undefined =
    "it was never assigned, was moved from, or is a gradient that does not exist: a leaf has none "
    "before backward(), and a computed tensor never, such as w after w = w - lr * w.grad() (write "
    "w -= lr * w.grad() under NoGrad)";
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// dim as a position 0 ... rank - 1. Throws IndexError. For 0-d tensors, -1 and 0 are allowed, as
/// in PyTorch, and give 0.
int check_dim(const Call& call, const Tensor& x, std::int64_t dim);
inline int check_dim(const char* op, const In& x, std::int64_t dim) {
  return check_dim({op, x.location}, x, dim);
}
/// dims as distinct positions in ascending order; all dimensions of x if dims is empty.
Dims check_dims(const Call& call, const Tensor& x, const Dims& dims);
/// The shape that a and b broadcast to. The message underlines the sizes that differ.
Shape broadcast_shapes(const Call& call, const Shape& a, const Shape& b);
/// `shape` with size 1 at dims.
Shape with_ones(Shape shape, const Dims& dims);
/// `shape` without dims.
Shape without(const Shape& shape, const Dims& dims);
/// The number of elements of x that a reduction over dims makes one of.
std::int64_t reduced_count(const Tensor& x, const Dims& dims);

/// The dtype of an op on both, as PyTorch's result_type: a 0-d tensor beside one with dimensions
/// counts only if its category (bool < integer < floating) is higher; so does a scalar, as bool,
/// int64 or float32.
DType result_type(const Tensor& a, const Scalar& b);
/// Of several; an undefined tensor stands for the scalar. Throws ArgumentError if none is
/// defined.
DType result_type(const Call& call, std::initializer_list<const Tensor*> tensors,
                  const Scalar& scalar = {});
/// The dtype of scalars of a kind if no tensor decides: bool, int64 or float32.
DType default_dtype(Scalar::Kind kind);
/// x converted if it has another dtype; the conversion is recorded like any op.
Tensor cast(const In& x, DType dtype);
/// cast(), or an undefined tensor if x is not given.
inline Tensor cast_given(const In& x, DType dtype) { return x.defined() ? cast(x, dtype) : *x; }
/// float32 for integers and bools, else x's dtype.
inline DType real_dtype(DType dtype) { return is_floating(dtype) ? dtype : DType::float32; }
/// A value as fill() takes it for a dtype: a real saturates if the dtype is an integer.
Scalar saturated(Scalar value, DType dtype);
/// promote(), whose DTypeError names the call.
DType promote(const Call& call, DType a, DType b);
/// Throws DTypeError if x has a storage dtype: every op that computes with x calls this. An
/// undefined tensor passes.
void check_arithmetic(const Call& call, const Tensor& x);
void check_floating(const Call& call, const Tensor& x);
/// index as int64; int32 and uint8 are converted, other dtypes throw DTypeError.
Tensor check_index(const Call& call, const In& index);

}  // namespace tinygrad
