// SPDX-License-Identifier: MIT
// Pooling of images x [N, C, H, W] or [C, H, W], of sequences x [N, C, L] or [C, L] and of volumes
// x [N, C, D, H, W] or [C, D, H, W].
#pragma once
#include <cstdint>
#include <optional>

#include "tinygrad/ops/pair.h"
#include "tinygrad/ops/reduce.h"

namespace tinygrad {

/// Size: Single for sequences, Pair for images, Triple for volumes.
template <class Size> struct MaxPoolOptions {
  Size stride = 0;   ///< 0: the size of the window
  Size padding = 0;  ///< elements on each side, at most half the window
  Size dilation = 1;
  bool ceil_mode = false;  ///< also a last window that begins inside and ends outside
};
using MaxPool1dOptions = MaxPoolOptions<Single>;
using MaxPool2dOptions = MaxPoolOptions<Pair>;
using MaxPool3dOptions = MaxPoolOptions<Triple>;
template <class Size> struct AvgPoolOptions {
  Size stride = 0;                ///< 0: the size of the window
  Size padding = 0;               ///< elements on each side, at most half the window
  bool ceil_mode = false;         ///< also a last window that begins inside and ends outside
  bool count_include_pad = true;  ///< padding counts as zeros; otherwise it is left out
  std::optional<std::int64_t> divisor_override = {};  ///< instead of the window's element count
};
using AvgPool1dOptions = AvgPoolOptions<Single>;
using AvgPool2dOptions = AvgPoolOptions<Pair>;
using AvgPool3dOptions = AvgPoolOptions<Triple>;

/// The maximum of each window of kernel_size; padding never is the maximum. If several elements are
/// equal, the first receives the gradient.
TINYGRAD_API Tensor max_pool2d(In x, Pair kernel_size, const MaxPool2dOptions& options = {});
TINYGRAD_API Tensor max_pool1d(In x, Single kernel_size, const MaxPool1dOptions& options = {});
TINYGRAD_API Tensor max_pool3d(In x, Triple kernel_size, const MaxPool3dOptions& options = {});
/// The maxima, and their positions row · W + column in the image, or in row-major order in the
/// volume (int64).
TINYGRAD_API ValuesIndices max_pool2d_with_indices(In x, Pair kernel_size,
                                                   const MaxPool2dOptions& options = {});
TINYGRAD_API ValuesIndices max_pool1d_with_indices(In x, Single kernel_size,
                                                   const MaxPool1dOptions& options = {});
TINYGRAD_API ValuesIndices max_pool3d_with_indices(In x, Triple kernel_size,
                                                   const MaxPool3dOptions& options = {});
/// The mean of each window of kernel_size.
TINYGRAD_API Tensor avg_pool2d(In x, Pair kernel_size, const AvgPool2dOptions& options = {});
TINYGRAD_API Tensor avg_pool1d(In x, Single kernel_size, const AvgPool1dOptions& options = {});
TINYGRAD_API Tensor avg_pool3d(In x, Triple kernel_size, const AvgPool3dOptions& options = {});
template <class Size> struct LpPoolOptions {
  Size stride = 0;  ///< 0: the size of the window
  bool ceil_mode = false;
};
/// (Σ x^p)^(1/p) over each window of kernel_size, of sums that are not negative. Gulcehre et al.
/// 2014.
TINYGRAD_API Tensor lp_pool1d(In x, double p, Single kernel_size,
                              const LpPoolOptions<Single>& options = {});
TINYGRAD_API Tensor lp_pool2d(In x, double p, Pair kernel_size,
                              const LpPoolOptions<Pair>& options = {});
TINYGRAD_API Tensor lp_pool3d(In x, double p, Triple kernel_size,
                              const LpPoolOptions<Triple>& options = {});

/// Pooling to images of `size`, whatever the size of x: window i of h reaches from row i H / h,
/// rounded down, to row (i + 1) H / h, rounded up.
TINYGRAD_API Tensor adaptive_avg_pool2d(In x, Pair size);
TINYGRAD_API Tensor adaptive_avg_pool1d(In x, Single size);
TINYGRAD_API Tensor adaptive_avg_pool3d(In x, Triple size);
TINYGRAD_API Tensor adaptive_max_pool2d(In x, Pair size);
TINYGRAD_API Tensor adaptive_max_pool1d(In x, Single size);
TINYGRAD_API Tensor adaptive_max_pool3d(In x, Triple size);
TINYGRAD_API ValuesIndices adaptive_max_pool2d_with_indices(In x, Pair size);
TINYGRAD_API ValuesIndices adaptive_max_pool1d_with_indices(In x, Single size);
TINYGRAD_API ValuesIndices adaptive_max_pool3d_with_indices(In x, Triple size);

/// The maxima of windows of kernel_size whose positions are drawn: along an axis of n elements,
/// window i of `size` begins at ⌊(i + u) a⌋ - ⌊u a⌋ with a = (n - k) / (size - 1) and u in [0, 1),
/// and the last at n - k. u: samples [N, C, dims], of images {x, y}, of volumes {z, y, x}, drawn if
/// not given. Graham 2014.
TINYGRAD_API ValuesIndices fractional_max_pool2d_with_indices(In x, Pair kernel_size, Pair size,
                                                              In samples = {});
TINYGRAD_API ValuesIndices fractional_max_pool3d_with_indices(In x, Triple kernel_size, Triple size,
                                                              In samples = {});
inline Tensor fractional_max_pool2d(In x, Pair kernel_size, Pair size) {
  return fractional_max_pool2d_with_indices({*x, x.location}, kernel_size, size).values;
}
inline Tensor fractional_max_pool3d(In x, Triple kernel_size, Triple size) {
  return fractional_max_pool3d_with_indices({*x, x.location}, kernel_size, size).values;
}

template <class Size> struct MaxUnpoolOptions {
  Size stride = 0;  ///< 0: the size of the window
  Size padding = 0;
  Dims output_size = {};  ///< if empty: (size - 1) stride - 2 padding + kernel_size
};
using MaxUnpool1dOptions = MaxUnpoolOptions<Single>;
using MaxUnpool2dOptions = MaxUnpoolOptions<Pair>;
using MaxUnpool3dOptions = MaxUnpoolOptions<Triple>;
/// The inverse of max_pool2d_with_indices: zeros, and x [N, C, h, w] at the positions `indices`.
TINYGRAD_API Tensor max_unpool2d(In x, In indices, Pair kernel_size,
                                 const MaxUnpool2dOptions& options = {});
TINYGRAD_API Tensor max_unpool1d(In x, In indices, Single kernel_size,
                                 const MaxUnpool1dOptions& options = {});
TINYGRAD_API Tensor max_unpool3d(In x, In indices, Triple kernel_size,
                                 const MaxUnpool3dOptions& options = {});

}  // namespace tinygrad
