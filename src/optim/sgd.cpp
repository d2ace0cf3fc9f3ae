// SPDX-License-Identifier: MIT
// Stochastic gradient descent, with momentum (Polyak 1964), Nesterov's, and weight decay.
#include "tinygrad/optim/sgd.h"

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

/// Returns the direction that, times lr, is subtracted from w; m is replaced if there is momentum.
static Tensor direction(const Tensor& w, Tensor g, Tensor* m, const SgdStep& s) {
  if (s.weight_decay != 0) g = g + s.weight_decay * w;
  if (!m) return g;
  *m = s.first ? g : s.momentum * *m + (1 - s.dampening) * g;
  return s.nesterov ? g + s.momentum * *m : *m;
}

std::vector<std::string> SgdOptions::state_names(const std::vector<Tensor>&,
                                                 const Call& call) const {
  check_not_negative(call, "momentum", momentum);
  check_not_negative(call, "weight_decay", weight_decay);
  require(!nesterov || (momentum > 0 && dampening == 0), call,
          "nesterov needs a momentum and no dampening");
  if (momentum == 0) return {};
  return {"momentum"};
}

void SGD::update(const Batch& batch) {
  const SgdOptions& o = options(batch);
  const StepValue lr = step_lr(batch);
  const SgdStep s{.lr = lr.operand(),
                  .momentum = o.momentum,
                  .weight_decay = o.weight_decay,
                  .dampening = o.dampening,
                  .nesterov = o.nesterov,
                  .first = batch.step == 1,
                  .overflow = overflow_of(batch)};
  apply_rule(
      "sgd", batch,
      [&](const Tensor& w, const Tensor& g, Tensors& state) {
        return w - lr * direction(w, g, state.empty() ? nullptr : &state[0], s);
      },
      [&](Backend& b, Views w, Views g, Views m) { return b.sgd(w, g, m, s); });
}

}  // namespace tinygrad::optim
