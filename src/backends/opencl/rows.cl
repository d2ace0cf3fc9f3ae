// Lines of numbers, and the work-items that walk along them: for softmax, losses, norms and
// optimizer steps. One text for every form.
// - Rows: the numbers of a line are neighbours. GROUP work-items share a line, each taking every
// GROUP-th vector: a work-group of them in
//   the gpu form, one item with long vectors in the cpu form.
// - COLUMNS: a line's numbers are `inner` apart, and beside it lie other lines: a work-item goes
// down WIDTH of them.
//
// A kernel computes in T, in vectors V; what belongs to a whole line is a Line: one number in rows,
// a vector in columns. It ends its arguments with LINES and begins with ROOM and FIND_LINE. Sums
// run over blocks of a few vectors, so that many floats stay exact without doubles, and always in
// the same order.
#include "vectors.cl"
#include "work_group_reduce.cl"

#define BLOCK 32  // vectors, before they are added to the total
#define LINES const index_t lines, const index_t size, const index_t inner

#define LINE_KERNEL GROUP_KERNEL
#if GROUP > 1
#define ROOM local T room[GROUP];
#else
#define ROOM
#endif

// ------------------------------------------------------------ walking
#ifdef COLUMNS
#define Line V
#define FIND_LINE                                                              \
  const index_t strips = (inner + WIDTH - 1) / WIDTH, line = get_global_id(0); \
  if (line >= lines / inner * strips) return;                                  \
  const index_t lanes = inner - line % strips * WIDTH;                         \
  const index_t first = line / strips * size * inner + line % strips * WIDTH;
#define EACH(i) for (index_t i = 0; i < size; ++i)
#define EACH_BLOCK(i) for (index_t i = 0; i < size;)
#define EACH_OF_BLOCK(i) for (int n_ = 0; n_ < BLOCK && i < size; ++n_, ++i)
#define PLACE(i) (first + i * inner)
#define LANES(i) lanes
#else
#define Line T
#define FIND_LINE                     \
  const index_t line = SHARED_NUMBER; \
  RETURN_BEYOND(line, lines)          \
  const index_t first = line * size;
#define EACH(i) for (index_t i = ITEM * WIDTH; i < size; i += GROUP * WIDTH)
#define EACH_BLOCK(i) for (index_t i = ITEM * WIDTH; i < size;)
#define EACH_OF_BLOCK(i) for (int n_ = 0; n_ < BLOCK && i < size; ++n_, i += GROUP * WIDTH)
#define PLACE(i) (first + i)
#define LANES(i) (size - i)
#endif

/// The vector at i of the line; `rest` stands where the line has ended.
#define TAKE(x, i, rest) take(x, x##_dtype, PLACE(i), LANES(i), rest)
#define PUT(y, i, v) put(y, y##_dtype, PLACE(i), LANES(i), v)
/// Whether what is stored is as exact as what was computed.
#define IS_EXACT(y) (y##_dtype == DTYPE_float32 || y##_dtype == DTYPE_float64)

// ------------------------------------------------------------ what a line has in common
#define LARGER(a, b) ((b) > (a) ? (b) : (a))  // a NaN in b is passed over
#define PLUS(a, b) ((a) + (b))

#ifdef COLUMNS
#define LINE_MAX(v) (v)
#define LINE_SUM(v) (v)
#else
#if WIDTH > 1
#define JOIN_LANES(v, JOIN)                                                                  \
  T all[WIDTH];                                                                              \
  VSTORE(v, all);                                                                            \
  for (int half_ = WIDTH / 2; half_ > 0; half_ /= 2)                                         \
    for (int lane = 0; lane < half_; ++lane) all[lane] = JOIN(all[lane], all[lane + half_]); \
  T total = all[0];
#else
#define JOIN_LANES(v, JOIN) T total = v;
#endif
#if GROUP > 1  // a tree in local memory
#define ROOM_ARGUMENT , local T* room
#define JOIN_ITEMS(JOIN)                                                 \
  room[ITEM] = total;                                                    \
  barrier(CLK_LOCAL_MEM_FENCE);                                          \
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {                   \
    if (ITEM < half_) room[ITEM] = JOIN(room[ITEM], room[ITEM + half_]); \
    barrier(CLK_LOCAL_MEM_FENCE);                                        \
  }                                                                      \
  total = room[0];                                                       \
  barrier(CLK_LOCAL_MEM_FENCE);
#define LINE_MAX(v) line_max(v, room)
#define LINE_SUM(v) line_sum(v, room)
#else
#define ROOM_ARGUMENT
#define JOIN_ITEMS(JOIN)
#define LINE_MAX(v) line_max(v)
#define LINE_SUM(v) line_sum(v)
#endif
T line_max(V v ROOM_ARGUMENT) {
  JOIN_LANES(v, LARGER)
  JOIN_ITEMS(LARGER)
  return total;
}
T line_sum(V v ROOM_ARGUMENT) {
  JOIN_LANES(v, PLUS)
  JOIN_ITEMS(PLUS)
  return total;
}
#endif
