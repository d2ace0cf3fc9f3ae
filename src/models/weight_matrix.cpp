// SPDX-License-Identifier: MIT
// The weight of a linear map or an embedding, trained or in blocks.
#include "tinygrad/models/weight_matrix.h"

#include "first_values.h"

namespace tinygrad::models {

WeightMatrix::WeightMatrix(std::int64_t rows, std::int64_t columns,
                           const WeightMatrixOptions& options)
    : weight(options.quantized ? nn::Parameter() : add("weight", first_values(rows, columns))),
      bias(options.bias ? add("bias", zeros({rows})) : nn::Parameter()) {}

Tensor WeightMatrix::forward(const Tensor& x) {
  if (!blocks) return linear(x, weight, bias);
  const Tensor y = gguf::linear(x, *blocks);
  return bias.defined() ? y + bias : y;
}

Tensor WeightMatrix::rows(In index) {
  return run(index.location,
             [&] { return blocks ? gguf::embedding(*index, *blocks) : embedding(*index, weight); });
}

}  // namespace tinygrad::models
