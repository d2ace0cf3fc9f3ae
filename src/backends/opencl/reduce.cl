// SPDX-License-Identifier: MIT
// Reductions over any set of dimensions (sum, prod, max, min), and the index of a maximum or
// minimum along one dimension.
//
// The dimensions of x are divided into the kept ones, which select an output, and the reduced ones;
// both are iterated in memory order. The reduced elements are split into chunks whose borders
// depend on shapes alone, and each chunk is reduced in blocks of a few elements per lane, so that
// sums of many floats stay accurate without doubles, and have the same bits in every run. The
// partial results of the chunks are stored in `partials` [chunks][outputs]; finish() and
// finish_search() combine them, always in the same order.
// - rows_by_groups (gpu form): a work-group reduces a chunk. Each of its GROUP items takes every
//   GROUP-th element, and the results of the items are combined in a tree in local memory. If there
//   are many chunks, finish() does the same with their results.
// - rows_by_items (cpu form, short rows): a work-item reduces a chunk with four vectors.
// - columns: x is contiguous along the kept dimensions. A work-item reduces a chunk of WIDTH
//   adjacent columns.
#include "totals.cl"
#include "work_group_reduce.cl"

#define BLOCK 32  // elements per lane that are combined before they are added to the total

#if defined(REDUCE_sum)
#define IDENTITY 0
#define COMBINE(a, b) ((a) + (b))
#elif defined(REDUCE_prod)
#define IDENTITY 1
#define COMBINE(a, b) ((a) * (b))
#elif defined(REDUCE_max)  // the result is NaN if any element is
#define IDENTITY LOWEST
#define COMBINE(a, b) ((((b) > (a)) | IS_NAN(b)) ? (b) : (a))
#else
#define IDENTITY HIGHEST
#define COMBINE(a, b) ((((b) < (a)) | IS_NAN(b)) ? (b) : (a))
#endif
#ifdef INTEGERS
#define LOWEST LONG_MIN
#define HIGHEST LONG_MAX
#else
#define LOWEST (-INFINITY)
#define HIGHEST INFINITY
#endif

/// Stores the result of a chunk: in `partials`, or, if there is only one chunk, in the output.
#define STORE_RESULT(output, chunk, total)                      \
  if (chunks == 1) STORE(T, y, OFFSET(kept, 1, output), total); \
  else partials[(chunk)*outputs + (output)] = total;

#if defined(KERNEL_rows_by_items) || defined(KERNEL_search)
/// Reduces `count` elements of x, the first at `first`, `step` apart.
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
        sums[k] = COMBINE(sums[k], values);
      }
    const VEC(T) first_half = COMBINE(sums[0], sums[1]), second_half = COMBINE(sums[2], sums[3]),
                 all = COMBINE(first_half, second_half);
    T lanes[WIDTH];
    VSTORE(all, lanes);
    for (int half_ = WIDTH / 2; half_ > 0; half_ /= 2)
      for (int lane = 0; lane < half_; ++lane)
        lanes[lane] = COMBINE(lanes[lane], lanes[lane + half_]);
    total = lanes[0];
  }
#endif
  for (; i < count; ++i) {
    const T value = LOAD(T, x, first + i * step);
    total = COMBINE(total, value);
  }
  return total;
}
#endif

#if defined(KERNEL_rows_by_groups) || defined(KERNEL_finish)
/// Combines the totals of all items of the work-group; item 0 returns the result.
T reduce_items(const T total, const int item, local T* totals) {
#if GROUP > 1
  WORK_GROUP_REDUCE(COMBINE, total, totals)
  return totals[item];
#else
  return total;
#endif
}
#endif

#ifdef KERNEL_rows_by_groups
GROUP_KERNEL void rows_by_groups(IN(x), OUT(y), global T* partials, const index_t outputs,
                                 const index_t chunks, const index_t chunk_size, const index_t size,
                                 const Layout2 kept, const Layout1 reduced) {
  local T totals[GROUP];
  const index_t task = GROUP_INDEX, output = task % outputs, chunk = task / outputs;
  const int item = ITEM;
  const index_t begin = chunk * chunk_size, end = min(size, begin + chunk_size);
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(kept, 0, output);
  TOTAL(T)
  for (index_t i = begin + item; i < end;) {
    T sum = IDENTITY;
    for (int n = 0; n < BLOCK && i < end; ++n, i += GROUP) {
      const T value = LOAD(T, x, first + OFFSET(reduced, 0, i));
      sum = COMBINE(sum, value);
    }
    ADD_TO_TOTAL(T, sum)
  }
  total = reduce_items(total, item, totals);
  if (item == 0) { STORE_RESULT(output, chunk, total) }
}
#endif

