// SPDX-License-Identifier: MIT
// The algorithms of the operations, which the communication thread runs. x is contiguous, in the
// host's memory, and described by the operation's header; so is what they return.
#pragma once
#include "operation.h"

namespace tinygrad::distributed {

/// A sum in the order of a tree, unless the header allows the backend's own order: rank r reduces
/// part r of all tensors, and the parts are gathered.
Tensor run_all_reduce(Operation& op, const Tensor& x);
Tensor run_all_gather(Operation& op, const Tensor& x);
Tensor run_reduce_scatter(Operation& op, const Tensor& x);
Tensor run_broadcast(Operation& op, const Tensor& x);
Tensor run_all_to_all(Operation& op, const Tensor& x);
/// Sends the header and then the elements.
Tensor run_send(Operation& op, const Tensor& x);
Tensor run_recv(Operation& op);

}  // namespace tinygrad::distributed
