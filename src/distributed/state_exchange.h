// SPDX-License-Identifier: MIT
// What a rank must know of tensors before it can receive them.
#pragma once
#include "tinygrad/distributed/group.h"
#include "tinygrad/tensor.h"

namespace tinygrad::distributed {

/// Shape and dtype of a tensor, which ranks tell each other as int64 [max_rank + 2].
struct Form {
  Shape shape;
  DType dtype = DType::float32;

  static constexpr std::int64_t words = max_rank + 2;
  static Tensor of(const Tensor& t);
  Form() = default;
  explicit Form(const Tensor& sent);
};

/// The state of rank `root`, on all ranks, in the host's memory.
NamedTensors broadcast_state(const NamedTensors& own, int root, const Group& group,
                             SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::distributed
