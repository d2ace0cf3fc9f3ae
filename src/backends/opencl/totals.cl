// SPDX-License-Identifier: MIT
// A running total: TOTAL(V) declares it and ADD_TO_TOTAL adds to it. The file that includes this
// one defines IDENTITY and COMBINE, the identity and the operation of its REDUCE_....
#include "prelude.cl"

/// Combines `value` with the total, of type V: many thousands of blocks or chunks are added.
#if defined(REDUCE_sum) && !defined(INTEGERS)
#define TOTAL(V) V total = IDENTITY, error = 0;
#define ADD_TO_TOTAL(V, value) ADD_COMPENSATED(V, total, error, value)
#else
#define TOTAL(V) V total = IDENTITY;
#define ADD_TO_TOTAL(V, value) total = COMBINE(total, value);
#endif
