// SPDX-License-Identifier: MIT
// Running sums and products along the lines of a dense array. Lines are cut into chunks, each of
// which belongs to a work-item: `totals` computes the totals of the chunks, which are scanned
// themselves, and `scan` begins each chunk with the total of those before it.
// Element i of a line is at first + i step: the first is its last one if the scan is reversed.
#include "totals.cl"

#ifdef REDUCE_sum
#define IDENTITY 0
#define COMBINE(a, b) ((a) + (b))
#else
#define IDENTITY 1
#define COMBINE(a, b) ((a) * (b))
#endif

#define CHUNK                                                                         \
  const index_t count, const index_t chunks, const index_t chunk, const index_t size, \
      const index_t inner, const index_t origin, const index_t step
#define FIND_CHUNK                                                                     \
  const index_t task = get_global_id(0), line = task / chunks, number = task % chunks; \
  if (task >= count) return;                                                           \
  const index_t first = line / inner * size * inner + line % inner + origin,           \
                begin = number * chunk, end = min(size, begin + chunk);

#ifdef KERNEL_totals
kernel void totals(IN(x), OUT(y), CHUNK) {
  FIND_CHUNK
  OPEN(x);
  OPEN(y);
  TOTAL(T)
  for (index_t i = begin; i < end; ++i) ADD_TO_TOTAL(T, LOAD(T, x, first + i * step))
  STORE(T, y, task, total);
}
#endif

#ifdef KERNEL_scan
/// starts: the scanned totals; not read if lines are whole.
kernel void scan(IN(x), IN(starts), OUT(y), CHUNK) {
  FIND_CHUNK
  OPEN(x);
  OPEN(starts);
  OPEN(y);
  TOTAL(T)
  if (number > 0) total = LOAD(T, starts, task - 1);
  for (index_t i = begin; i < end; ++i) {
    ADD_TO_TOTAL(T, LOAD(T, x, first + i * step))
    STORE(T, y, first + i * step, total);
  }
}
#endif
