// What products and convolutions share.
#pragma once
#include "backends/cuda/dense.h"

namespace tinygrad::cuda {

/// Memory for the time of a call, as a dense view.
class ScratchView {
 public:
  ScratchView(Runtime& runtime, DType dtype, const Shape& shape)
      : scratch_(runtime, shape.count() * std::int64_t(size_of(dtype))),
        view_(scratch_.memory(), dtype, shape, dense_strides(shape)) {}
  operator const View&() const { return view_; }
  const View* operator->() const { return &view_; }

 private:
  Scratch scratch_;
  View view_;
};

/// c [..., m, n] = a [..., m, k] b [..., k, n] + bias [..., m, n], null or repeated by strides of
/// 0; k > 0. By a kernel of this backend, for any dtype but boolean, and any strides.
void multiply_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                    const View& c);

}  // namespace tinygrad::cuda
