// SPDX-License-Identifier: MIT
// Adagrad (Duchi, Hazan and Singer 2011).
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct TINYGRAD_API AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;  ///< move along the gradient, not against it
  static constexpr const char* name = "Adagrad";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// Duchi, Hazan and Singer 2011. g += weight_decay w;  s += g²;
/// w -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s + initial_accumulator_value) + eps) in step t.
class TINYGRAD_API Adagrad : public OptimizerWith<AdagradOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
