// SPDX-License-Identifier: MIT
// Optimizer: groups, batches of parameters that one call updates, and the state that is saved.
#include "tinygrad/optim/optimizer.h"

#include <algorithm>
#include <unordered_set>

#include "optim/check.h"
#include "optim/state.h"
#include "tinygrad/autograd.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {

static std::string group_lr(std::size_t group) { return "group." + std::to_string(group) + ".lr"; }

void Optimizer::add_group(const std::vector<Tensor>& params, double lr,
                          std::vector<std::string> kinds, SourceLocation location, bool maximize) {
  const Call call{name_, location};
  check_not_negative(call, "lr", lr);
  require(!params.empty(), call, "the list of parameters is empty; pass net.parameters()");
  std::unordered_set<const TensorImpl*> seen;
  for (auto& g : groups_)
    for (auto& slot : g.slots) seen.insert(slot.param.impl());
  Group group{.slots = {}, .kinds = std::move(kinds), .lr = lr, .maximize = maximize};
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Tensor& p = params[i];
    require(p.defined(), call, "parameter ", i, " is undefined");
    require<AutogradError>(p.is_leaf(), call, "parameter ", i, " of shape ", p.shape(),
                           " was computed; only leaves are updated");
    require(seen.insert(p.impl()).second, call, "parameter ", i, " of shape ", p.shape(),
            " is listed twice; it would be updated twice a step");
    group.slots.push_back({p, {}, 0});
  }
  groups_.push_back(std::move(group));
}

void Optimizer::zero_grad() {
  for (auto& group : groups_)
    for (auto& slot : group.slots)
      if (slot.param.requires_grad()) slot.param.set_grad({});
}

// ------------------------------------------------------------ a step

void Optimizer::check_trained(SourceLocation location) const {
  const auto is_trained = [](const Group& group) {
    return std::any_of(group.slots.begin(), group.slots.end(),
                       [](const Slot& slot) { return slot.param.requires_grad(); });
  };
  require<AutogradError>(std::any_of(groups_.begin(), groups_.end(), is_trained),
                         Call{name_, location},
                         "none of the parameters requires a gradient, so a step trains nothing; "
                         "call requires_grad_() on those to train");
}

void Optimizer::step(SourceLocation location) { step_unless({}, location); }

void Optimizer::step_unless(const Tensor& overflow, SourceLocation location) {
  const NoGrad off;
  check_trained(location);
  std::vector<Batch> all;  // with memory for new state: if it runs out, nothing has been updated
  for (std::size_t g = 0; g < groups_.size(); ++g)
    for (Batch& batch : batches(g, location)) all.push_back(std::move(batch));
  for (Batch& batch : all) {
    batch.overflow = overflow;
    require<AutogradError>(batch.step > 1 || !is_capturing(), Call{name_, location},
                           "takes the first step of a parameter while a step is recorded; let "
                           "warm_up be larger, so that every parameter had one");
    groups_[batch.group].is_recorded |= is_capturing();
    update(batch);
    commit(batch);
  }
}

std::vector<Optimizer::Batch> Optimizer::batches(std::size_t group, SourceLocation location) {
  std::vector<Batch> all;
  for (Slot& slot : groups_[group].slots) {
    const Tensor g = slot.param.grad();
    if (!g.defined()) continue;
    auto fits = [&](const Batch& b) {
      return b.step == slot.step + 1 && b.params[0].dtype() == slot.param.dtype() &&
             b.params[0].device() == slot.param.device();
    };
    std::size_t at = 0;
    while (at < all.size() && !fits(all[at])) ++at;
    if (at == all.size()) all.push_back({group, slot.step + 1, location});
    all[at].params.push_back(slot.param);
    all[at].grads.push_back(groups_[group].maximize ? -g : g.contiguous());
    all[at].slots.push_back(&slot);
  }
  for (Batch& batch : all)
    for (std::size_t kind = 0; kind < groups_[group].kinds.size(); ++kind)
      for (Slot* slot : batch.slots)
        batch.state.push_back(slot->step ? slot->state[kind] : zeros_like(slot->param));
  return all;
}

/// Only now, when the update has succeeded, do the slots have another state.
void Optimizer::commit(const Batch& batch) {
  const std::size_t n = batch.slots.size();
  for (std::size_t i = 0; i < n && batch.step == 1; ++i)
    for (std::size_t at = i; at < batch.state.size(); at += n)
      batch.slots[i]->state.push_back(batch.state[at]);
  const auto count = [](const std::vector<Slot*>& slots) {
    for (Slot* slot : slots) ++slot->step;
  };
  if (!is_capturing()) return count(batch.slots);  // allocates nothing: the weights are new already
  if (!batch.overflow.defined())
    return on_every_replay([count, slots = batch.slots] { count(slots); });
  after_every_replay([count, slots = batch.slots, overflow = batch.overflow] {
    if (overflow.item<float>() == 0) count(slots);
  });
}

StepValue Optimizer::step_lr(const Batch& batch) {
  return step_value({name_, batch.location}, backend(batch.params[0].device()), DType::float64,
                    [this, group = batch.group] { return Scalar(lr(group)); });
}
StepValue Optimizer::step_count(const Batch& batch) {
  return step_value({name_, batch.location}, backend(batch.params[0].device()), DType::int64,
                    [slot = batch.slots[0]] { return Scalar(slot->step + 1); });
}
StepValue Optimizer::step_scalar(const Batch& batch,
                                 InlineFunction<double(double, double), 32> formula) {
  return step_value({name_, batch.location}, backend(batch.params[0].device()), DType::float64,
                    [this, group = batch.group, slot = batch.slots[0], f = std::move(formula)] {
                      return Scalar(f(lr(group), double(slot->step + 1)));
                    });
}

