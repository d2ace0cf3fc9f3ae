// Reductions over any set of dimensions, and the place of an extreme along one.
//
// x's dimensions are split into those kept, which name an output, and those reduced, each walked in
// memory order. What is reduced is cut into pieces whose borders depend on shapes alone, each in
// blocks of a few numbers a lane, so that sums of many floats stay exact without doubles, and come
// out with the same bits each time. Partial results of pieces lie in `parts` [pieces][outputs];
// finish() and choose() join them, always in the same order.
// - rows, gpu form: a work-group a piece; its GROUP items take every GROUP-th element, and join
// theirs in a tree in local memory. Where there
//   are many pieces, so do they with those.
// - rows, cpu form: a work-item a piece, in four vectors.
// - columns: x is contiguous along what is kept: a work-item is WIDTH neighbouring outputs, and
// goes down a piece of their columns.
#include "work_group_reduce.cl"

#define BLOCK 32  // elements to a lane, before they are joined to the total
#define IS_NAN(x) ((x) != (x))

#if defined(REDUCE_sum)
#define IDENTITY 0
#define JOIN(a, b) ((a) + (b))
#elif defined(REDUCE_prod)
#define IDENTITY 1
#define JOIN(a, b) ((a) * (b))
#elif defined(REDUCE_max)  // NaN wins
#define IDENTITY LOWEST
#define JOIN(a, b) ((((b) > (a)) | IS_NAN(b)) ? (b) : (a))
#else
#define IDENTITY HIGHEST
#define JOIN(a, b) ((((b) < (a)) | IS_NAN(b)) ? (b) : (a))
#endif
#ifdef INTEGERS
#define LOWEST LONG_MIN
#define HIGHEST LONG_MAX
#else
#define LOWEST (-INFINITY)
#define HIGHEST INFINITY
#endif

/// The result of a piece, to its place: among the parts, or, where there is one piece, to the
/// output.
#define PUT(output, piece, total)                               \
  if (pieces == 1) STORE(T, y, OFFSET(kept, 1, output), total); \
  else parts[(piece)*outputs + (output)] = total;

#if defined(KERNEL_rows_of_items) || defined(KERNEL_search)
/// `count` elements from number `first` on, `step` apart.
T fold(global const uchar* x, const int x_dtype, const index_t first, const index_t step,
       const index_t count) {
  T total = IDENTITY;
  index_t i = 0;
#if WIDTH > 1
  if (step == 1 && count >= 4 * WIDTH) {
    VEC(T) sums[4];
    for (int k = 0; k < 4; ++k) sums[k] = IDENTITY;
    for (; i + 4 * WIDTH <= count; i += 4 * WIDTH)
      for (int k = 0; k < 4; ++k) {
        const VEC(T) values = LOADS(T, x, first + i + k * WIDTH);
        sums[k] = JOIN(sums[k], values);
      }
    const VEC(T) left = JOIN(sums[0], sums[1]), right = JOIN(sums[2], sums[3]),
                 all = JOIN(left, right);
    T lanes[WIDTH];
    VSTORE(all, lanes);
    for (int half_ = WIDTH / 2; half_ > 0; half_ /= 2)
      for (int lane = 0; lane < half_; ++lane) lanes[lane] = JOIN(lanes[lane], lanes[lane + half_]);
    total = lanes[0];
  }
#endif
  for (; i < count; ++i) {
    const T value = LOAD(T, x, first + i * step);
    total = JOIN(total, value);
  }
  return total;
}
#endif

