// GROUP work-items that share a piece of work: a work-group of them, or, where GROUP is 1, each
// item on its own.
#include "prelude.cl"

// SHARED_NUMBER: which piece it is, said so that the compiler sees that it is one for all of a
// group. RETURN_BEYOND: items are rounded up to whole groups, but groups are as many as pieces.
// (PoCL 3.1 compiles barriers after a return wrongly.)
#if GROUP > 1
#define GROUP_KERNEL kernel __attribute__((reqd_work_group_size(GROUP, 1, 1)))
#define ITEM ((index_t)get_local_id(0))
#define SHARED_NUMBER ((index_t)((get_global_id(0) - get_local_id(0)) / GROUP))
#define RETURN_BEYOND(number, count)
#else
#define GROUP_KERNEL kernel
#define ITEM 0
#define SHARED_NUMBER ((index_t)get_global_id(0))
#define RETURN_BEYOND(number, count) \
  if (number >= count) return;
#endif
