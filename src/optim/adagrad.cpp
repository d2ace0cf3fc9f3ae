// SPDX-License-Identifier: MIT
// Adagrad: gradients divided by the root of the sum of their squares.
#include "tinygrad/optim/adagrad.h"

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

std::vector<std::string> AdagradOptions::state_names(const std::vector<Tensor>&,
                                                     const Call& call) const {
  check_not_negative(call, "eps", eps), check_not_negative(call, "weight_decay", weight_decay);
  check_not_negative(call, "lr_decay", lr_decay);
  check_not_negative(call, "initial_accumulator_value", initial_accumulator_value);
  return {"sum"};
}

void Adagrad::update(const Batch& batch) {
  const AdagradOptions& o = options(batch);
  const StepValue rate = step_scalar(batch, [decay = o.lr_decay](double lr, double step) {
    return lr / (1 + (step - 1) * decay);
  });
  apply_rule("adagrad", batch, [&](const Tensor& w, const Tensor& gradient, Tensors& state) {
    const Tensor g = o.weight_decay == 0 ? gradient : gradient + o.weight_decay * w;
    state[0] = state[0] + g * g;
    return w - rate * (g / (sqrt(state[0] + o.initial_accumulator_value) + o.eps));
  });
}

}  // namespace tinygrad::optim
