// SPDX-License-Identifier: MIT
// Kernels along the lines of an array: softmax, losses, norms and optimizer steps. A line is a 1-D
// slice of the array along a dimension. The same source serves every form:
// - Rows: the elements of a line are contiguous. GROUP work-items share a line, and each of them
//   takes every GROUP-th vector: a work-group in the gpu form, one item with long vectors in the
//   cpu form.
// - COLUMNS: the elements of a line are `inner` apart, and its neighbours are other lines. A
//   work-item processes WIDTH adjacent lines.
//
// A kernel computes in the type T and in vectors V of it. A value that belongs to a whole line has
// the type LineValue: a scalar for rows, a vector for columns. The last parameters of a kernel are
// LINES, and its body begins with DECLARE_SCRATCH and FIND_LINE. Sums run over blocks of a few
// vectors, which are added to a total that carries its rounding error, so that sums of many floats
// stay accurate without doubles, and always in the same order.
#include "vectors.cl"
#include "work_group_reduce.cl"

#define BLOCK 32  // vectors that are summed before they are added to the total
/// Declares a total of blocks, and adds a block to it.
#define TOTAL(sum) V sum = 0, sum##_error = 0;
#define ADD_BLOCK(sum, block) ADD_COMPENSATED(V, sum, sum##_error, block)
/// What differences are multiplied by if their squares overflow.
#define small_scale_float 0x1p-100f
#define small_scale_double 0x1p-600
#define SMALL_SCALE CAT(small_scale_, T)
#define LINES const index_t lines, const index_t size, const index_t inner

#define LINE_KERNEL GROUP_KERNEL
#if GROUP > 1
#define DECLARE_SCRATCH local T scratch[GROUP];
#else
#define DECLARE_SCRATCH
#endif

// ------------------------------------------------------------ iteration over a line
// FIND_LINE computes the index `line` and the position `first` of its first element; for columns,
// the vector holds the lines from `line` on. FOR_EACH visits the vectors of a line that belong to
// this work-item; FOR_EACH_BLOCK with FOR_EACH_IN_BLOCK visits the same vectors block by block.
#ifdef COLUMNS
#define LineValue V
#define FIND_LINE                                                              \
  const index_t strips = (inner + WIDTH - 1) / WIDTH, line = get_global_id(0); \
  if (line >= lines / inner * strips) return;                                  \
  const index_t lanes = inner - line % strips * WIDTH;                         \
  const index_t first = line / strips * size * inner + line % strips * WIDTH;
#define FOR_EACH(i) for (index_t i = 0; i < size; ++i)
#define FOR_EACH_BLOCK(i) for (index_t i = 0; i < size;)
#define FOR_EACH_IN_BLOCK(i) for (int n_ = 0; n_ < BLOCK && i < size; ++n_, ++i)
#define POSITION(i) (first + i * inner)
#define VALID_LANES(i) lanes
#else
#define LineValue T
#define FIND_LINE                   \
  const index_t line = GROUP_INDEX; \
  RETURN_IF_BEYOND(line, lines)     \
  const index_t first = line * size;
#define FOR_EACH(i) for (index_t i = ITEM * WIDTH; i < size; i += GROUP * WIDTH)
#define FOR_EACH_BLOCK(i) for (index_t i = ITEM * WIDTH; i < size;)
#define FOR_EACH_IN_BLOCK(i) for (int n_ = 0; n_ < BLOCK && i < size; ++n_, i += GROUP * WIDTH)
#define POSITION(i) (first + i)
#define VALID_LANES(i) (size - i)
#endif

/// Loads the vector at index i of the line; lanes beyond the end of the line get the value `fill`.
#define LOAD_AT(x, i, fill) load_vector(x, x##_dtype, POSITION(i), VALID_LANES(i), fill)
/// Stores v at index i of the line.
#define STORE_AT(y, i, v) store_vector(y, y##_dtype, POSITION(i), VALID_LANES(i), v)
/// Is true if y stores elements of type T without rounding.
#define IS_EXACT(y) (y##_dtype == DTYPE_float32 || y##_dtype == DTYPE_float64)

// ------------------------------------------------------------ reductions of a line
#define MAX(a, b) ((b) > (a) ? (b) : (a))  // ignores NaN in b
#define SUM(a, b) ((a) + (b))

// LINE_MAX and LINE_SUM combine the vectors v of all work-items of a line into its LineValue.
#ifdef COLUMNS
#define LINE_MAX(v) (v)
#define LINE_SUM(v) (v)
#else
#if WIDTH > 1
#define REDUCE_LANES(v, COMBINE)                                                                \
  T all[WIDTH];                                                                                 \
  VSTORE(v, all);                                                                               \
  for (int half_ = WIDTH / 2; half_ > 0; half_ /= 2)                                            \
    for (int lane = 0; lane < half_; ++lane) all[lane] = COMBINE(all[lane], all[lane + half_]); \
  T total = all[0];
#else
#define REDUCE_LANES(v, COMBINE) T total = v;
#endif
#if GROUP > 1
#define SCRATCH_PARAMETER , local T* scratch
#define REDUCE_ITEMS(COMBINE)                \
  WORK_GROUP_REDUCE(COMBINE, total, scratch) \
  total = scratch[0];                        \
  barrier(CLK_LOCAL_MEM_FENCE);
#define LINE_MAX(v) line_max(v, scratch)
#define LINE_SUM(v) line_sum(v, scratch)
#else
#define SCRATCH_PARAMETER
#define REDUCE_ITEMS(COMBINE)
#define LINE_MAX(v) line_max(v)
#define LINE_SUM(v) line_sum(v)
#endif
T line_max(V v SCRATCH_PARAMETER) {
  REDUCE_LANES(v, MAX)
  REDUCE_ITEMS(MAX)
  return total;
}
T line_sum(V v SCRATCH_PARAMETER) {
  REDUCE_LANES(v, SUM)
  REDUCE_ITEMS(SUM)
  return total;
}
#endif
