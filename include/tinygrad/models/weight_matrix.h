// SPDX-License-Identifier: MIT
// WeightMatrix: the weight of a linear map or an embedding, which is trained, or which stays in the
// blocks of a GGUF file.
#pragma once
#include <optional>

#include "tinygrad/gguf/quantized.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::models {

struct WeightMatrixOptions {
  bool bias = false;
  /// There is no parameter `weight`: what builds the module sets `blocks`.
  bool quantized = false;
};
/// y = x weightᵀ + bias.  x [..., columns], weight [rows, columns], bias [rows], y [..., rows]. The
/// first values of the weight are normal with a deviation of 0.02, as in GPT-2; the bias is zeros.
class TINYGRAD_API WeightMatrix : public nn::Module {
 public:
  WeightMatrix(std::int64_t rows, std::int64_t columns, const WeightMatrixOptions& options = {});
  /// The rows index[...] of the weight: int64 [...] -> [..., columns].
  Tensor rows(In index);
  nn::Parameter weight, bias;
  std::optional<gguf::QuantizedMatrix> blocks = {};  ///< used instead of weight

 private:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tinygrad::models
