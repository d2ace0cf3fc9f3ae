// SPDX-License-Identifier: MIT
// Operations on vectors that products, convolutions and rows need beside vector.h: masked loads and
// stores, the sum of a vector's lanes, transposes in registers.
#pragma once
#include <utility>

#include "backends/cpu/vector.h"

namespace tinygrad::cpu {
namespace {

#if defined(__AVX2__) && !defined(__AVX512F__)
/// All ones in the first n lanes of T's size.
template <class T> TINYGRAD_INLINE __m256i first_lanes_mask(std::int64_t n) {
  alignas(64) static constexpr std::int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  const std::int64_t words = n * std::int64_t(sizeof(T) / 4);
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones + 8 - words));
}
#endif

/// Loads or stores the first n lanes of float or double, 0 <= n <= lanes. The other lanes are zero,
/// or are not written.
template <class T> TINYGRAD_INLINE Vec<T> load_masked(const T* from, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return typename Vec<T>::Raw(_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), from));
  else return typename Vec<T>::Raw(_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), from));
#elif defined(__AVX2__)
  const __m256i mask = first_lanes_mask<T>(n);
  if constexpr (sizeof(T) == 4) return typename Vec<T>::Raw(_mm256_maskload_ps(from, mask));
  else return typename Vec<T>::Raw(_mm256_maskload_pd(from, mask));
#else
  typename Vec<T>::Raw v = {};
  for (std::int64_t i = 0; i < n; ++i) v[i] = from[i];
  return v;
#endif
}
template <class T> TINYGRAD_INLINE void store_masked(T* to, Vec<T> v, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, __mmask16((1u << n) - 1), __m512(v.raw));
  else _mm512_mask_storeu_pd(to, __mmask8((1u << n) - 1), __m512d(v.raw));
#elif defined(__AVX2__)
  const __m256i mask = first_lanes_mask<T>(n);
  if constexpr (sizeof(T) == 4) _mm256_maskstore_ps(to, mask, __m256(v.raw));
  else _mm256_maskstore_pd(to, mask, __m256d(v.raw));
#else
  for (std::int64_t i = 0; i < n; ++i) to[i] = v.raw[i];
#endif
}

/// The sum of the lanes: the upper half is added to the lower, until one is left.
template <class T> TINYGRAD_INLINE T sum_lanes(Vec<T> v) {
  T at[lanes<T>];
  std::memcpy(at, &v, sizeof v);
  for (int n = lanes<T> / 2; n >= 1; n /= 2)
    for (int i = 0; i < n; ++i) at[i] += at[i + n];
  return at[0];
}

/// One step of a transpose: exchanges the upper s lanes of each group of 2 s in a with the lower s
/// lanes of the same group in b.
template <int s, class Raw, int... i>
TINYGRAD_INLINE void exchange(Raw& a, Raw& b, std::integer_sequence<int, i...>) {
  constexpr int n = sizeof...(i);
  const Raw low = __builtin_shufflevector(a, b, (i & s ? n + i - s : i)...);
  b = __builtin_shufflevector(a, b, (i & s ? n + i : i + s)...);
  a = low;
}
template <class T, int s> TINYGRAD_INLINE void exchange_all(typename Vec<T>::Raw (&r)[lanes<T>]) {
#pragma GCC unroll 16
  for (int i = 0; i < lanes<T>; ++i)
    if (!(i & s)) exchange<s>(r[i], r[i + s], std::make_integer_sequence<int, lanes<T>>());
  if constexpr (s > 1) exchange_all<T, s / 2>(r);
}
/// to[j][i] = from[i][j] in registers, for `rows` rows and `columns` columns of `from`, at most as
/// many of each as a vector has lanes.
template <class T>
inline void transpose_square(const T* from, std::int64_t from_row, std::int64_t rows,
                             std::int64_t columns, T* to, std::int64_t to_row) {
  typename Vec<T>::Raw r[lanes<T>] = {};
  if (rows == lanes<T> && columns == lanes<T>) {
    for (int i = 0; i < lanes<T>; ++i) r[i] = load(from + i * from_row).raw;
    exchange_all<T, lanes<T> / 2>(r);
    for (int i = 0; i < lanes<T>; ++i) store(to + i * to_row, Vec<T>(r[i]));
  } else {
    for (int i = 0; i < rows; ++i) r[i] = load_masked(from + i * from_row, columns).raw;
    exchange_all<T, lanes<T> / 2>(r);
    for (int i = 0; i < columns; ++i) store_masked(to + i * to_row, Vec<T>(r[i]), rows);
  }
}
/// The same for any number of rows and columns.
template <class T>
void transpose(const T* from, std::int64_t from_row, std::int64_t rows, std::int64_t columns, T* to,
               std::int64_t to_row) {
  for (std::int64_t i = 0; i < rows; i += lanes<T>)
    for (std::int64_t j = 0; j < columns; j += lanes<T>)
      transpose_square(from + i * from_row + j, from_row, min<std::int64_t>(lanes<T>, rows - i),
                       min<std::int64_t>(lanes<T>, columns - j), to + j * to_row + i, to_row);
}

/// The size of pieces if n is cut into as few as `limit` allows, all of about one size.
constexpr std::int64_t even_piece(std::int64_t n, std::int64_t limit) {
  return n <= limit ? n : ceil_div(n, ceil_div(n, limit));
}

}  // namespace
}  // namespace tinygrad::cpu
