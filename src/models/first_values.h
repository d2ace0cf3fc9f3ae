// SPDX-License-Identifier: MIT
// The values with which weights of language models begin: normal, of deviation 0.02 (Radford et al.
// 2019, GPT-2).
#pragma once
#include "tinygrad/nn/init.h"
#include "tinygrad/ops.h"

namespace tinygrad::models {

inline Tensor first_values(std::int64_t rows, std::int64_t columns) {
  const Tensor weight = empty({rows, columns});
  nn::init::normal_(weight, 0, 0.02);
  return weight;
}

}  // namespace tinygrad::models