#ifdef KERNEL_rows_by_items
kernel void rows_by_items(IN(x), OUT(y), global T* partials, const index_t outputs,
                          const index_t chunks, const index_t chunk_size, const index_t size,
                          const Layout2 kept, const Layout1 reduced) {
  const index_t task = get_global_id(0), output = task % outputs, chunk = task / outputs;
  if (chunk >= chunks) return;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(kept, 0, output);
  const index_t inner = reduced.shape[RANK_reduced - 1],
                step = reduced.strides[0][RANK_reduced - 1],
                end = min(size, (chunk + 1) * chunk_size);
  TOTAL(T)
  for (index_t i = chunk * chunk_size; i < end;) {
    const index_t count = min(min(end - i, inner - i % inner), (index_t)(BLOCK * 4 * WIDTH));
    const T sum = fold(x, x_dtype, first + OFFSET(reduced, 0, i), step, count);
    ADD_TO_TOTAL(T, sum)
    i += count;
  }
  STORE_RESULT(output, chunk, total)
}
#endif

#ifdef KERNEL_columns
kernel void columns(IN(x), OUT(y), global T* partials, const index_t outputs, const index_t chunks,
                    const index_t chunk_size, const index_t size, const Layout2 kept,
                    const Layout1 reduced) {
  const index_t inner = kept.shape[RANK_kept - 1], strips = (inner + WIDTH - 1) / WIDTH;
  const index_t strip = get_global_id(0), chunk = get_global_id(1);
  const index_t first = strip / strips * inner + strip % strips * WIDTH;
  if (first >= outputs || chunk >= chunks) return;
  const int lanes = min((index_t)WIDTH, inner - strip % strips * WIDTH);
  OPEN(x);
  OPEN(y);
  const index_t column = OFFSET(kept, 0, first), end = min(size, (chunk + 1) * chunk_size),
                step = kept.strides[0][RANK_kept - 1];
  TOTAL(VEC(T))
  for (index_t i = chunk * chunk_size; i < end;) {
    VEC(T) sum = IDENTITY;
    for (int n = 0; n < BLOCK && i < end; ++n, ++i) {
      const index_t position = column + OFFSET(reduced, 0, i);
#if WIDTH > 1
      VEC(T) values;
      if (lanes == WIDTH && step == 1) values = LOADS(T, x, position);
      else {
        T column_values[WIDTH];
        for (int lane = 0; lane < WIDTH; ++lane)
          column_values[lane] = lane < lanes ? LOAD(T, x, position + lane * step) : IDENTITY;
        values = VLOAD(column_values);
      }
#else
      const T values = LOAD(T, x, position);
#endif
      sum = COMBINE(sum, values);
    }
    ADD_TO_TOTAL(VEC(T), sum)
  }
  T results[WIDTH];
  VSTORE(total, results);
  for (int lane = 0; lane < lanes; ++lane) { STORE_RESULT(first + lane, chunk, results[lane]) }
}
#endif

#ifdef KERNEL_finish
/// y = the combined partial results of each output; GROUP work-items share an output.
GROUP_KERNEL void finish(OUT(y), global const T* partials, const index_t outputs,
                         const index_t chunks, const Layout2 kept) {
  local T totals[GROUP];
  const index_t output = GROUP_INDEX;
  const int item = ITEM;
  RETURN_IF_BEYOND(output, outputs)
  OPEN(y);
  TOTAL(T)
  for (index_t chunk = item; chunk < chunks; chunk += GROUP) {
    const T part = partials[chunk * outputs + output];
    ADD_TO_TOTAL(T, part)
  }
  total = reduce_items(total, item, totals);
  if (item == 0) STORE(T, y, OFFSET(kept, 1, output), total);
}
#endif

// ------------------------------------------------------------ the index of a maximum or minimum
/// Is true if `value` replaces the best element so far. Of equal elements the first one stays, and
/// so does the first NaN.
#ifdef REDUCE_max
#define BETTER(value, best) ((value) > (best) || IS_NAN(value))
#else
#define BETTER(value, best) ((value) < (best) || IS_NAN(value))
#endif

