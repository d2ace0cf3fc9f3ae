// SPDX-License-Identifier: MIT
// Weighted sums along one dimension of x [outer, size, inner]: a work-item computes one element of
// y [outer, rows, inner].
#include "prelude.cl"

kernel void resample(IN(x), IN(index), IN(weight), OUT(y), const index_t count, const index_t taps,
                     const index_t size, const index_t rows, const index_t inner) {
  const index_t at = get_global_id(0);
  if (at >= count) return;
  OPEN(x);
  OPEN(index);
  OPEN(weight);
  OPEN(y);
  const index_t row = at / inner % rows, first = at / inner / rows * size * inner + at % inner;
  T total = 0, error = 0;
  for (index_t k = row; k < taps * rows; k += rows) {
    const index_t column = LOAD(long, index, k);
    if (column < 0) break;
    const T term = LOAD(T, x, first + column * inner) * LOAD(T, weight, k);
    ADD_COMPENSATED(T, total, error, term)
  }
  STORE(T, y, at, total);
}
