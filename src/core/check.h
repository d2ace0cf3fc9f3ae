// Checks and small shape computations that many ops share.
#pragma once
#include "tensor_impl.h"
#include "tinygrad/error.h"
#include "tinygrad/op.h"

namespace tinygrad {

/// dim as a position 0 ... rank - 1. Throws IndexError. For 0-d tensors, -1 and 0 are allowed as in
/// PyTorch, and mean 0.
int check_dim(const Call& call, const Tensor& x, std::int64_t dim);
inline int check_dim(const char* op, const In& x, std::int64_t dim) {
  return check_dim({op, x.location}, x, dim);
}
/// dims as distinct positions in ascending order; all of x's for none.
Dims check_dims(const Call& call, const Tensor& x, const Dims& dims);
/// The shape that a and b broadcast to. The message underlines the sizes that differ.
Shape broadcast_shapes(const Call& call, const Shape& a, const Shape& b);
/// `shape` with size 1 at dims.
Shape with_ones(Shape shape, const Dims& dims);
/// `shape` without dims.
Shape without(const Shape& shape, const Dims& dims);

/// The dtype of an op on both, as PyTorch's result_type: among tensors with dimensions first; a 0-d
/// tensor counts only where its category (bool < integer < real) is higher; a number likewise, with
/// default dtypes int64 and float32.
DType result_type(const Call& call, const Tensor& a, const Tensor& b);
DType result_type(const Tensor& a, const Scalar& b);
/// What numbers of a kind become where no tensor says otherwise: bool, int64 or float32.
DType default_dtype(Scalar::Kind kind);
/// x converted where it has another dtype; the conversion is recorded like any op.
Tensor cast(const In& x, DType dtype);
/// float32 for integers and bools, else x's dtype.
inline DType real_dtype(DType dtype) { return is_floating(dtype) ? dtype : DType::float32; }
/// A value as fill() takes it for a dtype: a real saturates if the dtype is an integer.
Scalar saturated(Scalar value, DType dtype);
/// promote(), whose DTypeError names the call.
DType promote(const Call& call, DType a, DType b);
/// Refuses storage dtypes: every op that computes with x calls this. Undefined tensors pass.
void check_arithmetic(const Call& call, const Tensor& x);
void check_floating(const Call& call, const Tensor& x);
/// Indices are int64 (int32 and uint8 are converted).
Tensor check_index(const Call& call, const In& index);

}  // namespace tinygrad
