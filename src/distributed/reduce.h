// SPDX-License-Identifier: MIT
// Reductions of the elements of several ranks, in an order that the positions of the ranks fix.
#pragma once
#include <span>

#include "tinygrad/distributed/collectives.h"

namespace tinygrad::distributed {

/// out[i] = the reduction of rows[0][i], rows[1][i], ... in the order of a binary tree: neighbours
/// first, ((x0 + x1) + (x2 + x3)) + x4.
void reduce_rows(DType dtype, Reduce reduce, std::span<const void* const> rows, void* out,
                 std::int64_t count);

}  // namespace tinygrad::distributed
