// SPDX-License-Identifier: MIT
// Loads and stores of vectors V of WIDTH elements of type T, whole or masked at the end of an
// array.
#include "prelude.cl"

#define V VEC(T)

/// Loads the vector that begins at element i of x. Only its first `count` lanes are loaded; the
/// others get the value `fill`.
INLINE V load_vector(global const uchar* x, int x_dtype, index_t i, index_t count, T fill) {
#if WIDTH > 1
  if (count < WIDTH) {
    T values[WIDTH];
    for (int lane = 0; lane < WIDTH; ++lane)
      values[lane] = lane < count ? LOAD(T, x, i + lane) : fill;
    return VLOAD(values);
  }
#endif
  return LOADS(T, x, i);
}
/// Stores the first `count` lanes of v to element i of y and those after it.
INLINE void store_vector(global uchar* y, int y_dtype, index_t i, index_t count, V v) {
#if WIDTH > 1
  if (count < WIDTH) {
    T values[WIDTH];
    VSTORE(v, values);
    for (int lane = 0; lane < count; ++lane) STORE(T, y, i + lane, values[lane]);
    return;
  }
#endif
  STORES(T, y, i, v);
}
