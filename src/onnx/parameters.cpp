// SPDX-License-Identifier: MIT
// Finds out which initializers are trained, and builds the tree of modules that holds them.
#include "parameters.h"

#include <algorithm>

#include "operator.h"

namespace tinygrad::onnx {

static Use use_of(const Node& node, std::size_t input) {
  const Operator* const op = find_operator(node.op_type);
  if (op && input < 32 && (op->host_inputs >> input & 1) != 0) return Use::setting;
  const bool is_statistic = node.op_type == "BatchNormalization" && (input == 3 || input == 4);
  return is_statistic ? Use::statistic : Use::weight;
}

static void add_uses(const Graph& graph, std::unordered_map<std::string, Use>& uses) {
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const auto [found, is_new] = uses.emplace(node.inputs[i], use_of(node, i));
      if (!is_new) found->second = std::min(found->second, use_of(node, i));
    }
    for (const Attribute& a : node.attributes)
      if (auto* const inner = std::get_if<Subgraph>(&a.value)) add_uses(**inner, uses);
  }
}

/// The initializers of a graph, and of the graphs inside it.
static void add_initializers(const Graph& graph, NamedTensors& all) {
  all.insert(all.end(), graph.initializers.begin(), graph.initializers.end());
  for (const Node& node : graph.nodes)
    for (const Attribute& a : node.attributes)
      if (auto* const inner = std::get_if<Subgraph>(&a.value)) add_initializers(**inner, all);
}

std::unordered_map<const TensorImpl*, Tensor> Parameters::add(const Graph& graph, Model& model) {
  std::unordered_map<std::string, Use> uses;
  add_uses(graph, uses);
  NamedTensors initializers;
  add_initializers(graph, initializers);
  std::unordered_map<const TensorImpl*, Tensor> held;
  for (auto& [name, tensor] : initializers) {
    const auto found = uses.find(name);
    if (found == uses.end() || found->second == Use::setting || !is_floating(tensor.dtype()))
      continue;
    held[tensor.impl()] = add(name, tensor, found->second, model);
  }
  return held;
}

Tensor Parameters::add(const std::string& name, const Tensor& value, Use use, Model& model) {
  if (is_path(name)) {
    leaves_.insert(name);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string::npos) return add_to(model, name, value, use);
    return add_to(branch(name.substr(0, dot), model), name.substr(dot + 1), value, use);
  }
  std::string flat = name.empty() ? "_" : name;
  std::replace(flat.begin(), flat.end(), '.', '_');
  while (leaves_.count(flat) || branches_.count(flat)) flat += '_';
  leaves_.insert(flat);
  return add_to(model, flat, value, use);
}

template <class M>
Tensor Parameters::add_to(M& module, const std::string& name, const Tensor& value, Use use) {
  if (use == Use::statistic) return module.add_buffer(name, value);
  return module.add(name, value);
}

Branch& Parameters::branch(const std::string& path, Model& model) {
  const auto found = branches_.find(path);
  if (found != branches_.end()) return found->second;
  const std::size_t dot = path.rfind('.');
  Branch made = dot == std::string::npos
                    ? model.add(path, Branch())
                    : branch(path.substr(0, dot), model).add(path.substr(dot + 1), Branch());
  return branches_.emplace(path, std::move(made)).first->second;
}

/// Whether the parts between dots are not empty, no part of the path is a tensor, and no module has
/// the whole name.
bool Parameters::is_path(const std::string& name) const {
  constexpr std::size_t deepest = 32;
  if (name.empty() || leaves_.count(name) || branches_.count(name)) return false;
  if (std::count(name.begin(), name.end(), '.') > std::ptrdiff_t(deepest)) return false;
  std::size_t start = 0;
  for (std::size_t dot; (dot = name.find('.', start)) != std::string::npos; start = dot + 1)
    if (dot == start || leaves_.count(name.substr(0, dot))) return false;
  return start < name.size();
}

}  // namespace tinygrad::onnx
