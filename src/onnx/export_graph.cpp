// SPDX-License-Identifier: MIT
// Builds an ONNX graph, node by node.
#include "export_graph.h"

#include <algorithm>
#include <bit>

#include "tinygrad/ops.h"
#include "tinygrad/version.h"

namespace tinygrad::onnx {

/// The version of the file format is the one that the opset came with, but for 20, which converters
/// write with 10.
ExportGraph::ExportGraph(int opset) {
  graph_.ir_version = opset < 19 ? 8 : opset < 20 ? 9 : opset < 23 ? 10 : 11;
  graph_.producer = std::string("tinygrad for C++ ") + version();
  graph_.name = "tinygrad";
  graph_.opsets[""] = opset;
}

std::string ExportGraph::unique(const std::string& stem) {
  std::string name = stem;
  for (int i = 1; !names_.insert(name).second; ++i) name = stem + "_" + std::to_string(i);
  return name;
}

std::string ExportGraph::node(const std::string& type, std::vector<std::string> inputs,
                              const std::string& stem, const std::vector<NewAttribute>& attributes,
                              int outputs) {
  const std::string name = unique(stem);
  std::vector<std::string> names;
  while (int(names.size()) + 1 < outputs) names.push_back(unique(stem));
  names.push_back(name);
  while (!inputs.empty() && inputs.back().empty()) inputs.pop_back();
  graph_.nodes.push_back({.name = name,
                          .op_type = type,
                          .domain = {},
                          .inputs = std::move(inputs),
                          .outputs = std::move(names),
                          .attributes = {attributes.begin(), attributes.end()}});
  return name;
}

std::string ExportGraph::tensor(const std::string& name, const Tensor& values) {
  graph_.initializers.emplace_back(unique(name), values);
  return graph_.initializers.back().first;
}

std::string ExportGraph::scalar(Scalar value, DType dtype) {
  std::string& name = constants_[std::to_string(std::bit_cast<std::int64_t>(value.real())) + ":" +
                                 std::to_string(value.integer()) + to_string(dtype)];
  if (name.empty()) name = tensor("constant", full({}, value, {.dtype = dtype, .device = "cpu"}));
  return name;
}

std::string ExportGraph::ints(const Ints& values) {
  std::string text = "ints";
  for (const std::int64_t value : values) text += " " + std::to_string(value);
  std::string& name = constants_[text];
  if (name.empty()) name = tensor("constant", from_vector(values, {values.size()}, "cpu"));
  return name;
}

void ExportGraph::input(const ValueInfo& info) {
  names_.insert(info.name);
  graph_.inputs.push_back(info);
}

/// A value that a node computes takes the name of the first output that it is.
void ExportGraph::output(const std::string& value, ValueInfo info) {
  const std::string name = info.name = unique(info.name);
  graph_.outputs.push_back(std::move(info));
  const auto is_maker = [&](const Node& n) { return n.outputs.back() == value; };
  if (std::none_of(graph_.nodes.begin(), graph_.nodes.end(), is_maker)) {
    const auto renamed = renamed_.find(value);
    const std::string& from = renamed == renamed_.end() ? value : renamed->second;
    graph_.nodes.push_back({.name = name,
                            .op_type = "Identity",
                            .domain = {},
                            .inputs = {from},
                            .outputs = {name},
                            .attributes = {}});
    return;
  }
  renamed_[value] = name;
  for (Node& n : graph_.nodes) {
    std::replace(n.inputs.begin(), n.inputs.end(), value, name);
    std::replace(n.outputs.begin(), n.outputs.end(), value, name);
  }
}

void ExportGraph::prune() {
  std::set<std::string> needed;
  for (const ValueInfo& info : graph_.outputs) needed.insert(info.name);
  std::vector<Node> kept;
  for (auto n = graph_.nodes.rbegin(); n != graph_.nodes.rend(); ++n) {
    if (!needed.contains(n->outputs.back())) continue;
    needed.insert(n->inputs.begin(), n->inputs.end());
    kept.push_back(std::move(*n));
  }
  graph_.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  std::erase_if(graph_.initializers, [&](const auto& t) { return !needed.contains(t.first); });
}

}  // namespace tinygrad::onnx
