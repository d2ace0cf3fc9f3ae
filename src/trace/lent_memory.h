// SPDX-License-Identifier: MIT
// LentMemory: other memory for a leaf, and its own back in the end.
#pragma once
#include "tinygrad/op.h"

namespace tinygrad::tracing {

/// While it lives, a leaf has a copy of `values` as its memory, and no gradient. Its own memory is
/// not written to, so that graphs that hold it do not notice.
class LentMemory {
 public:
  LentMemory(const Tensor& leaf, const Tensor& values) : leaf_(leaf), own_(leaf.detach()) {
    if (leaf_.requires_grad()) grad_ = leaf_.grad(), leaf_.set_grad({});
    replace_storage(leaf_, values);
  }
  ~LentMemory() {
    if (leaf_.requires_grad()) leaf_.set_grad({});
    replace_storage(leaf_, own_);
    if (leaf_.requires_grad()) leaf_.set_grad(grad_);
  }
  LentMemory(const LentMemory&) = delete;

 private:
  Tensor leaf_, own_, grad_;
};

}  // namespace tinygrad::tracing
