// SPDX-License-Identifier: MIT
// RMSprop: gradients divided by the root of the running mean of their squares.
#include "tinygrad/optim/rmsprop.h"

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

/// Returns the direction that, times lr, is subtracted from w. state: v, the mean of g if centered,
/// m if there is momentum. Rounding may take v below the square of the mean.
static Tensor direction(const Tensor& w, Tensor g, Tensors& state, const RmspropOptions& o) {
  if (o.weight_decay != 0) g = g + o.weight_decay * w;
  Tensor v = state[0] = o.alpha * state[0] + (1 - o.alpha) * g * g;
  if (o.centered) {
    state[1] = o.alpha * state[1] + (1 - o.alpha) * g;
    v = maximum(v - state[1] * state[1], 0.);
  }
  const Tensor scaled = g / (sqrt(v) + o.eps);
  if (o.momentum == 0) return scaled;
  return state.back() = o.momentum * state.back() + scaled;
}

std::vector<std::string> RmspropOptions::state_names(const std::vector<Tensor>&,
                                                     const Call& call) const {
  check_not_negative(call, "eps", eps), check_not_negative(call, "weight_decay", weight_decay);
  check_not_negative(call, "momentum", momentum);
  require(alpha >= 0 && alpha <= 1, call, "alpha must lie in [0, 1], it is ", alpha);
  std::vector<std::string> names{"square_avg"};
  if (centered) names.push_back("grad_avg");
  if (momentum != 0) names.push_back("momentum_buffer");
  return names;
}

void RMSprop::update(const Batch& batch) {
  const StepValue lr = step_lr(batch);
  apply_rule("rmsprop", batch, [&](const Tensor& w, const Tensor& g, Tensors& state) {
    return w - lr * direction(w, g, state, options(batch));
  });
}

}  // namespace tinygrad::optim