#if defined(KERNEL_rows_of_groups) || defined(KERNEL_finish)
/// The items' totals, joined in a tree: for item 0.
T join_items(const T total, const int item, local T* totals) {
#if GROUP > 1
  totals[item] = total;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {
    if (item < half_) totals[item] = JOIN(totals[item], totals[item + half_]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return totals[item];
#else
  return total;
#endif
}
#endif

#ifdef KERNEL_rows_of_groups
GROUP_KERNEL void rows_of_groups(IN(x), OUT(y), global T* parts, const index_t outputs,
                                 const index_t pieces, const index_t piece_size, const index_t size,
                                 const Walk2 kept, const Walk1 reduced) {
  local T totals[GROUP];
  const index_t number = SHARED_NUMBER, output = number % outputs, piece = number / outputs;
  const int item = ITEM;
  const index_t begin = piece * piece_size, end = min(size, begin + piece_size);
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(kept, 0, output);
  T total = IDENTITY;
  for (index_t i = begin + item; i < end;) {
    T sum = IDENTITY;
    for (int n = 0; n < BLOCK && i < end; ++n, i += GROUP) {
      const T value = LOAD(T, x, first + OFFSET(reduced, 0, i));
      sum = JOIN(sum, value);
    }
    total = JOIN(total, sum);
  }
  total = join_items(total, item, totals);
  if (item == 0) { PUT(output, piece, total) }
}
#endif

#ifdef KERNEL_rows_of_items
kernel void rows_of_items(IN(x), OUT(y), global T* parts, const index_t outputs,
                          const index_t pieces, const index_t piece_size, const index_t size,
                          const Walk2 kept, const Walk1 reduced) {
  const index_t number = get_global_id(0), output = number % outputs, piece = number / outputs;
  if (piece >= pieces) return;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(kept, 0, output);
  const index_t inner = reduced.shape[RANK_reduced - 1],
                step = reduced.strides[0][RANK_reduced - 1],
                end = min(size, (piece + 1) * piece_size);
  T total = IDENTITY;
  for (index_t i = piece * piece_size; i < end;) {
    const index_t count = min(min(end - i, inner - i % inner), (index_t)(BLOCK * 4 * WIDTH));
    const T sum = fold(x, x_dtype, first + OFFSET(reduced, 0, i), step, count);
    total = JOIN(total, sum);
    i += count;
  }
  PUT(output, piece, total)
}
#endif

#ifdef KERNEL_columns
kernel void columns(IN(x), OUT(y), global T* parts, const index_t outputs, const index_t pieces,
                    const index_t piece_size, const index_t size, const Walk2 kept,
                    const Walk1 reduced) {
  const index_t inner = kept.shape[RANK_kept - 1], strips = (inner + WIDTH - 1) / WIDTH;
  const index_t strip = get_global_id(0), piece = get_global_id(1);
  const index_t first = strip / strips * inner + strip % strips * WIDTH;
  if (first >= outputs || piece >= pieces) return;
  const int lanes = min((index_t)WIDTH, inner - strip % strips * WIDTH);
  OPEN(x);
  OPEN(y);
  const index_t column = OFFSET(kept, 0, first), end = min(size, (piece + 1) * piece_size),
                step = kept.strides[0][RANK_kept - 1];
  VEC(T) total = IDENTITY;
  for (index_t i = piece * piece_size; i < end;) {
    VEC(T) sum = IDENTITY;
    for (int n = 0; n < BLOCK && i < end; ++n, ++i) {
      const index_t at = column + OFFSET(reduced, 0, i);
#if WIDTH > 1
      VEC(T) values;
      if (lanes == WIDTH && step == 1) values = LOADS(T, x, at);
      else {
        T some[WIDTH];
        for (int lane = 0; lane < WIDTH; ++lane)
          some[lane] = lane < lanes ? LOAD(T, x, at + lane * step) : IDENTITY;
        values = VLOAD(some);
      }
#else
      const T values = LOAD(T, x, at);
#endif
      sum = JOIN(sum, values);
    }
    total = JOIN(total, sum);
  }
  T results[WIDTH];
  VSTORE(total, results);
  for (int lane = 0; lane < lanes; ++lane) { PUT(first + lane, piece, results[lane]) }
}
#endif

#ifdef KERNEL_finish
/// y = the pieces of each output, which GROUP items join.
GROUP_KERNEL void finish(OUT(y), global const T* parts, const index_t outputs, const index_t pieces,
                         const Walk2 kept) {
  local T totals[GROUP];
  const index_t output = SHARED_NUMBER;
  const int item = ITEM;
  RETURN_BEYOND(output, outputs)
  OPEN(y);
  T total = IDENTITY;
  for (index_t piece = item; piece < pieces; piece += GROUP) {
    const T part = parts[piece * outputs + output];
    total = JOIN(total, part);
  }
  total = join_items(total, item, totals);
  if (item == 0) STORE(T, y, OFFSET(kept, 1, output), total);
}
#endif

// ------------------------------------------------------------ the place of an extreme
/// Whether a value takes the place of the best so far: the first of equals stays, and the first
/// NaN.
#ifdef REDUCE_max
#define BETTER(value, best) ((value) > (best) || IS_NAN(value))
#else
#define BETTER(value, best) ((value) < (best) || IS_NAN(value))
#endif

#ifdef KERNEL_search
/// A work-item looks through one piece of a line of x along a dimension of `size` elements `step`
/// apart.
kernel void search(IN(x), OUT(y), global T* parts, global long* places, const index_t outputs,
                   const index_t pieces, const index_t piece_size, const index_t size,
                   const index_t step, const Walk2 lines) {
  const index_t number = get_global_id(0), output = number % outputs, piece = number / outputs;
  if (piece >= pieces) return;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(lines, 0, output), begin = piece * piece_size,
                end = min(size, begin + piece_size);
  T best = LOAD(T, x, first + begin * step);
  index_t place = begin;
  for (index_t i = begin;
       i < end && !IS_NAN(best);) {  // a block's best, and its place only where it is a better one
    const index_t count = min(end - i, (index_t)(BLOCK * WIDTH));
    const T top = fold(x, x_dtype, first + i * step, step, count);
    if (BETTER(top, best)) {
      best = top, place = i;
      for (T value = LOAD(T, x, first + place * step);
           value != top && !(IS_NAN(top) && IS_NAN(value));
           value = LOAD(T, x, first + place * step))
        ++place;
    }
    i += count;
  }
  if (pieces == 1) AT(long, y)[OFFSET(lines, 1, output)] = place;
  else parts[number] = best, places[number] = place;
}
#endif

#if defined(KERNEL_search_of_groups) || defined(KERNEL_choose)
/// The best of the items' and its place, found in a tree: for item 0. Of equals, and of NaNs, the
/// first.
void best_of_items(T* best, long* place, const int item, local T* bests, local long* places) {
#if GROUP > 1
  bests[item] = *best, places[item] = *place;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {
    if (item < half_) {
      const T mine = bests[item], other = bests[item + half_];
      const bool is_first = places[item + half_] < places[item],
                 is_equal = mine == other || (IS_NAN(mine) && IS_NAN(other));
      if (is_equal ? is_first : !IS_NAN(mine) && BETTER(other, mine))
        bests[item] = other, places[item] = places[item + half_];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  *best = bests[item], *place = places[item];
#endif
}
#endif

#ifdef KERNEL_search_of_groups
/// The same by work-groups, where a line's elements are neighbours.
GROUP_KERNEL void search_of_groups(IN(x), OUT(y), global T* parts, global long* places,
                                   const index_t outputs, const index_t pieces,
                                   const index_t piece_size, const index_t size, const index_t step,
                                   const Walk2 lines) {
  local T bests[GROUP];
  local long places_of_items[GROUP];
  const index_t number = SHARED_NUMBER, output = number % outputs, piece = number / outputs;
  const int item = ITEM;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(lines, 0, output), begin = piece * piece_size,
                end = min(size, begin + piece_size);
  long place = begin + item < end ? begin + item : begin;
  T best = LOAD(T, x, first + (index_t)place);
  for (index_t i = begin + item + GROUP; i < end; i += GROUP) {
    const T value = LOAD(T, x, first + i);
    if (!IS_NAN(best) && BETTER(value, best)) best = value, place = i;
  }
  best_of_items(&best, &place, item, bests, places_of_items);
  if (item > 0) return;
  if (pieces == 1) AT(long, y)[OFFSET(lines, 1, output)] = place;
  else parts[number] = best, places[number] = place;
}
#endif

#ifdef KERNEL_choose
/// The best of each output's pieces, of which there are at least GROUP; GROUP items look for it.
GROUP_KERNEL void choose(OUT(y), global const T* parts, global const long* places,
                         const index_t outputs, const index_t pieces, const Walk2 lines) {
  local T bests[GROUP];
  local long places_of_items[GROUP];
  const index_t output = SHARED_NUMBER;
  const int item = ITEM;
  RETURN_BEYOND(output, outputs)
  OPEN(y);
  T best = parts[item * outputs + output];
  long place = places[item * outputs + output];
  for (index_t piece = item + GROUP; piece < pieces && !IS_NAN(best); piece += GROUP) {
    const T value = parts[piece * outputs + output];
    if (BETTER(value, best)) best = value, place = places[piece * outputs + output];
  }
  best_of_items(&best, &place, item, bests, places_of_items);
  if (item == 0) AT(long, y)[OFFSET(lines, 1, output)] = place;
}
#endif
