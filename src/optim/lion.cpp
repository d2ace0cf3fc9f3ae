// SPDX-License-Identifier: MIT
// Lion: steps of the sign of a running mean (Chen et al. 2023).
#include "tinygrad/optim/lion.h"

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

std::vector<std::string> LionOptions::state_names(const std::vector<Tensor>&,
                                                  const Call& call) const {
  check_beta(call, "beta1", beta1), check_beta(call, "beta2", beta2);
  check_not_negative(call, "weight_decay", weight_decay);
  return {"exp_avg"};
}

void Lion::update(const Batch& batch) {
  const LionOptions& o = options(batch);
  const StepValue lr = step_lr(batch);
  apply_rule("lion", batch, [&](const Tensor& w, const Tensor& g, Tensors& state) {
    Tensor& m = state[0];
    const Tensor direction = sign(o.beta1 * m + (1 - o.beta1) * g);
    m = o.beta2 * m + (1 - o.beta2) * g;
    return w - lr * (direction + o.weight_decay * w);
  });
}

}  // namespace tinygrad::optim
