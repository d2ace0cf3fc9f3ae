// SPDX-License-Identifier: MIT
// Adam and AdamW.
#include "tinygrad/optim/adam.h"

#include <cmath>

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

/// What changes from step to step: the step size lr / (1 - beta1^t), the scale of sqrt(v), which is
/// 1 / sqrt(1 - beta2^t), and the factor 1 - lr weight_decay on w.
struct Factors {
  StepValue step_size, root, shrink;
};

/// The correction of the start: the sum of a running mean's weights after `step` steps.
double start(double beta, double step) { return 1 - std::pow(beta, step); }

/// The new w from the gradient g; m, v and, with amsgrad, the largest v are replaced.
Tensor adam_rule(const Tensor& w, Tensor g, Tensors& state, const AdamStep& s, const Factors& f) {
  Tensor shrunk = w;
  if (s.weight_decay != 0 && s.decoupled) shrunk = w * f.shrink;
  else if (s.weight_decay != 0) g = g + s.weight_decay * w;
  state[0] = s.beta1 * state[0] + (1 - s.beta1) * g;
  state[1] = s.beta2 * state[1] + (1 - s.beta2) * g * g;
  if (state.size() == 3) state[2] = maximum(state[2], state[1]);
  return shrunk - state[0] / (sqrt(state.back()) * f.root + s.eps) * f.step_size;
}

}  // namespace

template <bool decoupled>
std::vector<std::string> AnyAdamOptions<decoupled>::state_names(const std::vector<Tensor>&,
                                                                const Call& call) const {
  check_beta(call, "beta1", beta1), check_beta(call, "beta2", beta2);
  check_not_negative(call, "eps", eps), check_not_negative(call, "weight_decay", weight_decay);
  if (amsgrad) return {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"};
  return {"exp_avg", "exp_avg_sq"};
}

template <bool decoupled> void AnyAdam<decoupled>::update(const Optimizer::Batch& batch) {
  const AnyAdamOptions<decoupled>& o = this->options(batch);
  const StepValue lr = this->step_lr(batch), t = this->step_count(batch);
  const Factors factors{
      this->step_scalar(batch, [b = o.beta1](double r, double n) { return r / start(b, n); }),
      this->step_scalar(batch,
                        [b = o.beta2](double, double n) { return 1 / std::sqrt(start(b, n)); }),
      this->step_scalar(batch, [d = o.weight_decay](double r, double) { return 1 - r * d; })};
  const AdamStep s{.lr = lr.operand(),
                   .step = t.operand(),
                   .beta1 = o.beta1,
                   .beta2 = o.beta2,
                   .eps = o.eps,
                   .weight_decay = o.weight_decay,
                   .decoupled = decoupled,
                   .overflow = Optimizer::overflow_of(batch)};
  this->apply_rule(
      decoupled ? "adamw" : "adam", batch,
      [&](const Tensor& w, const Tensor& g, Tensors& state) {
        return adam_rule(w, g, state, s, factors);
      },
      [&](Backend& b, Views w, Views g, Views state) {
        const std::size_t n = w.size();
        return !o.amsgrad && b.adam(w, g, state.first(n), state.last(n), s);
      });
}
template struct AnyAdamOptions<false>;
template struct AnyAdamOptions<true>;
template class AnyAdam<false>;
template class AnyAdam<true>;

}  // namespace tinygrad::optim
