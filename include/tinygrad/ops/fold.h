// SPDX-License-Identifier: MIT
// The windows of images as columns, and images as sums of overlapping windows.
#pragma once
#include "tinygrad/ops/pair.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

struct UnfoldOptions {
  Pair dilation = 1;
  Pair padding = 0;  ///< zeros on each side of the image
  Pair stride = 1;
};
/// The windows of images x [N, C, H, W] as columns [N, C kh kw, h w], or of x [C, H, W] as
/// [C kh kw, h w], for kernel_size {kh, kw} and h w windows. Row (c kh + u) kw + v of column
/// i w + j is x[n, c, i stride + u dilation - padding, j stride + v dilation - padding]. Throws
/// ShapeError if no window fits. windows() gives views of them.
TINYGRAD_API Tensor unfold(In x, Pair kernel_size, const UnfoldOptions& options = {});
/// The transpose of unfold: images [N, C, H, W] of output_size {H, W} from columns x
/// [N, C kh kw, h w], or [C, H, W] from [C kh kw, h w], where elements that overlap are added.
/// Throws ShapeError unless x has the columns of such an image, DTypeError if x is bool.
TINYGRAD_API Tensor fold(In x, Pair output_size, Pair kernel_size,
                         const UnfoldOptions& options = {});
/// The transpose of windows(): adds overlapping elements. x [N, C, h, w, kh, kw] -> [N, C, H, W],
/// which is `shape`; or any other number of spatial dimensions.
TINYGRAD_API Tensor add_windows(In x, const Shape& shape, const Dims& stride, const Dims& dilation);

}  // namespace tinygrad
