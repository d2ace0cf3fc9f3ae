// SPDX-License-Identifier: MIT
// SGD: stochastic gradient descent, with momentum (Polyak 1964), Nesterov momentum and weight
// decay.
#pragma once
#include <vector>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
};
/// g += weight_decay w;  m = momentum m + (1 - dampening) g (at first m = g);  w -= lr m, or with
/// nesterov lr (g + momentum m).
class TINYGRAD_API SGD : public Optimizer {
 public:
  explicit SGD(const std::vector<Tensor>& params, const SgdOptions& options = {},
               SourceLocation location = SourceLocation::current());
  template <std::floating_point T>
  SGD(const std::vector<Tensor>&, T lr) = delete;  // write SGD(params, {.lr = lr})
  explicit SGD(const std::vector<ParamGroup<SgdOptions>>& groups,
               SourceLocation location = SourceLocation::current());

 private:
  void update(const Batch& batch) override;
  std::vector<SgdOptions> options_;
};

}  // namespace tinygrad::optim
