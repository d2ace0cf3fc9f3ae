// All that the choice of a convolution's engine depends on. Host logic, without calls of CUDA.
#pragma once
#include <array>
#include <compare>

#include "backends/cuda/product.h"

namespace tinygrad::cuda {

/// Which of the three is computed from the other two: y from x and w, dx from dy and w, or dw from
/// dy and x.
enum class Pass : unsigned char { forward, input_grad, weight_grad };

/// How an operand of four dimensions lies in memory, densely.
struct Planes {
  std::array<std::int64_t, 4> shape = {}, strides = {};
  int alignment = 16;  ///< bytes, of the first element: a power of two, up to 16
  auto operator<=>(const Planes&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

struct ConvPlan {
  Pass pass = Pass::forward;
  DType dtype = DType::float32;
  Float32Precision precision = Float32Precision::ieee;
  bool deterministic = true;
  Planes x, w, y;  // or their gradients
  std::array<std::int64_t, 2> stride = {}, padding = {}, dilation = {};
  auto operator<=>(const ConvPlan&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

/// Of a dense view, whose dimensions of size 1 may have any strides: the library gets those that
/// all others have.
inline Planes planes_of(const View& v) {
  Planes p;
  const Strides strides = dense_strides(v.shape());
  for (std::size_t d = 0; d < 4; ++d) p.shape[d] = v.size(int(d)), p.strides[d] = strides[int(d)];
  const auto first = reinterpret_cast<std::uintptr_t>(v.memory().handle) +
                     std::uintptr_t(v.offset()) * size_of(v.dtype());
  p.alignment = std::min(alignment_of({std::int64_t(first)}), 16);
  return p;
}

/// Groups are not among it: x has as many times w's channels.
inline ConvPlan conv_plan(Pass pass, const View& x, const View& w, const View& y,
                          const Window& window) {
  ConvPlan p;
  p.pass = pass, p.dtype = y.dtype(), p.precision = precision_of(p.dtype),
  p.deterministic = are_deterministic_algorithms_enabled();
  p.x = planes_of(x), p.w = planes_of(w), p.y = planes_of(y);
  for (std::size_t i = 0; i < 2; ++i)
    p.stride[i] = window.stride[i], p.padding[i] = window.padding[i],
    p.dilation[i] = window.dilation[i];
  return p;
}

/// What engines say of their arithmetic, as far as it decides.
struct Notes {
  bool tensor_core = false, rounds_inputs = false, rounds_sums = false, deterministic = true;
  bool transforms = false;  ///< by a transform that costs digits: Fourier's, or Winograd's with
                            ///< larger tiles than 4x4
};
/// Tensor cores take float32 as TF32: those are refused unless the program allows it. Sums of
/// float16 are made in float32. Transforms are for the mode that is not deterministic: there the
/// fastest is wanted, and PyTorch takes them too.
inline bool accepts(const ConvPlan& plan, const Notes& notes) {
  const bool rounds = plan.dtype == DType::float32 && plan.precision == Float32Precision::ieee &&
                      (notes.tensor_core || notes.rounds_inputs);
  return !rounds && !notes.rounds_sums &&
         (!plan.deterministic || (notes.deterministic && !notes.transforms));
}

}  // namespace tinygrad::cuda