#ifdef KERNEL_search
/// A work-item searches one chunk of a line of x, which has `size` elements `step` apart.
kernel void search(IN(x), OUT(y), global T* partials, global long* indices, const index_t outputs,
                   const index_t chunks, const index_t chunk_size, const index_t size,
                   const index_t step, const Layout2 lines) {
  const index_t task = get_global_id(0), output = task % outputs, chunk = task / outputs;
  if (chunk >= chunks) return;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(lines, 0, output), begin = chunk * chunk_size,
                end = min(size, begin + chunk_size);
  T best = LOAD(T, x, first + begin * step);
  index_t index = begin;
  // The index within a block is determined only if the block contains a better element.
  for (index_t i = begin; i < end && !IS_NAN(best);) {
    const index_t count = min(end - i, (index_t)(BLOCK * WIDTH));
    const T block_best = fold(x, x_dtype, first + i * step, step, count);
    if (BETTER(block_best, best)) {
      best = block_best, index = i;
      for (T value = LOAD(T, x, first + index * step);
           value != block_best && !(IS_NAN(block_best) && IS_NAN(value));
           value = LOAD(T, x, first + index * step))
        ++index;
    }
    i += count;
  }
  if (chunks == 1) AT(long, y)[OFFSET(lines, 1, output)] = index;
  else partials[task] = best, indices[task] = index;
}
#endif

#if defined(KERNEL_search_by_groups) || defined(KERNEL_finish_search)
/// Combines the best elements of all items, and their indices, in a tree in local memory; item 0
/// gets the result. Of equal elements, and of NaNs, the one with the smallest index is the best.
void best_of_items(T* best, long* index, const int item, local T* bests, local long* indices) {
#if GROUP > 1
  bests[item] = *best, indices[item] = *index;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {
    if (item < half_) {
      const T mine = bests[item], other = bests[item + half_];
      const bool is_first = indices[item + half_] < indices[item],
                 is_equal = mine == other || (IS_NAN(mine) && IS_NAN(other));
      if (is_equal ? is_first : !IS_NAN(mine) && BETTER(other, mine))
        bests[item] = other, indices[item] = indices[item + half_];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  *best = bests[item], *index = indices[item];
#endif
}
#endif

#ifdef KERNEL_search_by_groups
/// Like search, by work-groups, if the elements of a line are contiguous.
GROUP_KERNEL void search_by_groups(IN(x), OUT(y), global T* partials, global long* indices,
                                   const index_t outputs, const index_t chunks,
                                   const index_t chunk_size, const index_t size, const index_t step,
                                   const Layout2 lines) {
  local T bests[GROUP];
  local long item_indices[GROUP];
  const index_t task = GROUP_INDEX, output = task % outputs, chunk = task / outputs;
  const int item = ITEM;
  OPEN(x);
  OPEN(y);
  const index_t first = OFFSET(lines, 0, output), begin = chunk * chunk_size,
                end = min(size, begin + chunk_size);
  long index = begin + item < end ? begin + item : begin;
  T best = LOAD(T, x, first + (index_t)index);
  for (index_t i = begin + item + GROUP; i < end; i += GROUP) {
    const T value = LOAD(T, x, first + i);
    if (!IS_NAN(best) && BETTER(value, best)) best = value, index = i;
  }
  best_of_items(&best, &index, item, bests, item_indices);
  if (item > 0) return;
  if (chunks == 1) AT(long, y)[OFFSET(lines, 1, output)] = index;
  else partials[task] = best, indices[task] = index;
}
#endif

#ifdef KERNEL_finish_search
/// Combines the results of each output's chunks, of which there are at least GROUP; GROUP
/// work-items share an output.
GROUP_KERNEL void finish_search(OUT(y), global const T* partials, global const long* indices,
                                const index_t outputs, const index_t chunks, const Layout2 lines) {
  local T bests[GROUP];
  local long item_indices[GROUP];
  const index_t output = GROUP_INDEX;
  const int item = ITEM;
  RETURN_IF_BEYOND(output, outputs)
  OPEN(y);
  T best = partials[item * outputs + output];
  long index = indices[item * outputs + output];
  for (index_t chunk = item + GROUP; chunk < chunks && !IS_NAN(best); chunk += GROUP) {
    const T value = partials[chunk * outputs + output];
    if (BETTER(value, best)) best = value, index = indices[chunk * outputs + output];
  }
  best_of_items(&best, &index, item, bests, item_indices);
  if (item == 0) AT(long, y)[OFFSET(lines, 1, output)] = index;
}
#endif
