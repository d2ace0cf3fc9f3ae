// SPDX-License-Identifier: MIT
// Registry: what a module registers. It is shared by the module, wherever that moves, and its
// parent.
#pragma once
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include "tinygrad/nn/output_hook.h"

namespace tinygrad::nn {

struct Registry : std::enable_shared_from_this<Registry> {
  std::string name;                      ///< empty until a parent adds it
  std::string name_in_scopes;            ///< the same, after those of parents that lend_name()
  const std::type_info* type = nullptr;  ///< known then, too
  bool lends_name = false;
  bool training = true;
  NamedTensors parameters, buffers;  ///< its own, in order of declaration
  std::vector<std::shared_ptr<Registry>> children;
  std::vector<std::shared_ptr<const ForwardHook>> forward_hooks;
  std::vector<std::weak_ptr<const OutputHook>> output_hooks;

  static Registry& of(const Module& module) { return module.registry(); }
  bool has_parameters() const;
  /// Sets name_in_scopes, of its children too if it lends its name.
  void set_name_in_scopes(const Registry& parent);
};

/// Calls f(path, registry) for a module and all inside it, parents first. A path is "" or ends with
/// a dot: "encoder.0.".
template <class F> void visit_all(Registry& registry, const std::string& path, const F& f) {
  f(path, registry);
  for (auto& child : registry.children) visit_all(*child, path + child->name + ".", f);
}

}  // namespace tinygrad::nn
