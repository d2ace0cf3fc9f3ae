// SPDX-License-Identifier: MIT
// Weighted sums along one dimension. x is treated as [outer, size, inner]: if inner is 1, vectors
// hold adjacent elements of y, whose elements of x are collected; otherwise they hold adjacent
// columns, and each row of y is a sum of rows of x.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// Tap t of row i of the matrix is index[t rows + i] with weight[t rows + i]; the taps of a row end
/// before the first negative index.
template <class T> struct Taps {
  const std::int64_t* index;
  const T* weight;
  std::int64_t count, rows;
};

/// y [rows] from x [size].
template <class T> void resample_row(const Taps<T>& taps, const T* x, T* y) {
  alignas(64) T values[lanes<T>] = {};
  map_row<T>(taps.rows, y, [&](std::int64_t i, std::int64_t n) {
    return sum_columns<T>(taps.count, [&](std::int64_t t) {
      const std::int64_t at = t * taps.rows + i;
      for (std::int64_t lane = 0; lane < n; ++lane) {
        const std::int64_t column = taps.index[at + lane];
        values[lane] = column < 0 ? 0 : x[column];
      }
      return load(values) * load(taps.weight + at, n);
    });
  });
}

/// Row i of y [rows, inner] from x [size, inner].
template <class T>
void resample_columns(const Taps<T>& taps, std::int64_t i, std::int64_t inner, const T* x, T* y) {
  std::int64_t count = 0;
  while (count < taps.count && taps.index[count * taps.rows + i] >= 0) ++count;
  map_row<T>(inner, y, [&](std::int64_t j, std::int64_t n) {
    return sum_columns<T>(count, [&](std::int64_t t) {
      const std::int64_t at = t * taps.rows + i;
      return load(x + taps.index[at] * inner + j, n) * Vec<T>(taps.weight[at]);
    });
  });
}

}  // namespace

bool resample(const Array& x, int dim, const Array& index, const Array& weight, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Sizes s(x, dim);
    const Input<T> from(x), weights(weight);
    const Input<std::int64_t> indices(index);
    Output<T> to(y);
    const Taps<T> taps = {indices, weights, index.shape[0], index.shape[1]};
    if (s.inner == 1) {
      parallel_ranges(s.outer, rows_per_part(taps.rows * taps.count),
                      [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t r = begin; r < end; ++r)
                          resample_row<T>(taps, from + r * s.size, to + r * taps.rows);
                      });
    } else {
      parallel_ranges(s.outer * taps.rows, rows_per_part(s.inner * taps.count),
                      [&](std::int64_t begin, std::int64_t end) {
                        for (std::int64_t r = begin; r < end; ++r)
                          resample_columns<T>(taps, r % taps.rows, s.inner,
                                              from + r / taps.rows * s.size * s.inner,
                                              to + r * s.inner);
                      });
    }
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
