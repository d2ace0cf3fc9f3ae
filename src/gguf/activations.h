// SPDX-License-Identifier: MIT
// Rounds rows of x to 8 bits, in blocks of 32, and owns the result.
#pragma once
#include <vector>

#include "product.h"

namespace tinygrad::gguf {

class RoundedRows {
 public:
  /// x [rows, columns], columns a multiple of 32.
  RoundedRows(const float* x, std::int64_t rows, std::int64_t columns);
  Activations view() const { return {rows_, stride_, codes_.data(), scales_.data(), sums_.data()}; }

 private:
  std::int64_t rows_, stride_;
  std::vector<std::int8_t> codes_;
  std::vector<float> scales_, sums_;
};

}  // namespace tinygrad::gguf
