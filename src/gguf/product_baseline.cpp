// SPDX-License-Identifier: MIT
// The product of rows with a matrix in blocks (product.h), in plain C++: what the kernels of other
// instruction sets compute.
#include "product.h"

namespace tinygrad::gguf {
namespace {

struct Baseline {
  static constexpr const char* name = "baseline";
  struct Floats {
    float lane[16];
  };
  struct Codes {
    int element[2][4][16];  // as Activations::codes
  };

  static Floats zero() { return {}; }
  static Floats load(const float* from) {
    Floats out;
    std::memcpy(out.lane, from, sizeof out.lane);
    return out;
  }
  static Floats mul(const Floats& a, const Floats& b) {
    Floats out;
    for (int i = 0; i < 16; ++i) out.lane[i] = a.lane[i] * b.lane[i];
    return out;
  }
  static Floats add(const Floats& a, const Floats& b) {
    Floats out;
    for (int i = 0; i < 16; ++i) out.lane[i] = a.lane[i] + b.lane[i];
    return out;
  }
  static float sum(Floats v) {
    for (int half = 8; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) v.lane[i] += v.lane[i + half];
    return v.lane[0];
  }
  static Floats spread(const Floats& v, int p) {
    Floats out;
    for (int i = 0; i < 16; ++i) out.lane[i] = v.lane[p + i / 4];
    return out;
  }
  static float half(const std::uint8_t* in) {
    Half value;
    std::memcpy(&value.bits, in, 2);
    return value;
  }
  template <Type type> static void scales(const std::uint8_t* w, int count, Floats& d, Floats& m) {
    d = m = {};
    for (int b = 0; b < count; ++b, w += bytes_of(type)) {
      d.lane[b] = half(w);
      if (type == Type::Q4_1) m.lane[b] = half(w + 2);
    }
  }
  template <Type type> static int code(const std::uint8_t* codes, int half, int i) {
    if (type == Type::Q8_0) return std::int8_t(codes[16 * half + i]);
    return (codes[i] >> 4 * half & 15) - (type == Type::Q4_0 ? 8 : 0);
  }
  template <Type type> static Codes codes(const std::uint8_t* w) {
    Codes out;
    for (int half = 0; half < 2; ++half)
      for (int b = 0; b < 4; ++b)
        for (int i = 0; i < 16; ++i)
          out.element[half][b][i] =
              code<type>(w + b * bytes_of(type) + bytes_of_scales(type), half, i);
    return out;
  }
  template <Type> static Floats dot(const Codes& w, const std::int8_t* x) {
    int sums[16] = {};
    for (int half = 0; half < 2; ++half)
      for (int b = 0; b < 4; ++b)
        for (int i = 0; i < 16; ++i)
          sums[4 * b + i / 4] += w.element[half][b][i] * x[64 * half + 16 * b + i];
    Floats out;
    for (int i = 0; i < 16; ++i) out.lane[i] = float(sums[i]);
    return out;
  }
};

}  // namespace

const ProductKernels* const baseline_kernels = &kernels_of<Baseline>;

}  // namespace tinygrad::gguf
