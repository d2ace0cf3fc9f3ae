// SPDX-License-Identifier: MIT
// out = FORMULA, element by element: the elementwise ops and their derivatives, fill, and copies
// between dtypes.
//
// The host defines FORMULA, in the values a, b, c and d of up to four INPUTS, of types A, B, C and
// D (float, double, long), and in the numbers p, q, r and s of type ELEMENT; its result is of type
// Y. An input is an array, or a scalar if the pointer is null. A work-item computes WIDTH
// neighbours at once: long vectors bring OpenCL on a CPU to the machine's speed, and four floats
// fill a GPU's memory access.
#include "prelude.cl"
#ifdef FORMULAS
#include "formulas.cl"
#endif

#if !defined(FORMULAS) && !defined(INTEGERS)
// Copies of reals to integers saturate at the limits of the dtype, and NaN becomes 0.
#define saturated(x, least, most) clamp(whole(x), (VEC(long))(least), (VEC(long))(most))
long whole_one(ELEMENT x) {
  const ELEMENT limit = (ELEMENT)9223372036854775808.0f;
  return x != x ? 0 : x >= limit ? LONG_MAX : x <= -limit ? LONG_MIN : (long)x;
}
VEC(long) whole(VEC(ELEMENT) x) {
  ELEMENT reals[WIDTH];
  long integers[WIDTH];
  VSTORE(x, reals);
  for (int i = 0; i < WIDTH; ++i) integers[i] = whole_one(reals[i]);
  return VLOAD(integers);
}
#endif

// EACH(do) expands do(type, array, value, operand) for each input. Operand 0 is out.
#define INPUT(type, x) IN(x), const type x##_number
#if INPUTS == 0
typedef Layout1 Layout;
#define EACH(do)
#define INPUT_ARGUMENTS
#elif INPUTS == 1
typedef Layout2 Layout;
#define EACH(do) \
  do (A, in_a, a, 1)
#define INPUT_ARGUMENTS INPUT(A, in_a),
#elif INPUTS == 2
typedef Layout3 Layout;
#define EACH(do) \
  do (A, in_a, a, 1) do(B, in_b, b, 2)
#define INPUT_ARGUMENTS INPUT(A, in_a), INPUT(B, in_b),
#elif INPUTS == 3
typedef Layout4 Layout;
#define EACH(do) \
  do (A, in_a, a, 1) do(B, in_b, b, 2) do(C, in_c, c, 3)
#define INPUT_ARGUMENTS INPUT(A, in_a), INPUT(B, in_b), INPUT(C, in_c),
#else
typedef Layout5 Layout;
#define EACH(do) \
  do (A, in_a, a, 1) do(B, in_b, b, 2) do(C, in_c, c, 3) do(D, in_d, d, 4)
#define INPUT_ARGUMENTS INPUT(A, in_a), INPUT(B, in_b), INPUT(C, in_c), INPUT(D, in_d),
#endif
#define NUMBER_ARGUMENTS const ELEMENT p, const ELEMENT q, const ELEMENT r, const ELEMENT s
#define OPEN_INPUT(type, x, value, k) OPEN(x);
#define IS_ARRAY(k) (arrays >> k & 1)

// READ: the WIDTH elements from i on, which are neighbours or one repeated element. READ_LANES: the
// first `lanes` elements, at the offsets PLACE.
#define READ(type, x, value, k)                                         \
  const index_t value##_row = OFFSET(outer, k, row);                    \
  const VEC(type) value = IS_ARRAY(k) ? LOADS(type, x, value##_row + i) \
                                      : (VEC(type))(x ? LOAD(type, x, value##_row) : x##_number);
#define READ_LANES(type, x, value, k)                                                \
  type value##_lanes[WIDTH];                                                         \
  for (int j = 0; j < WIDTH; ++j)                                                    \
    value##_lanes[j] = !x ? x##_number : j < lanes ? LOAD(type, x, PLACE(k, j)) : 1; \
  const VEC(type) value = VLOAD(value##_lanes);
#define WRITE_LANES               \
  const VEC(Y) results = FORMULA; \
  Y result_lanes[WIDTH];          \
  VSTORE(results, result_lanes);  \
  for (int j = 0; j < lanes; ++j) STORE(Y, out, PLACE(0, j), result_lanes[j]);

#ifdef KERNEL_rows
/// Rows of `count` elements, along which out and the inputs whose bit is set in `arrays` are
/// contiguous, and the others repeat one element. Work-items: (vector of a row, row); `outer` gives
/// the offsets of the rows.
kernel void rows(OUT(out), INPUT_ARGUMENTS NUMBER_ARGUMENTS, const int arrays, const index_t count,
                 const index_t height, const Layout outer) {
  const index_t i = (index_t)get_global_id(0) * WIDTH, row = get_global_id(1);
  if (i >= count || row >= height) return;
  OPEN(out);
  EACH(OPEN_INPUT)
  if (i + WIDTH <= count) {
    EACH(READ)
    STORES(Y, out, OFFSET(outer, 0, row) + i, FORMULA);
  } else {
    const int lanes = count - i;
#define PLACE(k, j) (OFFSET(outer, k, row) + (k == 0 || IS_ARRAY(k) ? i + j : 0))
    EACH(READ_LANES)
    WRITE_LANES
#undef PLACE
  }
}
#endif

#ifdef KERNEL_strided
/// Any strides.
kernel void strided(OUT(out), INPUT_ARGUMENTS NUMBER_ARGUMENTS, const index_t count,
                    const Layout layout) {
  const index_t i = (index_t)get_global_id(0) * WIDTH;
  if (i >= count) return;
  OPEN(out);
  EACH(OPEN_INPUT)
  const int lanes = count - i < WIDTH ? count - i : WIDTH;
  index_t place[INPUTS + 1][WIDTH];
  const index_t last = RANK_layout - 1, inner = layout.shape[last];
  for (index_t j = 0, here = i % inner; j < lanes; ++j, ++here) {
    if (here == inner) here = 0;
    for (int k = 0; k <= INPUTS; ++k)
      place[k][j] = j == 0 || here == 0 ? OFFSET(layout, k, i + j)
                                        : place[k][j - 1] + layout.strides[k][last];
  }
#define PLACE(k, j) place[k][j]
  EACH(READ_LANES)
  WRITE_LANES
}
#endif
