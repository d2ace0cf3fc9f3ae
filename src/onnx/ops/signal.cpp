// SPDX-License-Identifier: MIT
// Signals: windows, the discrete Fourier transform by its matrix, the filters of the mel scale.
// Complex numbers are the last dimension, of size 2.
#include <cmath>
#include <numbers>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

using std::numbers::pi;

/// y_i = a - b cos(2πi / N) + c cos(4πi / N), where N is the size, or one less if not periodic.
Tensors cosine_window(const NodeCall& n, double a, double b, double c) {
  const std::int64_t size = n.scalar(0, 0).integer();
  const bool is_periodic = n.integer("periodic", 1) != 0;
  const Tensor angle = arange(size).to(float64) * (2 * pi / double(size - !is_periodic));
  return (a - b * cos(angle) + c * cos(2 * angle))
      .to(dtype_of_number(n, n.integer("output_datatype", 1)));
}

/// exp(∓2πi jk / length) as matrices of cosines and sines [size, bins]; `size` elements are read.
struct FourierMatrix {
  Tensor cos, sin;
  FourierMatrix(const NodeCall& n, DType dtype, std::int64_t size, std::int64_t bins,
                std::int64_t length, bool is_inverse) {
    const Tensor j = arange(size).unsqueeze(1), k = arange(bins);
    const Tensor angle = (j * k % length).to(float64) * (2 * pi / double(length));
    cos = tinygrad::cos(angle).to(dtype).to(n.device());
    sin = (tinygrad::sin(angle) * (is_inverse ? 1 : -1)).to(dtype).to(n.device());
  }
};
/// The transform of real and imaginary parts [..., size] to [..., bins, 2].
Tensor transform(const FourierMatrix& m, const Tensor& re, const Tensor& im) {
  if (!im.defined()) return stack({matmul(re, m.cos), matmul(re, m.sin)}, -1);
  return stack({matmul(re, m.cos) - matmul(im, m.sin), matmul(re, m.sin) + matmul(im, m.cos)}, -1);
}

/// The axis is an attribute before opset 20.
Tensors fourier_transform(const NodeCall& n) {
  const Tensor x = n[0].to(float64);
  const std::int64_t given =
      n.has(2) ? n.scalar(2, -2).integer() : n.integer("axis", n.opset() < 20 ? 1 : -2);
  const int axis = axis_of(n, given, x.dim());
  const bool is_inverse = n.integer("inverse", 0) != 0, is_onesided = n.integer("onesided", 0) != 0;
  const std::int64_t size = x.size(axis),
                     length =
                         n.scalar(1, is_inverse && is_onesided ? 2 * (size - 1) : size).integer();
  n.check(length > 0 && axis != x.dim() - 1 && (x.size(-1) == 1 || x.size(-1) == 2),
          "a transform of ", length, " elements along axis ", axis, " of shape ", x.shape());
  const Tensor lines = movedim(x, axis, -2).slice(-2, 0, length);  // [..., size, 1 or 2]
  const Tensor re = lines.select(-1, 0), im = x.size(-1) == 2 ? lines.select(-1, 1) : Tensor();
  // Half of the spectrum of real numbers determines the other half.
  if (is_inverse && is_onesided) {
    const std::int64_t rest = length - re.size(-1);
    const auto mirrored = [&](const Tensor& t, double sign) {
      return cat({t, flip(t.slice(-1, 1, 1 + rest), -1) * sign}, -1);
    };
    const FourierMatrix m(n, x.dtype(), length, length, length, true);
    const Tensor y = transform(m, mirrored(re, 1), mirrored(im, -1)) / length;
    return movedim(y.slice(-1, 0, 1), -2, axis);
  }
  const FourierMatrix m(n, x.dtype(), re.size(-1), is_onesided ? length / 2 + 1 : length, length,
                        is_inverse);
  const Tensor y = transform(m, re, im);
  return movedim(is_inverse ? y / length : y, -2, axis);
}

