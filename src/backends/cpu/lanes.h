// What products and convolutions need beside vector.h: parts of a vector at full speed, squares
// turned over, sizes.
#pragma once
#include <utility>

#include "backends/cpu/vector.h"

namespace tinygrad::cpu {
namespace {

/// The first n lanes of float or double, 0 <= n <= lanes; the others are zero, or are not written.
template <class T> TINYGRAD_INLINE Vec<T> load_first(const T* from, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4)
    return typename Vec<T>::Raw(_mm512_maskz_loadu_ps(__mmask16((1u << n) - 1), from));
  else return typename Vec<T>::Raw(_mm512_maskz_loadu_pd(__mmask8((1u << n) - 1), from));
#else
  typename Vec<T>::Raw v = {};
  for (std::int64_t i = 0; i < n; ++i) v[i] = from[i];
  return v;
#endif
}
template <class T> TINYGRAD_INLINE void store_first(T* to, Vec<T> v, std::int64_t n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(T) == 4) _mm512_mask_storeu_ps(to, __mmask16((1u << n) - 1), __m512(v.raw));
  else _mm512_mask_storeu_pd(to, __mmask8((1u << n) - 1), __m512d(v.raw));
#else
  for (std::int64_t i = 0; i < n; ++i) to[i] = v.raw[i];
#endif
}

/// The sum of the lanes, by halves.
template <class T> TINYGRAD_INLINE T sum_lanes(Vec<T> v) {
  T at[lanes<T>];
  std::memcpy(at, &v, sizeof v);
  for (int n = lanes<T> / 2; n >= 1; n /= 2)
    for (int i = 0; i < n; ++i) at[i] += at[i + n];
  return at[0];
}

/// One exchange of a transposition: a's upper lanes of each group of 2 s against b's lower ones.
template <int s, class Raw, int... i>
TINYGRAD_INLINE void exchange(Raw& a, Raw& b, std::integer_sequence<int, i...>) {
  constexpr int n = sizeof...(i);
  const Raw low = __builtin_shufflevector(a, b, (i & s ? n + i - s : i)...);
  b = __builtin_shufflevector(a, b, (i & s ? n + i : i + s)...);
  a = low;
}
template <class T, int s> TINYGRAD_INLINE void exchange_all(typename Vec<T>::Raw (&r)[lanes<T>]) {
  for (int i = 0; i < lanes<T>; ++i)
    if (!(i & s)) exchange<s>(r[i], r[i + s], std::make_integer_sequence<int, lanes<T>>());
  if constexpr (s > 1) exchange_all<T, s / 2>(r);
}
/// to[j][i] = from[i][j] for `rows` rows and `columns` columns of from, at most a vector's lanes of
/// each, in registers.
template <class T>
inline void transpose_square(const T* from, std::int64_t from_row, std::int64_t rows,
                             std::int64_t columns, T* to, std::int64_t to_row) {
  typename Vec<T>::Raw r[lanes<T>] = {};
  if (rows == lanes<T> && columns == lanes<T>) {
    for (int i = 0; i < lanes<T>; ++i) r[i] = load(from + i * from_row).raw;
    exchange_all<T, lanes<T> / 2>(r);
    for (int i = 0; i < lanes<T>; ++i) store(to + i * to_row, Vec<T>(r[i]));
  } else {
    for (int i = 0; i < rows; ++i) r[i] = load_first(from + i * from_row, columns).raw;
    exchange_all<T, lanes<T> / 2>(r);
    for (int i = 0; i < columns; ++i) store_first(to + i * to_row, Vec<T>(r[i]), rows);
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

/// n cut into equal pieces of at most `limit`: their size.
constexpr std::int64_t even_piece(std::int64_t n, std::int64_t limit) {
  return n <= limit ? n : ceil_div(n, ceil_div(n, limit));
}

}  // namespace
}  // namespace tinygrad::cpu
