// SPDX-License-Identifier: MIT
// The tensors of a module by name, and load_state_dict(), which checks a whole state before it
// changes the module.
#include <unordered_map>
#include <unordered_set>

#include "nn/problems.h"
#include "nn/registry.h"
#include "tinygrad/autograd.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/elementwise.h"

namespace tinygrad::nn {
namespace {

/// All tensors of one of the registries' lists, with full names. A tensor with several names
/// appears under the first.
NamedTensors named(Registry& registry, NamedTensors Registry::*list) {
  NamedTensors all;
  std::unordered_set<const TensorImpl*> seen;
  visit_all(registry, "", [&](const std::string& path, Registry& r) {
    for (auto& [name, t] : r.*list)
      if (seen.insert(t.impl()).second) all.emplace_back(path + name, t);
  });
  return all;
}

/// Copies the mode, and of each tensor the values, in their dtype and on their device, and whether
/// it is frozen.
void copy_registry(const Registry& from, Registry& to) {
  to.training = from.training;
  for (auto list : {&Registry::parameters, &Registry::buffers})
    for (std::size_t i = 0; i < (to.*list).size(); ++i) {
      Tensor& t = (to.*list)[i].second;
      const Tensor& source = (from.*list)[i].second;
      replace_storage(t, source.detach().clone());
      if (list == &Registry::parameters) t.requires_grad_(source.requires_grad());
    }
}

/// Compares a state that is to be loaded with the tensors of the module.
class Comparison {
 public:
  Comparison(const NamedTensors& own, const NamedTensors& state) {
    for (auto& [name, t] : state)
      if (!given_.emplace(name, t).second) problems_.add(name, "occurs twice");
    for (auto& [name, t] : own) compare(name, t);
    for (auto& [name, t] : state)
      if (!known_.count(name)) report.unexpected.push_back(name);
  }
  /// Throws ArgumentError, which lists all problems, if the state cannot be loaded.
  void check(bool strict, const Call& call) {
    if (strict) {
      for (auto& name : report.missing) problems_.add(name, "is missing");
      for (auto& name : report.unexpected) problems_.add(name, "is not in the module");
    }
    const bool names_differ = strict && (!report.missing.empty() || !report.unexpected.empty());
    problems_.raise_if_any(
        call,
        names_differ ? "\n  use {.strict = false} to load the tensors whose names match" : "");
  }
  const Tensor* find(const std::string& name) const {
    const auto entry = given_.find(name);
    return entry == given_.end() ? nullptr : &entry->second;
  }
  LoadReport report;

 private:
  void compare(const std::string& name, const Tensor& own) {
    known_.insert(name);
    const Tensor* t = find(name);
    if (!t) report.missing.push_back(name);
    else if (!t->defined()) problems_.add(name, "is an undefined tensor");
    else if (t->shape() != own.shape())
      problems_.add(
          name, "has shape " + to_string(t->shape()) + ", the module's " + to_string(own.shape()));
  }
  std::unordered_map<std::string, Tensor> given_;
  std::unordered_set<std::string> known_;
  Problems problems_;
};

}  // namespace

NamedTensors Module::named_parameters() const { return named(registry(), &Registry::parameters); }
NamedTensors Module::named_buffers() const { return named(registry(), &Registry::buffers); }

std::vector<Tensor> Module::parameters() const {
  std::vector<Tensor> all;
  for (auto& [name, t] : named_parameters()) all.push_back(t);
  return all;
}

NamedTensors Module::state_dict() const {
  NamedTensors all;
  visit_all(registry(), "", [&](const std::string& path, Registry& r) {
    for (auto* list : {&r.parameters, &r.buffers})
      for (auto& [name, t] : *list) all.emplace_back(path + name, t.detach());
  });
  return all;
}

LoadReport Module::load_state_dict(const NamedTensors& state, const LoadStateOptions& options,
                                   SourceLocation location) {
  const NoGrad off;
  NamedTensors own = state_dict();
  Comparison comparison(own, state);
  comparison.check(options.strict, {"load_state_dict", location});
  std::vector<Tensor> values;  // converted before the first is written, so that the module does not
                               // change if a device runs out of memory
  for (auto& [name, t] : own) {
    const Tensor* value = comparison.find(name);
    values.push_back(value ? value->to(t.dtype()).to(t.device()) : Tensor());
  }
  for (std::size_t i = 0; i < own.size(); ++i)
    if (values[i].defined()) own[i].second.copy_(values[i]);
  return std::move(comparison.report);
}

void detail::copy_state(const Module& from, Module& to, SourceLocation location) {
  to.load_state_dict(from.state_dict(), {}, location);
  const auto sources = from.named_modules(), targets = to.named_modules();
  bool is_same = sources.size() == targets.size();
  for (std::size_t i = 0; is_same && i < sources.size(); ++i)
    is_same = sources[i].path == targets[i].path && sources[i].type == targets[i].type;
  require(is_same, Call{"clone", location}, "make() must build the modules of the network to copy");
  const NoGrad off;
  for (std::size_t i = 0; i < sources.size(); ++i)
    copy_registry(Registry::of(sources[i]), Registry::of(targets[i]));
}

void update_average(Module& average, const Module& net, double decay, SourceLocation location) {
  require(decay >= 0 && decay <= 1, Call{"update_average", location},
          "decay must be in [0, 1], got ", decay);
  const NoGrad off;
  Comparison comparison(average.state_dict(), net.state_dict());
  comparison.check(true, {"update_average", location});
  const auto source = [&](const std::string& name, const Tensor& like) {
    return comparison.find(name)->to(like.dtype()).to(like.device());
  };
  for (auto& [name, t] : average.named_parameters())
    Tensor(t).copy_(lerp(source(name, t), t.detach(), decay));
  for (auto& [name, t] : average.named_buffers()) Tensor(t).copy_(source(name, t));
}

}  // namespace tinygrad::nn
