// SPDX-License-Identifier: MIT
// Internal functions that several ops use: padding to any positions, cropping, gather, writing in
// place, and the reduction of losses.
#pragma once
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// A tensor of shape `shape` with the elements of x at start, start + step, ... of each dimension,
/// and `value` everywhere else. Its derivative is crop().
Tensor pad_to(In x, const Dims& start, const Dims& step, const Shape& shape, Scalar value);
/// The elements of x at start, start + step, ... of each dimension, as many as `shape` says: a
/// view. It is the transpose of pad_to().
Tensor crop(In x, const Dims& start, const Dims& step, const Shape& shape);

/// gather() under the name of another op, which then appears in the error for a bad index.
Tensor gather_as(const char* name, In x, int dim, In index);
/// y = x, then y[.., index[i, j, k], ..] = (or +=) source[i, j, k], under the name of another op.
/// index is int64 and has the shape of source.
Tensor scatter_as(const char* name, In x, int dim, In index, In source, Write how);
/// The call of an op on the elements of source that go to x, of rank 1 or more.
struct ScatterArguments {
  Call call;
  Tensor x;
  int dim;
  Tensor index, source;
  /// scatter_as() at the index.
  Tensor write(const Tensor& to, const Tensor& from, Write how) const {
    return scatter_as(call.op, {to, call.location}, dim, index, from, how);
  }
};
/// Checks the arguments of scatter (or scatter_add), and cuts source to the shape of index.
ScatterArguments check_scatter(const Call& call, const In& x, int dim, const In& index,
                               const In& source, Write how);
/// Checks those of index_copy (or index_add), and expands the index [K] to the shape of source.
ScatterArguments check_slices(const Call& call, const In& x, int dim, const In& index,
                              const In& source, Write how);
/// index as int64, where negative ones -size ... -1 count from the end of `size` elements.
Tensor from_front(const Call& call, const In& index, std::int64_t size);
/// The indices of the true elements of a mask, in each of the dimensions of x from `first` on.
std::vector<Tensor> mask_indices(const Call& call, const Tensor& mask, const Shape& x, int first);
/// Indices of dimensions of these sizes as one: the row-major position that they name together, in
/// the shape that they broadcast to. If there are several, each is looked up in the positions that
/// it stands for, so that gather() checks it; a single one is left to the op that uses it.
Tensor merged_index(const Call& call, const Tensors& indices, const Shape& sizes);

/// Overwrites x with y, which is broadcast and converted to its dtype, as the in-place op `name`.
Tensor& overwrite(const char* name, Tensor& x, const Tensor& y, SourceLocation location);
/// Throws unless a result of this dtype can be written into x.
void check_holds(const Call& call, const Tensor& x, DType dtype);
/// The losses as they are, their sum or their mean.
Tensor reduced(const Call& call, const Tensor& losses, Reduction reduction);

inline Tensor transposed(const Tensor& x) { return transpose(x, -2, -1); }
/// v [n] as a tensor of this rank, with size n at dim and 1 elsewhere, so that it broadcasts.
inline Tensor along(const Tensor& v, int dim, int rank) {
  Shape shape = Dims::filled(rank, 1);
  shape[dim] = v.numel();
  return reshape(v, shape);
}
/// x less its mean over these dimensions; zeros if there are none.
Tensor centred(const Tensor& x, const Dims& over);
/// A tensor of zeros with the dtype and device of x. It is one element, expanded with stride 0, so
/// it may only be read.
inline Tensor expanded_zeros(const Tensor& x, const Shape& shape) {
  return expand(zeros({}, {.dtype = x.dtype(), .device = x.device()}), shape);
}

}  // namespace tinygrad
