// SPDX-License-Identifier: MIT
// gather, scatter, and the check of every index before one is used.
#include "prelude.cl"

#ifdef KERNEL_check
/// Each work-group writes to its slot the first index that it finds not in [0, size): position and
/// value, or position -1.
kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void check(IN(index), global long2* slots,
                                                                     const int first_slot,
                                                                     const long size,
                                                                     const index_t count,
                                                                     const Layout1 layout) {
  local long2 found[GROUP];
  const int item = get_local_id(0);
  OPEN(index);
  long2 bad = (long2)(-1, 0);
  for (index_t i = get_global_id(0); i < count && bad.x < 0; i += get_global_size(0)) {
    const long value = CONST_AT(long, index)[OFFSET(layout, 0, i)];
    if (value < 0 || value >= size) bad = (long2)(i, value);
  }
  found[item] = bad;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {
    if (item < half_) {
      const long2 other = found[item + half_];
      if (other.x >= 0 && (found[item].x < 0 || other.x < found[item].x)) found[item] = other;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  if (item == 0) slots[first_slot + get_group_id(0)] = found[0];
}

#endif

#ifdef KERNEL_gather
/// Copies the bits of an element.
void move(global uchar* out, index_t to, global const uchar* x, index_t from, int bytes) {
  if (bytes == 4) AT(uint, out)[to] = CONST_AT(uint, x)[from];
  else if (bytes == 8) AT(ulong, out)[to] = CONST_AT(ulong, x)[from];
  else if (bytes == 2) AT(ushort, out)[to] = CONST_AT(ushort, x)[from];
  else out[to] = x[from];
}
/// out = x at index along a dimension of `size` elements `step` apart. The operands of `layout` are
/// out, index, and x without that dimension.
kernel void gather(IN(x), IN(index), OUT(out), const int bytes, const long size, const index_t step,
                   const index_t count, const Layout3 layout) {
  const index_t i = get_global_id(0);
  if (i >= count) return;
  OPEN(x);
  OPEN(index);
  OPEN(out);
  const long at = CONST_AT(long, index)[OFFSET(layout, 1, i)];
  if (at >= 0 && at < size)
    move(out, OFFSET(layout, 0, i), x, OFFSET(layout, 2, i) + (index_t)at * step, bytes);
}
#endif

#ifdef KERNEL_scatter
/// The lines of out along a dimension are cut into segments. A work-item has one segment of one
/// line; it visits the sources begin ... end - 1 of the line in order, and writes those whose index
/// lies in its segment. So an element that is named more than once gets the last source, or the sum
/// in order. The operands of `layout` are out, index and x; their steps along the dimension precede
/// it. COMPENSATED: `errors` has the rounding error of each sum in out.
kernel void scatter(OUT(out), IN(index), IN(x), const index_t lines, const index_t segments,
                    const index_t segment, const long size, const index_t begin, const index_t end,
                    const index_t out_step, const index_t index_step, const index_t x_step,
                    global T* errors, const Layout3 layout) {
  const index_t number = get_global_id(0), line = number % lines, low = number / lines * segment;
  if (number / lines >= segments) return;
  const long high = min(size, (long)low + segment);
  OPEN(out);
  OPEN(index);
  OPEN(x);
  const index_t to = OFFSET(layout, 0, line), first = OFFSET(layout, 1, line),
                from = OFFSET(layout, 2, line);
  for (index_t i = begin; i < end; ++i) {
    const long at = CONST_AT(long, index)[first + i * index_step];
    if (at < low || at >= high) continue;
    const index_t place = to + (index_t)at * out_step;
    T value = LOAD(T, x, from + i * x_step);
#ifdef ADD
    T sum = LOAD(T, out, place);
#ifdef COMPENSATED
    T error = errors[place];
    ADD_COMPENSATED(T, sum, error, value)
    errors[place] = error;
#else
    sum += value;
#endif
    value = sum;
#endif
    STORE(T, out, place, value);
  }
}
#endif
