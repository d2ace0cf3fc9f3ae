// SPDX-License-Identifier: MIT
// argsort along the lines of a dense array, by merging. A line has `size` elements, `inner` apart.
// First a work-item sorts each run of RUN positions by insertion; then neighbouring runs are merged
// until one is left: a work-item per element finds its place by a binary search in the other run.
// Of equal elements, those of the left run come first, so that they keep their order.
#include "prelude.cl"

#define LESS(a, b) ((a) < (b) || (IS_NAN(b) && !IS_NAN(a)))  // NaN is the largest
#ifdef DESCENDING
#define BEFORE(a, b) LESS(b, a)
#else
#define BEFORE(a, b) LESS(a, b)
#endif

#ifdef KERNEL_sort_runs
kernel void sort_runs(IN(x), OUT(order), const index_t count, const index_t runs,
                      const index_t size, const index_t inner) {
  const index_t task = get_global_id(0), line = task / runs;
  if (task >= count) return;
  OPEN(x);
  OPEN(order);
  const index_t first = line / inner * size * inner + line % inner, begin = task % runs * RUN,
                end = min(size, begin + RUN);
  for (index_t i = begin; i < end; ++i) {
    const T value = LOAD(T, x, first + i * inner);
    index_t place = i;
    for (; place > begin; --place) {
      const long before = AT(long, order)[first + (place - 1) * inner];
      const T other = LOAD(T, x, first + (index_t)before * inner);
      if (!BEFORE(value, other)) break;
      AT(long, order)[first + place * inner] = before;
    }
    AT(long, order)[first + place * inner] = i;
  }
}
#endif

#ifdef KERNEL_merge_runs
kernel void merge_runs(IN(x), IN(from), OUT(to), const index_t count, const index_t length,
                       const index_t size, const index_t inner) {
  const index_t task = get_global_id(0), i = task / inner % size, first = task - i * inner;
  if (task >= count) return;
  OPEN(x);
  OPEN(from);
  OPEN(to);
  const index_t left = i - i % (2 * length), middle = min(size, left + length);
  const bool is_left = i < middle;
  const long position = CONST_AT(long, from)[task];
  const T value = LOAD(T, x, first + (index_t)position * inner);
  // The elements of the other run that come before this one: low - begin.
  const index_t begin = is_left ? middle : left;
  index_t low = begin, high = min(size, begin + length);
  while (low < high) {
    const index_t at = low + (high - low) / 2;
    const T other = LOAD(T, x, first + (index_t)CONST_AT(long, from)[first + at * inner] * inner);
    if (is_left ? BEFORE(other, value) : !BEFORE(value, other)) low = at + 1;
    else high = at;
  }
  const index_t place = (is_left ? i : i - length) + low - begin;
  AT(long, to)[first + place * inner] = position;
}
#endif
