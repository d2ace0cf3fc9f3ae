// SPDX-License-Identifier: MIT
// Adam and AdamW.
#include "tinygrad/optim/adam.h"

#include <cmath>

#include "optim/check.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

void check(const AdamOptions& o, const Call& call) {
  check_beta(call, "beta1", o.beta1), check_beta(call, "beta2", o.beta2);
  check_not_negative(call, "eps", o.eps), check_not_negative(call, "weight_decay", o.weight_decay);
}

/// A value as the rule takes it, which computes with it on the host.
double on_host(const Operand& value) {
  require<DeviceError>(value.is_scalar(), "adam",
                       "the device has no kernel for this, and its formula cannot be recorded");
  return value.scalar.real();
}

/// The new w from the gradient g; m and v are replaced.
Tensor adam_rule(const Tensor& w, Tensor g, Tensor& m, Tensor& v, const AdamStep& s) {
  const double lr = on_host(s.lr), t = on_host(s.step);
  Tensor shrunk = w;
  if (s.weight_decay != 0 && s.decoupled) shrunk = w * (1 - lr * s.weight_decay);
  else if (s.weight_decay != 0) g = g + s.weight_decay * w;
  m = s.beta1 * m + (1 - s.beta1) * g;
  v = s.beta2 * v + (1 - s.beta2) * g * g;
  const Tensor root = sqrt(v) / std::sqrt(1 - std::pow(s.beta2, t)) + s.eps;
  return shrunk - lr / (1 - std::pow(s.beta1, t)) * (m / root);
}

AdamOptions from(const AdamWOptions& o) {
  return {
      .lr = o.lr, .beta1 = o.beta1, .beta2 = o.beta2, .eps = o.eps, .weight_decay = o.weight_decay};
}

}  // namespace

Adam::Adam(const std::vector<Tensor>& params, const AdamOptions& options, SourceLocation location)
    : Adam("Adam", false) {
  add(params, options, location);
}

Adam::Adam(const std::vector<ParamGroup<AdamOptions>>& groups, SourceLocation location)
    : Adam("Adam", false) {
  require(!groups.empty(), Call{"Adam", location}, "there is no group of parameters");
  for (auto& [params, options] : groups) add(params, options, location);
}

AdamW::AdamW(const std::vector<Tensor>& params, const AdamWOptions& options,
             SourceLocation location)
    : Adam("AdamW", true) {
  add(params, from(options), location);
}

AdamW::AdamW(const std::vector<ParamGroup<AdamWOptions>>& groups, SourceLocation location)
    : Adam("AdamW", true) {
  require(!groups.empty(), Call{"AdamW", location}, "there is no group of parameters");
  for (auto& [params, options] : groups) add(params, from(options), location);
}

void Adam::add(const std::vector<Tensor>& params, const AdamOptions& o, SourceLocation location) {
  check(o, {decoupled_ ? "AdamW" : "Adam", location});
  add_group(params, o.lr, {"exp_avg", "exp_avg_sq"}, location);
  options_.push_back(o);
}

void Adam::update(const Batch& batch) {
  const AdamOptions& o = options_[batch.group];
  const StepValue lr = step_lr(batch), t = step_count(batch);
  const AdamStep s{.lr = lr.operand(),
                   .step = t.operand(),
                   .beta1 = o.beta1,
                   .beta2 = o.beta2,
                   .eps = o.eps,
                   .weight_decay = o.weight_decay,
                   .decoupled = decoupled_,
                   .overflow = overflow_of(batch)};
  const char* op = decoupled_ ? "adamw" : "adam";
  apply_rule(
      op, batch,
      [&](const Tensor& w, const Tensor& g, Tensors& state) {
        return adam_rule(w, g, state[0], state[1], s);
      },
      [&](Backend& b, Views w, Views g, Views state) {
        const std::size_t n = w.size();
        return b.adam(w, g, state.first(n), state.last(n), s);
      });
}

}  // namespace tinygrad::optim
