// SPDX-License-Identifier: MIT
// Weighted sums along one dimension of x [outer, size, inner]: a thread computes one element of y
// [outer, rows, inner]. Neighbouring threads read neighbouring columns, or, if inner is 1, elements
// of one row of x, which is in the cache.
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;

struct Sizes {
  std::int64_t count, taps, size, rows, inner;
};

/// The taps of a row end before the first negative index.
template <class T>
__global__ void __launch_bounds__(threads)
    resample_elements(const Array<T> x, const std::int64_t* index, const T* weight,
                      const Array<T> y, const Sizes s) {
  const std::int64_t at = std::int64_t(blockIdx.x) * threads + threadIdx.x;
  if (at >= s.count) return;
  const std::int64_t row = at / s.inner % s.rows,
                     first = at / s.inner / s.rows * s.size * s.inner + at % s.inner;
  CompensatedSum<T> sum;
  for (std::int64_t k = row; k < s.taps * s.rows && index[k] >= 0; k += s.rows)
    sum += load(x, first + index[k] * s.inner) * weight[k];
  store(y, at, sum.total);
}

}  // namespace

bool resample(Runtime& runtime, const View& x, int dim, const View& index, const View& weight,
              const View& y) {
  if (y.count() == 0) return true;
  const Input from(runtime, x);
  const Output to(runtime, y);
  const Sizes sizes = {y.count(), index.size(0), x.size(dim), y.size(dim),
                       slices_along(x, dim).inner};
  with_real(y.dtype(), [&]<class T>(T) {
    launch(runtime, "resample", unsigned(ceil_div(y.count(), threads)), threads,
           resample_elements<T>, array_of<T>(from), begin_of<const std::int64_t>(index),
           begin_of<const T>(weight), array_of<T>(to), sizes);
  });
  to.finish();
  return true;
}

}  // namespace tinygrad::cuda
