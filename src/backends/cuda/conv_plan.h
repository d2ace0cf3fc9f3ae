// SPDX-License-Identifier: MIT
// Describes a convolution as cuDNN takes it: everything that the choice of an engine depends on,
// and which engines are acceptable. Host code that does not call CUDA.
#pragma once
#include <array>
#include <compare>

#include "backends/cuda/matmul_plan.h"

namespace tinygrad::cuda {

/// A Pass says which tensor is computed: y from x and w, dx from dy and w, or dw from dy and x.
enum class Pass : unsigned char { forward, input_grad, weight_grad };

/// Shape, strides and alignment of a dense operand of four dimensions.
struct TensorLayout {
  std::array<std::int64_t, 4> shape = {}, strides = {};
  int alignment = 16;  ///< in bytes, of the first element: a power of two, up to 16
  auto operator<=>(const TensorLayout&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

/// A convolution. Groups are not among the fields: x has `groups` times as many channels as w.
struct ConvPlan {
  Pass pass = Pass::forward;
  DType dtype = DType::float32;
  Float32Precision precision = Float32Precision::ieee;
  bool deterministic = true;
  TensorLayout x, w, y;  ///< or those of their gradients
  std::array<std::int64_t, 2> stride = {}, padding = {}, dilation = {};
  auto operator<=>(const ConvPlan&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

/// The layout of a dense view. Its dimensions of size 1 may have any strides; the library is given
/// the dense strides instead.
inline TensorLayout tensor_layout(const View& v) {
  TensorLayout p;
  const Strides strides = dense_strides(v.shape());
  for (std::size_t d = 0; d < 4; ++d) p.shape[d] = v.size(int(d)), p.strides[d] = strides[int(d)];
  const auto first = reinterpret_cast<std::uintptr_t>(v.memory().handle) +
                     std::uintptr_t(v.offset()) * size_of(v.dtype());
  p.alignment = std::min(alignment_of({std::int64_t(first)}), 16);
  return p;
}

inline ConvPlan conv_plan(Pass pass, const View& x, const View& w, const View& y,
                          const Window& window) {
  ConvPlan p;
  p.pass = pass, p.dtype = y.dtype(), p.precision = precision_of(p.dtype),
  p.deterministic = are_deterministic_algorithms_enabled();
  p.x = tensor_layout(x), p.w = tensor_layout(w), p.y = tensor_layout(y);
  for (std::size_t i = 0; i < 2; ++i)
    p.stride[i] = window.stride[i], p.padding[i] = window.padding[i],
    p.dilation[i] = window.dilation[i];
  return p;
}

/// The properties of an engine's arithmetic that decide whether it is acceptable.
struct EngineNotes {
  bool tensor_core = false, rounds_inputs = false, rounds_sums = false, deterministic = true;
  bool transforms = false;  ///< by a transform that loses digits: Fourier's, or Winograd's with
                            ///< tiles larger than 4x4
};
/// Tensor cores take float32 as TF32: such engines are refused unless the program allows TF32. Sums
/// of float16 must be computed in float32. Transforms are accepted only if algorithms need not be
/// deterministic: then the fastest engine is wanted, and PyTorch takes them too.
inline bool accepts(const ConvPlan& plan, const EngineNotes& notes) {
  const bool rounds = plan.dtype == DType::float32 && plan.precision == Float32Precision::ieee &&
                      (notes.tensor_core || notes.rounds_inputs);
  return !rounds && !notes.rounds_sums &&
         (!plan.deterministic || (notes.deterministic && !notes.transforms));
}

}  // namespace tinygrad::cuda
