// SPDX-License-Identifier: MIT
// Counter-based random numbers (uniform, normal, integers) and dropout. A work-item computes WIDTH
// blocks of four words, each of which gives four float32 or two 64-bit values.
#include "philox.cl"
#include "vectors.cl"

#define VALUES (WIDTH * 16 / (int)sizeof(T))  // per work-item

/// WIDTH uniform numbers, beginning with number i of this work-item.
#if defined(WIDE)
INLINE V uniform_vector(const uint* words, int i) {
  T all[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane)
    all[lane] = UNIFORM64(words[2 * (i + lane)], words[2 * (i + lane) + 1]);
  return VLOAD(all);
}
#elif !defined(INTEGER)
INLINE V uniform_vector(const uint* words, int i) {
  return TO(float, VLOAD(words + i) >> 8) * 0x1p-24f;
}
#endif

#ifdef KERNEL_draw
#if defined(INTEGER)
INLINE V draw_vector(const uint* words, int i, T low, T high) {
  const ulong range = (ulong)high - (ulong)low;
  T all[WIDTH];
  for (int lane = 0; lane < WIDTH; ++lane)
    all[lane] = (long)((ulong)low +
                       mul_hi(WORD64(words[2 * (i + lane)], words[2 * (i + lane) + 1]), range));
  return VLOAD(all);
}
#elif defined(NORMAL)
/// The Box-Muller transform of pairs, with sin and cos of pi times an exact argument. A pair is two
/// adjacent lanes; with WIDTH 1, it is two values of the loop, and each of them computes its own
/// half of the pair.
INLINE V draw_vector(const uint* words, int i, T low, T high) {
#if WIDTH == 1
  const T r = sqrt(-2 * log(1 - uniform_vector(words, i & ~1))),
          half_turns = 2 * uniform_vector(words, i | 1);
  return low + high * (r * (i & 1 ? sinpi(half_turns) : cospi(half_turns)));
#else
  const V u = uniform_vector(words, i);
  V z = u;
  z.even = sqrt(-2 * log(1 - u.even)), z.odd = z.even;
  z.even *= cospi(2 * u.odd), z.odd *= sinpi(2 * u.odd);
  return low + high * z;
#endif
}
#else
INLINE V draw_vector(const uint* words, int i, T low, T high) {
  return low + (high - low) * uniform_vector(words, i);
}
#endif

kernel void draw(OUT(y), const ulong seed, IN(call), const long call_number, const T low,
                 const T high, const index_t count, const Layout1 layout) {
  const index_t first = (index_t)get_global_id(0) * VALUES;
  if (first >= count) return;
  OPEN(y);
  uint words[4 * WIDTH];
  philox(seed, CALL(call), (ulong)get_global_id(0) * WIDTH, words);
  const bool is_dense = RANK_layout == 1 && layout.strides[0][0] == 1;
#pragma unroll
  for (int i = 0; i < VALUES; i += WIDTH) {
    const index_t remaining = count - first - i;
    if (remaining <= 0) return;
    const V values = draw_vector(words, i, low, high);
    if (is_dense) store_vector(y, y_dtype, first + i, remaining, values);
    else {
      T lanes[WIDTH];
      VSTORE(values, lanes);
      for (int lane = 0; lane < WIDTH && lane < remaining; ++lane)
        AT(T, y)[OFFSET(layout, 0, first + i + lane)] = lanes[lane];
    }
  }
}
#endif

#ifdef KERNEL_dropout
/// y = u >= p ? x / (1 - p) : 0, where u are the uniform numbers of the key. x and y are dense.
kernel void dropout(IN(x), OUT(y), const ulong seed, IN(call), const long call_number, const T p,
                    const index_t count) {
  const index_t first = (index_t)get_global_id(0) * VALUES;
  if (first >= count) return;
  OPEN(x);
  OPEN(y);
  uint words[4 * WIDTH];
  philox(seed, CALL(call), (ulong)get_global_id(0) * WIDTH, words);
#pragma unroll
  for (int i = 0; i < VALUES; i += WIDTH) {
    const index_t remaining = count - first - i;
    if (remaining <= 0) return;
    const V scaled = load_vector(x, x_dtype, first + i, remaining, 0) / (1 - p);
    store_vector(y, y_dtype, first + i, remaining, uniform_vector(words, i) >= p ? scaled : (V)(0));
  }
}
#endif
