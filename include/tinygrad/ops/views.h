// Views: other shapes and strides over the same memory. Nothing is copied, except by reshape and
// flatten if there is no other way.
#pragma once
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The same elements in row-major order under another shape; one size may be -1.
TINYGRAD_API Tensor reshape(In x, const Shape& shape);
/// reshape that never copies; throws ShapeError where it would have to.
TINYGRAD_API Tensor view(In x, const Shape& shape);
/// Merges the dimensions start ... end.
TINYGRAD_API Tensor flatten(In x, int start = 0, int end = -1);
/// The inverse of flatten: dimension dim becomes the dimensions of shape.
TINYGRAD_API Tensor unflatten(In x, int dim, const Shape& shape);
TINYGRAD_API Tensor transpose(In x, int a, int b);
TINYGRAD_API Tensor permute(In x, const Dims& order);
/// Without the dimension dim where its size is 1; without all such dimensions.
TINYGRAD_API Tensor squeeze(In x, int dim);
TINYGRAD_API Tensor squeeze(In x);
/// With a dimension of size 1 at dim.
TINYGRAD_API Tensor unsqueeze(In x, int dim);
/// Repeats dimensions of size 1 (by stride 0); -1 keeps a size.
TINYGRAD_API Tensor expand(In x, const Shape& shape);
/// Index `index` of dimension dim, which goes away.
TINYGRAD_API Tensor select(In x, int dim, std::int64_t index);
/// start, start + step, ... below end; negative start and end count from the end, and both are cut
/// to the size. step >= 1.
TINYGRAD_API Tensor slice(In x, int dim, std::int64_t start, std::int64_t end = INT64_MAX,
                          std::int64_t step = 1);
/// `length` elements of dim from start on.
TINYGRAD_API Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length);
/// Pieces of `size` along dim, the last perhaps smaller.
TINYGRAD_API std::vector<Tensor> split(In x, std::int64_t size, int dim = 0);
/// x at each index of dim, which goes away. One derivative joins the gradients of all, where that
/// of each select fills a whole x with zeros.
TINYGRAD_API std::vector<Tensor> unbind(In x, int dim = 0);
/// x [N, C, H, W] -> [N, C, h, w, kh, kw]: the windows of x, overlapping in memory.
TINYGRAD_API Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride,
                            const Dims& dilation);

}  // namespace tinygrad
