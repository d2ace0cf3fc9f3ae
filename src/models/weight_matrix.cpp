// SPDX-License-Identifier: MIT
// The weight of a linear map or an embedding, trained or in blocks.
#include "tinygrad/models/weight_matrix.h"

#include "tinygrad/nn/init.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {

static Tensor first_values(std::int64_t rows, std::int64_t columns) {
  const Tensor weight = empty({rows, columns});
  nn::init::normal_(weight, 0, 0.02);
  return weight;
}

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
