// SPDX-License-Identifier: MIT
// RMSprop (Hinton 2012).
#pragma once
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct TINYGRAD_API RmspropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
  bool maximize = false;  ///< move along the gradient, not against it
  static constexpr const char* name = "RMSprop";
  std::vector<std::string> state_names(const std::vector<Tensor>& params, const Call& call) const;
};
/// Hinton 2012, "Neural networks for machine learning", lecture 6. g += weight_decay w;
/// v = alpha v + (1 - alpha) g²;  w -= lr g / (sqrt(v) + eps). If centered (Graves 2013), the
/// square of the running mean of g is subtracted from v under the root. With momentum, w moves by
/// lr m with m = momentum m + g / (sqrt(v) + eps).
class TINYGRAD_API RMSprop : public OptimizerWith<RmspropOptions> {
 public:
  using OptimizerWith::OptimizerWith;

 private:
  void update(const Batch& batch) override;
};

}  // namespace tinygrad::optim
