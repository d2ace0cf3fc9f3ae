// SPDX-License-Identifier: MIT
// Work that GROUP work-items share: as one work-group, or, with GROUP 1, as a single work-item.
// Also the reduction of one value of each work-item in local memory.
#include "prelude.cl"

// GROUP_INDEX is the index of the shared piece of work, written so that the compiler sees that it
// is the same for all items of a group. RETURN_IF_BEYOND is needed without groups only: work-items
// are rounded up to whole work-groups, but with GROUP > 1 there are exactly as many groups as
// pieces of work. (PoCL 3.1 miscompiles barriers after a return.)
#if GROUP > 1
#define GROUP_KERNEL kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#define ITEM ((index_t)get_local_id(0))
#define GROUP_INDEX ((index_t)((get_global_id(0) - get_local_id(0)) / GROUP))
#define RETURN_IF_BEYOND(index, count)
#else
#define GROUP_KERNEL kernel
#define ITEM 0
#define GROUP_INDEX ((index_t)get_global_id(0))
#define RETURN_IF_BEYOND(index, count) \
  if (index >= count) return;
#endif

#if GROUP > 1
/// Combines `value` of all items in a tree in local memory `scratch` [GROUP]: scratch[0] is the
/// result. Other items must not write to `scratch` before a barrier.
#define WORK_GROUP_REDUCE(COMBINE, value, scratch)                                   \
  scratch[ITEM] = value;                                                             \
  barrier(CLK_LOCAL_MEM_FENCE);                                                      \
  for (int half_ = GROUP / 2; half_ > 0; half_ /= 2) {                               \
    if (ITEM < half_) scratch[ITEM] = COMBINE(scratch[ITEM], scratch[ITEM + half_]); \
    barrier(CLK_LOCAL_MEM_FENCE);                                                    \
  }
#endif
