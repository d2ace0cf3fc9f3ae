// Stochastic gradient descent, with momentum (Polyak 1964), Nesterov's, and weight decay.
#include "core/step_value.h"
#include "optim/check.h"
#include "optim/lists.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim.h"

namespace tinygrad::optim {
namespace {

void check(const SgdOptions& o, const Call& call) {
  check_not_negative(call, "momentum", o.momentum);
  check_not_negative(call, "weight_decay", o.weight_decay);
  require(!o.nesterov || (o.momentum > 0 && o.dampening == 0), call,
          "nesterov needs a momentum and no dampening");
}

/// What is subtracted from w, times lr; m is replaced where there is momentum.
Tensor direction(const Tensor& w, Tensor g, Tensor* m, const SgdStep& s) {
  if (s.weight_decay != 0) g = g + s.weight_decay * w;
  if (!m) return g;
  *m = s.first ? g : s.momentum * *m + (1 - s.dampening) * g;
  return s.nesterov ? g + s.momentum * *m : *m;
}

/// in: n parameters, n momentum buffers or none, n gradients -> the new parameters and buffers.
Tensors sgd_formula(const Tensors& in, std::size_t n, bool has_momentum, const SgdStep& s) {
  Tensors ws, ms;
  for (std::size_t i = 0; i < n; ++i) {
    Tensor m = has_momentum ? in[n + i] : Tensor();
    ws.push_back(in[i] - number_of(s.lr, "sgd") * direction(in[i], in[in.size() - n + i],
                                                            has_momentum ? &m : nullptr, s));
    if (has_momentum) ms.push_back(m);
  }
  return joined(ws, ms, {});
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
  const StepValue rate = changing_lr(batch);
  const SgdStep s{.lr = rate.operand(),
                  .momentum = o.momentum,
                  .weight_decay = o.weight_decay,
                  .dampening = o.dampening,
                  .nesterov = o.nesterov,
                  .first = batch.step == 1,
                  .overflow = overflow_of(batch)};
  const std::size_t n = batch.params.size(), m = batch.state.size();
  apply_update(
      {.name = "sgd",
       .inputs = joined(batch.params, batch.state, batch.grads),
       .writes = n + m,
       .kernel = [&](Backend& b, Views in,
                     Views) { return b.sgd(in.first(n), in.last(n), in.subspan(n, m), s); },
       .formula = [&](const Tensors& in) { return sgd_formula(in, n, m > 0, s); },
       .location = batch.location});
}

}  // namespace tinygrad::optim
