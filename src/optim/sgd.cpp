// SPDX-License-Identifier: MIT
// Stochastic gradient descent, with momentum (Polyak 1964), Nesterov's, and weight decay.
#include "tinygrad/optim/sgd.h"

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

void check(const SgdOptions& o, const Call& call) {
  check_not_negative(call, "momentum", o.momentum);
  check_not_negative(call, "weight_decay", o.weight_decay);
  require(!o.nesterov || (o.momentum > 0 && o.dampening == 0), call,
          "nesterov needs a momentum and no dampening");
}

/// Returns the direction that, times lr, is subtracted from w; m is replaced if there is momentum.
Tensor direction(const Tensor& w, Tensor g, Tensor* m, const SgdStep& s) {
  if (s.weight_decay != 0) g = g + s.weight_decay * w;
  if (!m) return g;
  *m = s.first ? g : s.momentum * *m + (1 - s.dampening) * g;
  return s.nesterov ? g + s.momentum * *m : *m;
}

}  // namespace

SGD::SGD(const std::vector<Tensor>& params, const SgdOptions& options, SourceLocation location)
    : SGD(std::vector<ParamGroup<SgdOptions>>{{params, options}}, location) {}

SGD::SGD(const std::vector<ParamGroup<SgdOptions>>& groups, SourceLocation location)
    : Optimizer("SGD") {
  require(!groups.empty(), Call{"SGD", location}, "there is no group of parameters");
  for (auto& [params, o] : groups) {
    check(o, {"SGD", location});
    add_group(params, o.lr,
              o.momentum != 0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{},
              location);
    options_.push_back(o);
  }
}

void SGD::update(const Batch& batch) {
  const SgdOptions& o = options_[batch.group];
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
