// SPDX-License-Identifier: MIT
// Lion (Chen et al. 2023).
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct TINYGRAD_API LionOptions {
  double lr = 1e-4;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0;
  static constexpr const char* name = "Lion";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// Chen et al. 2023, "Symbolic discovery of optimization algorithms". It keeps one running mean m
/// and moves every element by the same amount: w -= lr (sign(beta1 m + (1 - beta1) g) +
/// weight_decay w);  m = beta2 m + (1 - beta2) g.
class TINYGRAD_API Lion : public OptimizerWith<LionOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
