// SPDX-License-Identifier: MIT
// SGD: stochastic gradient descent, with momentum (Polyak 1964), Nesterov momentum and weight
// decay.
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct TINYGRAD_API SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool maximize = false;  ///< move along the gradient, not against it
  static constexpr const char* name = "SGD";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// g += weight_decay w;  m = momentum m + (1 - dampening) g (at first m = g);  w -= lr m, or with
/// nesterov lr (g + momentum m).
class TINYGRAD_API SGD : public OptimizerWith<SgdOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
