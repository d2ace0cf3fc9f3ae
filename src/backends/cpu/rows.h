// SPDX-License-Identifier: MIT
// Sums, maxima and maps over dense rows of float or double, a vector at a time, for softmax,
// losses, norms and optimizers. Each result depends on the row's values and length alone.
#pragma once
#include "backends/cpu/lanes.h"
#include "backends/cpu/math.h"

namespace tinygrad::cpu {
namespace {

/// The sizes of x as [outer, size, inner].
struct Sizes {
  std::int64_t outer = 1, size, inner = 1;
  Sizes(const Array& x, int dim) : size(x.shape[dim]) {
    for (int d = 0; d < dim; ++d) outer *= x.shape[d];
    for (int d = dim + 1; d < x.rank; ++d) inner *= x.shape[d];
  }
  /// The first element of a line, whose elements are `inner` apart.
  std::int64_t first(std::int64_t line) const { return line / inner * size * inner + line % inner; }
};

/// Rows of one part of a parallel loop: as many as have 8192 elements.
inline std::int64_t rows_per_part(std::int64_t size) {
  return max<std::int64_t>(1, 8192 / max<std::int64_t>(1, size));
}

/// Calls f(i, n) for each vector of a row: elements i ... i + n - 1. All vectors but the last are
/// whole.
template <class T, class F> TINYGRAD_INLINE void for_each_vector(std::int64_t size, const F& f) {
  std::int64_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) f(i, std::int64_t(lanes<T>));
  if (i < size) f(i, size - i);
}
/// The first n lanes of a vector; faster than load_masked() if most vectors are whole.
template <class T> TINYGRAD_INLINE Vec<T> load(const T* from, std::int64_t n) {
  return n == lanes<T> ? load(from) : load_masked(from, n);
}
template <class T> TINYGRAD_INLINE void store(T* to, Vec<T> v, std::int64_t n) {
  if (n == lanes<T>) store(to, v);
  else store_masked(to, v, n);
}
/// v with zeros in all but the first n lanes.
template <class T> TINYGRAD_INLINE Vec<T> first_lanes(Vec<T> v, std::int64_t n) {
  if (n == lanes<T>) return v;
  for (std::int64_t i = n; i < lanes<T>; ++i) v.raw[i] = 0;
  return v;
}

/// y[i ... i + n - 1] = f(i, n) for each vector of a row.
template <class T, class F> TINYGRAD_INLINE void map_row(std::int64_t size, T* y, const F& f) {
  for_each_vector<T>(size, [&](std::int64_t i, std::int64_t n) { store(y + i, f(i, n), n); });
}
/// The sum of f(i, n) over a row: blocks of 128 vectors, which are added to two running sums in
/// turn, and then to the total.
template <class T, class F> TINYGRAD_INLINE double sum_row(std::int64_t size, const F& f) {
  constexpr std::int64_t block = 128 * lanes<T>;
  double total = 0;
  for (std::int64_t begin = 0; begin < size; begin += block) {
    Vec<T> sums[2] = {Vec<T>(0), Vec<T>(0)};
    for_each_vector<T>(min(block, size - begin), [&](std::int64_t i, std::int64_t n) {
      Vec<T>& sum = sums[i / lanes<T> % 2];
      sum = sum + first_lanes<T>(f(begin + i, n), n);
    });
    total += double(sum_lanes(sums[0] + sums[1]));
  }
  return total;
}
/// Running sums of columns, whose rounding errors are carried along (Kahan).
template <class T> struct ColumnSums {
  Vec<T> total = 0, carry = 0;
  TINYGRAD_INLINE void add(Vec<T> v) {
    const Vec<T> next = v - carry, now = total + next, error = (now - total) - next;
    carry = where(error == error, error, Vec<T>(0));  // NaN comes from an infinite total
    total = now;
  }
};
/// The sums of n rows f(0), f(1) ... of adjacent columns, 64 rows at a time.
template <class T, class F> TINYGRAD_INLINE Vec<T> sum_columns(std::int64_t n, const F& f) {
  ColumnSums<T> sums;
  for (std::int64_t k = 0; k < n;) {
    Vec<T> part = 0;
    for (const std::int64_t end = min(n, k + 64); k < end; ++k) part = part + f(k);
    sums.add(part);
  }
  return sums.total;
}
/// Row maximum. NaN handling is unspecified here; NaN propagates through the exponentials computed
/// from the row.
template <class T> TINYGRAD_INLINE T max_row(std::int64_t size, const T* x) {
  Vec<T> best = T(-__builtin_inf());
  T largest = T(-__builtin_inf());
  std::int64_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) best = where(load(x + i) > best, load(x + i), best);
  for (int k = 0; k < lanes<T>; ++k) largest = max(largest, best[k]);
  for (; i < size; ++i) largest = max(largest, x[i]);
  return largest;
}
/// log of a scalar.
template <class T> TINYGRAD_INLINE T scalar_log(T x) { return log(Vec<T>(x))[0]; }

}  // namespace
}  // namespace tinygrad::cpu