/// One list after another: parameters, state, gradients.
static Tensors joined(const Tensors& params, const Tensors& state, const Tensors& grads) {
  Tensors all = params;
  for (auto& t : state) all.push_back(t);
  for (auto& t : grads) all.push_back(t);
  return all;
}

/// The new values of n parameters and of their state. in: as joined() orders them.
Tensors Optimizer::run_rule(const char* op, const Rule& rule, const Tensors& in, std::size_t n,
                            const Tensor& overflow) {
  Tensors out = in;
  out.resize(in.size() - n);
  for (std::size_t i = 0; i < n; ++i) {
    Tensors state;
    for (std::size_t at = n + i; at < out.size(); at += n) state.push_back(in[at]);
    const std::size_t kinds = state.size();
    out[i] = rule(in[i], in[in.size() - n + i], state);
    require(state.size() == kinds, op, "its rule returns ", state.size(), " tensors of state, not ",
            kinds);
    for (std::size_t kind = 0; kind < kinds; ++kind) out[(kind + 1) * n + i] = state[kind];
  }
  if (overflow.defined())
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = where(overflow == 0, out[i], in[i]);
  return out;
}

void Optimizer::apply_rule(const char* op, const Batch& batch, const Rule& rule,
                           const StepKernel& kernel) {
  const std::size_t n = batch.params.size(), m = batch.state.size();
  apply_update(
      {.name = op,
       .inputs = joined(batch.params, batch.state, batch.grads),
       .writes = n + m,
       .kernel =
           [&](Backend& b, Views in, Views) {
             return kernel && kernel(b, in.first(n), in.last(n), in.subspan(n, m));
           },
       .formula = [&](const Tensors& in) { return run_rule(op, rule, in, n, batch.overflow); },
       .location = batch.location});
}

Operand Optimizer::overflow_of(const Batch& batch) {
  return batch.overflow.defined() ? Operand(view_of(batch.overflow)) : Operand(Scalar(0));
}

std::vector<Tensor> Optimizer::parameters() const {
  std::vector<Tensor> all;
  for (auto& group : groups_)
    for (auto& slot : group.slots) all.push_back(slot.param);
  return all;
}

// ------------------------------------------------------------ learning rates

double Optimizer::lr(std::size_t group) const {
  require<IndexError>(group < groups_.size(), name_, "there is no group ", group, ", only ",
                      groups_.size());
  return groups_[group].lr;
}
void Optimizer::set_lr(std::size_t group, double lr) {
  this->lr(group);  // throws if there is no such group
  check_not_negative(name_, "lr", lr);
  groups_[group].lr = lr;
}
void Optimizer::set_lr(double lr) {
  for (std::size_t g = 0; g < groups_.size(); ++g) set_lr(g, lr);
}

// ------------------------------------------------------------ saving

NamedTensors Optimizer::state_dict() const {
  NamedTensors all;
  std::size_t number = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    all.emplace_back(group_lr(g), real_tensor(groups_[g].lr));
    for (auto& slot : groups_[g].slots) {
      const std::string prefix = std::to_string(number++) + ".";
      if (slot.step == 0) continue;
      all.emplace_back(prefix + "step", count_tensor(slot.step));
      for (std::size_t kind = 0; kind < slot.state.size(); ++kind)
        all.emplace_back(prefix + groups_[g].kinds[kind], slot.state[kind].detach());
    }
  }
  return all;
}

void Optimizer::load_state_dict(const NamedTensors& state, SourceLocation location) {
  const NoGrad off;
  StateReader reader(state);
  std::vector<Group> loaded = groups_;  // handles: copying them costs no tensor
  std::size_t number = 0;
  for (std::size_t g = 0; g < loaded.size(); ++g) {
    loaded[g].lr = reader.take_real(group_lr(g));
    for (Slot& slot : loaded[g].slots) {
      const std::string prefix = std::to_string(number++) + ".";
      slot.state.clear();
      slot.step = reader.has(prefix + "step") ? reader.take_count(prefix + "step") : 0;
      for (std::size_t kind = 0; slot.step && kind < loaded[g].kinds.size(); ++kind)
        slot.state.push_back(reader.take(prefix + loaded[g].kinds[kind], slot.param.shape()));
    }
  }
  reader.finish({name_, location});
  for (auto& group : loaded)
    for (auto& slot : group.slots)
      for (auto& t : slot.state)
        t = t.detach().to(slot.param.dtype()).to(slot.param.device()).clone();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].lr = loaded[g].lr;
    for (std::size_t i = 0; i < groups_[g].slots.size(); ++i)
      take_over(groups_[g].slots[i], loaded[g].slots[i]);
  }
}

/// In place: a recorded step works on these tensors, and counts in this slot.
void Optimizer::take_over(Slot& slot, Slot& loaded) {
  bool fits = slot.state.size() == loaded.state.size();
  for (std::size_t i = 0; fits && i < slot.state.size(); ++i)
    fits = slot.state[i].dtype() == loaded.state[i].dtype() &&
           slot.state[i].device() == loaded.state[i].device();
  for (std::size_t i = 0; fits && i < slot.state.size(); ++i) slot.state[i].copy_(loaded.state[i]);
  if (!fits) slot.state = std::move(loaded.state);
  slot.step = loaded.step;
}

}  // namespace tinygrad::optim
