// SPDX-License-Identifier: MIT
// NAdam (Dozat 2016).
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct TINYGRAD_API NAdamOptions {
  double lr = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;
  bool decoupled_weight_decay = false;  ///< w shrinks by lr weight_decay w, as in AdamW
  bool maximize = false;                ///< move along the gradient, not against it
  static constexpr const char* name = "NAdam";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// Dozat 2016, "Incorporating Nesterov momentum into Adam": m and v are running means of g and g²,
/// μ_t = beta1 (1 - 0.96^(t momentum_decay) / 2), and w moves by -lr / (sqrt(v̂) + eps) times
/// (1 - μ_t) / (1 - μ_1 ... μ_t) g + μ_{t+1} / (1 - μ_1 ... μ_{t+1}) m.
class TINYGRAD_API NAdam : public OptimizerWith<NAdamOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
