// SPDX-License-Identifier: MIT
// Reductions made of sums and extremes: standard deviations, norms, sums without NaN. For dims and
// keepdim see reduce.h.
#pragma once
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The standard deviation √(Σ (x - mean)² / (n - correction)). No square overflows. The gradient is
/// 0 where all elements are equal.
TINYGRAD_API Tensor std(In x, const Axes& dims = {}, int correction = 1, bool keepdim = false);
struct StdMean {
  Tensor std, mean;
};
/// std and mean.
TINYGRAD_API StdMean std_mean(In x, const Axes& dims = {}, int correction = 1,
                              bool keepdim = false);
struct VarMean {
  Tensor var, mean;
};
/// var and mean.
TINYGRAD_API VarMean var_mean(In x, const Axes& dims = {}, int correction = 1,
                              bool keepdim = false);
/// The p-norm (Σ |x|^p)^(1/p) of floating x, for any p: max |x| if p is infinity, min |x| if it is
/// -infinity, the number of elements other than 0 if it is 0. No power overflows. The gradient is 0
/// where the norm is 0.
TINYGRAD_API Tensor norm(In x, double p = 2, const Axes& dims = {}, bool keepdim = false);
/// norm, under the name that it has in torch.linalg.
TINYGRAD_API Tensor vector_norm(In x, double p = 2, const Axes& dims = {}, bool keepdim = false);
/// The sum of the elements other than NaN.
TINYGRAD_API Tensor nansum(In x, const Axes& dims = {}, bool keepdim = false);
/// The mean of the elements other than NaN, for floating x; NaN if there are none.
TINYGRAD_API Tensor nanmean(In x, const Axes& dims = {}, bool keepdim = false);
/// The number of elements other than 0, int64.
TINYGRAD_API Tensor count_nonzero(In x, const Axes& dims = {});
struct MinMax {
  Tensor min, max;
};
/// amin and amax.
TINYGRAD_API MinMax aminmax(In x, const Axes& dims = {}, bool keepdim = false);

}  // namespace tinygrad
