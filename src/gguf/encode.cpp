// SPDX-License-Identifier: MIT
// Encodes float32 to blocks of 32 codes with a float16 scale, to the bits of the Python package
// gguf (the file is compiled without contraction to fma).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "types.h"

namespace tinygrad::gguf {
namespace {

/// The element of the largest magnitude, the first of several. The bits of NaN are the largest.
float largest(const float* x) {
  const auto magnitude = [](float value) { return std::bit_cast<std::uint32_t>(value) << 1; };
  float best = x[0];
  for (int i = 1; i < 32; ++i)
    if (magnitude(x[i]) > magnitude(best)) best = x[i];
  return best;
}

/// Stores the scale. Returns its inverse, by which elements become codes.
float store_scale(float d, std::byte* out, bool& holds) {
  const Half half(d);
  std::memcpy(out, &half.bits, 2);
  holds = std::isfinite(float(half));
  return d == 0 ? 0 : 1 / d;
}

/// A value that is beyond all codes becomes 0: the inverse of the scale is infinite, and the scale
/// that is stored is 0.
int integer(float value) { return std::fabs(value) < 256 ? int(value) : 0; }

/// Q8_0: d = max|x| / 127, q = x / d rounded to the nearest integer, halves away from 0.
bool encode_q8_0(const float* x, std::byte* out) {
  bool holds = false;
  const float inverse = store_scale(std::fabs(largest(x)) / 127, out, holds);
  for (int i = 0; i < 32; ++i) out[2 + i] = std::byte(integer(std::round(x[i] * inverse)));
  return holds;
}

/// Q4_0: d = x / -8 for the x of the largest magnitude, which gets the code 0, -8 d. The others get
/// q = trunc(x / d + 8.5), at most 15. Byte i has the codes of elements i and i + 16.
bool encode_q4_0(const float* x, std::byte* out) {
  bool holds = false;
  const float inverse = store_scale(largest(x) / -8, out, holds);
  const auto code = [&](float value) { return std::min(integer(value * inverse + 8.5f), 15); };
  for (int i = 0; i < 16; ++i) out[2 + i] = std::byte(code(x[i]) | code(x[i + 16]) << 4);
  return holds;
}

template <Type type, bool (*block)(const float*, std::byte*)>
bool encode_blocks(const float* in, std::int64_t count, std::byte* out) {
  const BlockSize size = block_size(type);
  for (std::int64_t i = 0; i < count; ++i)
    if (!block(in + i * size.elements, out + i * size.bytes)) return false;
  return true;
}

}  // namespace

Encode encoder(Type type) {
  if (type == Type::Q8_0) return encode_blocks<Type::Q8_0, encode_q8_0>;
  if (type == Type::Q4_0) return encode_blocks<Type::Q4_0, encode_q4_0>;
  return nullptr;
}

}  // namespace tinygrad::gguf