/// Inputs: signal [N, L, 1 or 2], the distance of frames, a window, the length of a frame.
Tensors short_time_transform(const NodeCall& n) {
  const Tensor x = n[0], window = n.optional(2);
  const std::int64_t step = n.scalar(1, 1).integer(),
                     length = n.scalar(3, window.defined() ? window.numel() : 0).integer();
  n.check(x.dim() == 3 && step > 0 && 0 < length && length <= x.size(1), "frames of ", length,
          " elements at a distance of ", step, " in a signal of shape ", x.shape());
  const auto frames = [&](int part) {
    const Tensor all = x.select(2, part).unfold(1, length, step);  // [N, frames, length]
    return window.defined() ? all * window : all;
  };
  const bool is_onesided = n.integer("onesided", 1) != 0;
  const FourierMatrix m(n, x.dtype(), length, is_onesided ? length / 2 + 1 : length, length, false);
  return transform(m, frames(0), x.size(2) == 2 ? frames(1) : Tensor());
}

/// Triangular filters [bins of the spectrum, bins of the mel scale], whose corners lie at equal
/// distances of mel = 2595 log10(1 + f / 700).
Tensors mel_matrix(const NodeCall& n) {
  const std::int64_t bins = n.scalar(0, 0).integer(), length = n.scalar(1, 0).integer(),
                     rate = n.scalar(2, 1).integer(), rows = length / 2 + 1;
  n.check(0 < bins && bins < 1 << 20 && 0 < length && length < 1 << 24 && rate > 0, "there are ",
          bins, " bins for a transform of ", length, " at a rate of ", rate);
  const auto mel = [](double f) { return 2595 * std::log10(1 + f / 700); };
  const double low = mel(n.scalar(3, 0).real()), high = mel(n.scalar(4, 0).real());
  Ints corners;
  for (std::int64_t i = 0; i < bins + 2; ++i) {
    const double at = low + (high - low) / double(bins + 2) * double(i);
    const double f = 700 * (std::pow(10, at / 2595) - 1);
    corners.push_back(std::int64_t(std::floor(double(length + 1) * f / double(rate))));
    n.check(0 <= corners.back() && corners.back() < rows, "an edge lies outside the spectrum");
  }
  std::vector<float> filters(std::size_t(rows * bins));
  for (std::int64_t i = 0; i < bins; ++i) {
    const std::int64_t* const c = &corners[std::size_t(i)];
    const auto at = [&](std::int64_t row) -> float& {
      return filters[std::size_t(row * bins + i)];
    };
    for (std::int64_t j = c[0]; j < c[1]; ++j) at(j) = float(j - c[0]) / float(c[1] - c[0]);
    at(c[1]) = 1;
    for (std::int64_t j = c[1]; j < c[2]; ++j) at(j) = float(c[2] - j) / float(c[2] - c[1]);
  }
  return from_vector(filters, {rows, bins}, n.device())
      .to(dtype_of_number(n, n.integer("output_datatype", 1)));
}

constexpr auto own = Result::own, as_first = Result::as_first;
constexpr Operator table[] = {
    {"BlackmanWindow", [](const NodeCall& n) { return cosine_window(n, 0.42, 0.5, 0.08); }, own,
     host(0)},
    {"DFT", fourier_transform, as_first, host(1, 2)},
    {"HammingWindow", [](const NodeCall& n) { return cosine_window(n, 25. / 46, 21. / 46, 0); },
     own, host(0)},
    {"HannWindow", [](const NodeCall& n) { return cosine_window(n, 0.5, 0.5, 0); }, own, host(0)},
    {"MelWeightMatrix", mel_matrix, own, host(0, 1, 2, 3, 4)},
    {"STFT", short_time_transform, as_first, host(1, 3)},
};

}  // namespace
Operators signal_operators() { return table; }
}  // namespace tinygrad::onnx
