// Sums, maxima and maps over rows of numbers, a vector at a time; for softmax, losses and norms.
// Each result depends on the numbers and the length alone.
#pragma once
#include "backends/cpu/lanes.h"
#include "backends/cpu/math.h"

namespace tinygrad::cpu {
namespace {

/// Calls f(i, n) for vectors at i of n elements: all whole but the last.
template <class T, class F> TINYGRAD_INLINE void each_vector(std::int64_t size, const F& f) {
  std::int64_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) f(i, std::int64_t(lanes<T>));
  if (i < size) f(i, size - i);
}
template <class T> TINYGRAD_INLINE Vec<T> take(const T* from, std::int64_t n) {
  return n == lanes<T> ? load(from) : load_first(from, n);
}
template <class T> TINYGRAD_INLINE void put(T* to, Vec<T> v, std::int64_t n) {
  if (n == lanes<T>) store(to, v);
  else store_first(to, v, n);
}
/// v, with zeros beyond the first n lanes.
template <class T> TINYGRAD_INLINE Vec<T> first_lanes(Vec<T> v, std::int64_t n) {
  if (n == lanes<T>) return v;
  for (std::int64_t i = n; i < lanes<T>; ++i) v.raw[i] = 0;
  return v;
}

/// y[i] = f(i, n) as vectors.
template <class T, class F> TINYGRAD_INLINE void map_row(std::int64_t size, T* y, const F& f) {
  each_vector<T>(size, [&](std::int64_t i, std::int64_t n) { put(y + i, f(i, n), n); });
}
/// The sum of f(i, n) over a row: vectors i, i + 1, ... in two running sums by turns.
template <class T, class F> TINYGRAD_INLINE T sum_row(std::int64_t size, const F& f) {
  Vec<T> sums[2] = {Vec<T>(0), Vec<T>(0)};
  each_vector<T>(size, [&](std::int64_t i, std::int64_t n) {
    Vec<T>& sum = sums[i / lanes<T> % 2];
    sum = sum + first_lanes<T>(f(i, n), n);
  });
  return sum_lanes(sums[0] + sums[1]);
}
/// The largest number of a row; what NaN does to it is open: it shows in what is computed from the
/// row.
template <class T> TINYGRAD_INLINE T max_row(std::int64_t size, const T* x) {
  Vec<T> best = T(-__builtin_inf());
  T largest = T(-__builtin_inf());
  std::int64_t i = 0;
  for (; i + lanes<T> <= size; i += lanes<T>) best = where(load(x + i) > best, load(x + i), best);
  for (int k = 0; k < lanes<T>; ++k) largest = max(largest, best[k]);
  for (; i < size; ++i) largest = max(largest, x[i]);
  return largest;
}
/// log of one number.
template <class T> TINYGRAD_INLINE T log_of(T x) { return log(Vec<T>(x))[0]; }

}  // namespace
}  // namespace tinygrad::cpu
