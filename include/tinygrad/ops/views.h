// SPDX-License-Identifier: MIT
// Views: tensors with other shapes and strides over the memory of x. Only reshape, flatten, ravel
// and unflatten copy, and only if no view has the result's shape. ops/split.h splits x into views.
#pragma once
#include <optional>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The same elements in row-major order with another shape. One size may be -1 and is inferred.
TINYGRAD_API Tensor reshape(In x, const Shape& shape);
/// A reshape that never copies. Throws ShapeError if a copy would be necessary.
TINYGRAD_API Tensor view(In x, const Shape& shape);
/// Merges the dimensions start ... end into one.
TINYGRAD_API Tensor flatten(In x, int start = 0, int end = -1);
/// The inverse of flatten: replaces dimension dim by those of shape, of which one may be -1.
TINYGRAD_API Tensor unflatten(In x, int dim, const Shape& shape);
/// flatten(x): rank 1, in row-major order.
inline Tensor ravel(In x) { return flatten({*x, x.location}); }
/// reshape() and view() to the shape of another tensor.
inline Tensor reshape_as(In x, const Tensor& other) {
  return reshape({*x, x.location}, other.shape());
}
inline Tensor view_as(In x, const Tensor& other) { return view({*x, x.location}, other.shape()); }
/// Swaps the dimensions a and b.
TINYGRAD_API Tensor transpose(In x, int a, int b);
/// The transpose of a matrix; x itself if its rank is 0 or 1.
TINYGRAD_API Tensor t(In x);
/// Reorders the dimensions: dimension i of the result is dimension order[i] of x.
TINYGRAD_API Tensor permute(In x, const Dims& order);
/// Moves dimension source[i] of x to the position destination[i]; the others keep their order.
TINYGRAD_API Tensor movedim(In x, const Axes& source, const Axes& destination);
inline Tensor moveaxis(In x, const Axes& source, const Axes& destination) {
  return movedim({*x, x.location}, source, destination);
}
inline Tensor swapaxes(In x, int a, int b) { return transpose({*x, x.location}, a, b); }
inline Tensor swapdims(In x, int a, int b) { return transpose({*x, x.location}, a, b); }
/// Removes the dimension dim if its size is 1.
TINYGRAD_API Tensor squeeze(In x, int dim);
/// Removes all dimensions of size 1.
TINYGRAD_API Tensor squeeze(In x);
/// Inserts a dimension of size 1 at dim.
TINYGRAD_API Tensor unsqueeze(In x, int dim);
/// Repeats dimensions of size 1, with stride 0, to the sizes of `shape`; -1 keeps a size.
TINYGRAD_API Tensor expand(In x, const Shape& shape);
inline Tensor broadcast_to(In x, const Shape& shape) { return expand({*x, x.location}, shape); }
inline Tensor expand_as(In x, const Tensor& other) {
  return expand({*x, x.location}, other.shape());
}
/// All tensors, expanded to the shape that they broadcast to.
TINYGRAD_API std::vector<Tensor> broadcast_tensors(
    const Tensors& xs, SourceLocation location = SourceLocation::current());
/// x with a rank of at least 1, 2 or 3. A vector [n] becomes [1, n] and [1, n, 1], a matrix [m, n]
/// becomes [m, n, 1].
TINYGRAD_API Tensor atleast_1d(In x);
TINYGRAD_API Tensor atleast_2d(In x);
TINYGRAD_API Tensor atleast_3d(In x);
/// The elements with index `index` in dimension dim. The result does not have that dimension.
TINYGRAD_API Tensor select(In x, int dim, std::int64_t index);
/// The elements start, start + step, ... below end of dimension dim. Negative start and end count
/// from the end; both are clamped to the size. step must be at least 1.
TINYGRAD_API Tensor slice(In x, int dim, std::int64_t start, std::int64_t end = INT64_MAX,
                          std::int64_t step = 1);
/// The elements start ... start + length - 1 of dimension dim; a start < 0 counts from the end.
TINYGRAD_API Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length);
/// All windows of x [N, C, ...], as [N, C, places, elements] with a size for each dimension of the
/// kernel: [N, C, H, W] as [N, C, h, w, kh, kw]. They overlap in memory.
TINYGRAD_API Tensor windows(In x, const Dims& kernel, const Dims& stride, const Dims& dilation);
/// The same of images, for a kernel {kh, kw}.
TINYGRAD_API Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride,
                            const Dims& dilation);
/// The windows of `size` elements along dim that start at every multiple of `step`, as a new last
/// dimension: y[i, ..., k] = x[i step + k, ...] for dim 0. They may overlap in memory.
TINYGRAD_API Tensor unfold(In x, int dim, std::int64_t size, std::int64_t step);
/// The elements x[i, i + offset] of the dimensions dim1 and dim2, as a new last dimension; if
/// offset is negative, x[i - offset, i].
TINYGRAD_API Tensor diagonal(In x, std::int64_t offset = 0, int dim1 = 0, int dim2 = 1);
/// Element (i, j, ...) is element offset + i strides[0] + j strides[1] + ... of x's memory,
/// whatever the shape of x. Without `offset`, it is that of x. Throws ShapeError if an element lies
/// outside the memory. Elements that are not elements of x have no gradient.
TINYGRAD_API Tensor as_strided(In x, const Shape& shape, const Strides& strides,
                               std::optional<std::int64_t> offset = {});

}  // namespace tinygrad
