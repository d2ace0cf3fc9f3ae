// SPDX-License-Identifier: MIT
// NAdam: Adam with Nesterov's momentum.
#include "tinygrad/optim/nadam.h"

#include <cmath>

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

/// μ_t.
struct Momentum {
  double beta, decay;
  double at(double t) const { return beta * (1 - 0.5 * std::pow(0.96, t * decay)); }
  /// 1 - μ_1 ... μ_t. The product is at most beta^t: beyond 1e-20 it changes nothing.
  double start(double t) const {
    double product = 1;
    for (double i = 1; i <= t && product > 1e-20; ++i) product *= at(i);
    return 1 - product;
  }
};

}  // namespace

std::vector<std::string> NAdamOptions::state_names(const std::vector<Tensor>&,
                                                   const Call& call) const {
  check_beta(call, "beta1", beta1), check_beta(call, "beta2", beta2);
  check_not_negative(call, "eps", eps), check_not_negative(call, "weight_decay", weight_decay);
  check_not_negative(call, "momentum_decay", momentum_decay);
  return {"exp_avg", "exp_avg_sq"};
}

void NAdam::update(const Batch& batch) {
  const NAdamOptions& o = options(batch);
  const Momentum mu{o.beta1, o.momentum_decay};
  const StepValue of_gradient = step_scalar(
                      batch,
                      [mu](double lr, double t) { return lr * (1 - mu.at(t)) / mu.start(t); }),
                  of_mean = step_scalar(
                      batch,
                      [mu](double lr, double t) { return lr * mu.at(t + 1) / mu.start(t + 1); }),
                  root = step_scalar(batch,
                                     [beta = o.beta2](double, double t) {
                                       return 1 / std::sqrt(1 - std::pow(beta, t));
                                     }),
                  shrink = step_scalar(batch, [decay = o.weight_decay](double lr, double) {
                    return 1 - lr * decay;
                  });
  apply_rule("nadam", batch, [&](const Tensor& w, const Tensor& gradient, Tensors& state) {
    const bool shrinks = o.decoupled_weight_decay && o.weight_decay != 0;
    const Tensor g = shrinks || o.weight_decay == 0 ? gradient : gradient + o.weight_decay * w;
    state[0] = o.beta1 * state[0] + (1 - o.beta1) * g;
    state[1] = o.beta2 * state[1] + (1 - o.beta2) * g * g;
    const Tensor size = sqrt(state[1]) * root + o.eps;
    return (shrinks ? w * shrink : w) - of_gradient * (g / size) - of_mean * (state[0] / size);
  });
}

}  // namespace tinygrad::optim
