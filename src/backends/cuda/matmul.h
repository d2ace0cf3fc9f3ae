// Declares what matrix products and convolutions share: scratch memory as a view, and the backend's
// own matrix product.
#pragma once
#include "backends/cuda/dense.h"

namespace tinygrad::cuda {

/// Scratch memory for the duration of a call, as a dense view.
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

/// c [..., m, n] = a [..., m, k] b [..., k, n] + bias [..., m, n] by this backend's own kernel
/// (gemm.cu), for any dtype but boolean, any strides, and k > 0. bias may be null, or broadcast by
/// strides of 0.
void gemm(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c);

}  // namespace tinygrad::cuda
