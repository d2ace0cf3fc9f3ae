// SPDX-License-Identifier: MIT
// Collectives with gradients, in conjugate pairs: the backward pass of each is the forward pass of
// its partner. They are Megatron's f and g (Shoeybi et al.: "Megatron-LM", 2019), named for what
// they do in the forward pass. In a group of one they return x.
#pragma once
#include "tinygrad/distributed/group.h"
#include "tinygrad/tensor.h"

namespace tinygrad::distributed {

/// x, which is equal on all ranks. Its gradient is the sum of those of all ranks. Partner of
/// sum_from_group.
TINYGRAD_API Tensor copy_to_group(In x, const Group& group = world());
/// The sum of x over all ranks. Its gradient, which is equal on all ranks, is that of x.
TINYGRAD_API Tensor sum_from_group(In x, const Group& group = world());
/// all_gather(x, dim). Its gradient, which is equal on all ranks, is cut into the parts of the
/// ranks. Partner of scatter_to_group.
TINYGRAD_API Tensor gather_from_group(In x, int dim, const Group& group = world());
/// This rank's part of x, which is equal on all ranks, along dim. Its gradients are gathered. The
/// size of dim must be a multiple of size(), otherwise ShapeError is thrown.
TINYGRAD_API Tensor scatter_to_group(In x, int dim, const Group& group = world());
/// copy_to_group(gather_from_group(x, dim)) as one operation, whose gradient is that of
/// reduce_scatter: the whole tensor, which each rank uses in its own way, from its parts. The size
/// of dim must be the same on all ranks. Partner of sum_and_scatter.
TINYGRAD_API Tensor gather_and_copy(In x, int dim, const Group& group = world());
/// scatter_to_group(sum_from_group(x), dim) as one operation: reduce_scatter(x, dim). Its gradients
/// are gathered.
TINYGRAD_API Tensor sum_and_scatter(In x, int dim, const Group& group = world());

}  // namespace tinygrad::distributed
