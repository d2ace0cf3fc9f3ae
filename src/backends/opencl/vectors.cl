// Vectors V of WIDTH numbers T, whole and in part.
#include "prelude.cl"

#define V VEC(T)

/// A vector from place `i` on, of which `n` elements are there: beyond them, `rest`. And a vector
/// to there.
INLINE V take(global const uchar* x, int x_dtype, index_t i, index_t n, T rest) {
#if WIDTH > 1
  if (n < WIDTH) {
    T some[WIDTH];
    for (int lane = 0; lane < WIDTH; ++lane) some[lane] = lane < n ? LOAD(T, x, i + lane) : rest;
    return VLOAD(some);
  }
#endif
  return LOADS(T, x, i);
}
INLINE void put(global uchar* y, int y_dtype, index_t i, index_t n, V v) {
#if WIDTH > 1
  if (n < WIDTH) {
    T some[WIDTH];
    VSTORE(v, some);
    for (int lane = 0; lane < n; ++lane) STORE(T, y, i + lane, some[lane]);
    return;
  }
#endif
  STORES(T, y, i, v);
}
