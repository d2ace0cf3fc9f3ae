// SPDX-License-Identifier: MIT
// Rounds rows of x to 8 bits, in blocks of 32: d = max|x| / 127, code = x / d rounded to the
// nearest integer. A block with a NaN gets the scale NaN, one with an infinite element an infinite
// scale.
#include "activations.h"

#include <bit>

namespace tinygrad::gguf {
namespace {

/// Writes the codes of a block, the second half 64 bytes after the first; returns its scale. The
/// compiler vectorizes all steps.
float round_block(const float* x, std::int8_t* codes) {
  std::int32_t largest = 0;  // the bits of the largest magnitude; those of NaN are larger yet
  for (int i = 0; i < 32; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(x[i]) & 0x7FFFFFFF;
    largest = bits > largest ? bits : largest;
  }
  const float d = std::bit_cast<float>(largest) / 127;
  const float inverse = d > 0x1p-120f ? 1 / d : 0;
  constexpr float shift = 0x1.8p23f;  // x + shift has no bits after the point: this rounds to even
  for (int half = 0; half < 2; ++half)
    for (int i = 0; i < 16; ++i)
      codes[64 * half + i] =
          std::int8_t(std::bit_cast<std::int32_t>(x[16 * half + i] * inverse + shift));
  return d;
}

}  // namespace

RoundedRows::RoundedRows(const float* x, std::int64_t rows, std::int64_t columns)
    : rows_(rows),
      stride_((columns / 32 + 15) / 16 * 16),
      codes_(std::size_t(rows * stride_ * 32)),
      scales_(std::size_t(rows * stride_)),
      sums_(scales_.size()) {
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t b = 0; b < columns / 32; ++b) {
      const std::size_t block = std::size_t(row * stride_ + b);
      std::int8_t* const code = &codes_[128 * (block / 4) + 16 * (block % 4)];
      scales_[block] = round_block(x + row * columns + 32 * b, code);
      int sum = 0;
      for (int i = 0; i < 16; ++i) sum += code[i] + code[64 + i];
      sums_[block] = scales_[block] * float(sum);
    }
}

}  // namespace tinygrad::gguf
