// SPDX-License-Identifier: MIT
// Views: tensors with other shapes and strides over the memory of x. Only reshape and flatten copy,
// and only if no view has the result's shape.
#pragma once
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
/// Swaps the dimensions a and b.
TINYGRAD_API Tensor transpose(In x, int a, int b);
/// Reorders the dimensions: dimension i of the result is dimension order[i] of x.
TINYGRAD_API Tensor permute(In x, const Dims& order);
/// Removes the dimension dim if its size is 1.
TINYGRAD_API Tensor squeeze(In x, int dim);
/// Removes all dimensions of size 1.
TINYGRAD_API Tensor squeeze(In x);
/// Inserts a dimension of size 1 at dim.
TINYGRAD_API Tensor unsqueeze(In x, int dim);
/// Repeats dimensions of size 1, with stride 0, to the sizes of `shape`; -1 keeps a size.
TINYGRAD_API Tensor expand(In x, const Shape& shape);
/// The elements with index `index` in dimension dim. The result does not have that dimension.
TINYGRAD_API Tensor select(In x, int dim, std::int64_t index);
/// The elements start, start + step, ... below end of dimension dim. Negative start and end count
/// from the end; both are clamped to the size. step must be at least 1.
TINYGRAD_API Tensor slice(In x, int dim, std::int64_t start, std::int64_t end = INT64_MAX,
                          std::int64_t step = 1);
/// The elements start ... start + length - 1 of dimension dim; a start < 0 counts from the end.
TINYGRAD_API Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length);
/// Splits x along dim into chunks of `size` elements; the last chunk may be smaller.
TINYGRAD_API std::vector<Tensor> split(In x, std::int64_t size, int dim = 0);
/// x.select(dim, i) for all i. It has one derivative, which joins the gradients of all results; the
/// derivative of each select() would fill a tensor of x's shape with zeros.
TINYGRAD_API std::vector<Tensor> unbind(In x, int dim = 0);
/// All windows of images x [N, C, H, W], as [N, C, h, w, kh, kw]; they overlap in memory. The view
/// form of PyTorch's unfold.
TINYGRAD_API Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride,
                            const Dims& dilation);

}  // namespace tinygrad
