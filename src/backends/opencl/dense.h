// Inputs and outputs as dense arrays: in place where they are that, otherwise through a copy on the
// device. So the kernels of whole rows and planes take any strides, and are written for neighbours.
// Dtypes stay what they are.
#pragma once
#include <optional>

#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {

class Dense {
 public:
  const View& view() const { return dense_; }
  operator const View&() const { return dense_; }

 protected:
  Dense(Runtime& runtime, const View& view)
      : runtime_(runtime),
        view_(view),
        dense_(view),
        is_copy_(view && view.count() > 0 && !view.is_dense()) {
    if (!is_copy_) return;
    room_.emplace(runtime, view.count() * std::int64_t(size_of(view.dtype())));
    dense_ = View(room_->memory(), view.dtype(), view.shape(), dense_strides(view.shape()));
  }
  Runtime& runtime_;
  View view_, dense_;
  bool is_copy_;

 private:
  std::optional<Scratch> room_;
};

/// Null where the input was not given.
class Input : public Dense {
 public:
  Input(Runtime& runtime, const View& x) : Dense(runtime, x) {
    if (is_copy_) copy(runtime, x, dense_);
  }
};

/// finish() brings what was written to its place. Null where it is not wanted.
class Output : public Dense {
 public:
  Output(Runtime& runtime, const View& y) : Dense(runtime, y) {}
  void finish() const {
    if (is_copy_) copy(runtime_, dense_, view_);
  }
};

}  // namespace tinygrad::opencl
