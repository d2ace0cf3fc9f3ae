// Adam and AdamW.
#include "core/step_value.h"
#include "optim/check.h"
#include "optim/lists.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim.h"

namespace tinygrad::optim {
namespace {

void check(const AdamOptions& o, const Call& call) {
  check_beta(call, "beta1", o.beta1), check_beta(call, "beta2", o.beta2);
  check_not_negative(call, "eps", o.eps), check_not_negative(call, "weight_decay", o.weight_decay);
}

/// One parameter's new w, m and v.
void adam_one(Tensor& w, Tensor g, Tensor& m, Tensor& v, const AdamStep& s) {
  const double lr = number_of(s.lr, "adam").real(), t = number_of(s.step, "adam").real();
  if (s.weight_decay != 0 && s.decoupled) w = w * (1 - lr * s.weight_decay);
  else if (s.weight_decay != 0) g = g + s.weight_decay * w;
  m = s.beta1 * m + (1 - s.beta1) * g;
  v = s.beta2 * v + (1 - s.beta2) * square(g);
  const Tensor spread = sqrt(v) / std::sqrt(1 - std::pow(s.beta2, t)) + s.eps;
  w = w - lr / (1 - std::pow(s.beta1, t)) * (m / spread);
}

/// in: n parameters, n first moments, n second moments, n gradients -> the first three lists, new.
Tensors adam_formula(const Tensors& in, std::size_t n, const AdamStep& s) {
  Tensors ws, ms, vs;
  for (std::size_t i = 0; i < n; ++i) {
    Tensor w = in[i], m = in[n + i], v = in[2 * n + i];
    adam_one(w, in[3 * n + i], m, v, s);
    ws.push_back(w), ms.push_back(m), vs.push_back(v);
  }
  return joined(ws, ms, vs);
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
  const StepValue rate = changing_lr(batch), step = changing_step(batch);
  const AdamStep s{.lr = rate.operand(),
                   .step = step.operand(),
                   .beta1 = o.beta1,
                   .beta2 = o.beta2,
                   .eps = o.eps,
                   .weight_decay = o.weight_decay,
                   .decoupled = decoupled_,
                   .overflow = overflow_of(batch)};
  const std::size_t n = batch.params.size();
  apply_update({.name = decoupled_ ? "adamw" : "adam",
                .inputs = joined(batch.params, batch.state, batch.grads),
                .writes = 3 * n,
                .kernel =
                    [&](Backend& b, Views in, Views) {
                      return b.adam(in.first(n), in.last(n), in.subspan(n, n), in.subspan(2 * n, n),
                                    s);
                    },
                .formula = [&](const Tensors& in) { return adam_formula(in, n, s); },
                .location = batch.location});
}

}  // namespace tinygrad::optim
