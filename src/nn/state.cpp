// A module's tensors by name, and the loading of a state.
#include <unordered_map>
#include <unordered_set>

#include "nn/problems.h"
#include "nn/registry.h"
#include "tinygrad/autograd.h"

namespace tinygrad::nn {
namespace {

/// One of the registries' lists, flat and with full names; a tensor with two names under the first.
NamedTensors named(Registry& registry, NamedTensors Registry::*list) {
  NamedTensors all;
  std::unordered_set<const TensorImpl*> seen;
  visit_all(registry, "", [&](const std::string& path, Registry& r) {
    for (auto& [name, t] : r.*list)
      if (seen.insert(t.impl()).second) all.emplace_back(path + name, t);
  });
  return all;
}

/// A state that is about to be loaded, compared with what is there.
class Comparison {
 public:
  Comparison(const NamedTensors& own, const NamedTensors& state) {
    for (auto& [name, t] : state)
      if (!given_.emplace(name, t).second) problems_.add(name, "occurs twice");
    for (auto& [name, t] : own) compare(name, t);
    for (auto& [name, t] : state)
      if (!known_.count(name)) report.unexpected.push_back(name);
  }
  /// Throws ArgumentError with all that keeps the state from being loaded.
  void check(bool strict, const Call& call) {
    if (strict) {
      for (auto& name : report.missing) problems_.add(name, "is missing");
      for (auto& name : report.unexpected) problems_.add(name, "is not in the module");
    }
    const bool names_differ = strict && (!report.missing.empty() || !report.unexpected.empty());
    problems_.raise_if_any(
        call, names_differ ? "\n  load with {.strict = false} to take what has the same name" : "");
  }
  const Tensor* find(const std::string& name) const {
    const auto at = given_.find(name);
    return at == given_.end() ? nullptr : &at->second;
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
  std::vector<Tensor> values;  // all of them before the first is written: a device that is full
                               // leaves the module as it was
  for (auto& [name, t] : own) {
    const Tensor* value = comparison.find(name);
    values.push_back(value ? value->to(t.dtype()).to(t.device()) : Tensor());
  }
  for (std::size_t i = 0; i < own.size(); ++i)
    if (values[i].defined()) own[i].second.copy_(values[i]);
  return std::move(comparison.report);
}

}  // namespace tinygrad::nn
