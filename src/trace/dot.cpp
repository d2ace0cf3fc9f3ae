// SPDX-License-Identifier: MIT
// The forward pass of a step as a graph for Graphviz, modules as clusters.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "step.h"

namespace tinygrad::tracing {
namespace {

/// A text in quotes, as JSON's and DOT's are written.
std::string dot_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_drawn(const Node& node) { return node.kind == Kind::leaf || node.kind == Kind::forward; }

std::string label(const Node& node) {
  std::string text = node.name.empty() ? "leaf" : node.name;
  if (!node.outputs.empty()) text += "\n" + to_string(node.outputs[0].value.shape);
  return dot_string(text);
}

/// The parts of a module's path, outermost first.
std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < path.size();) {
    const std::size_t end = std::min(path.find('.', i), path.size());
    parts.push_back(path.substr(i, end - i));
    i = end + 1;
  }
  return parts;
}

/// Modules of a graph: the clusters inside and the nodes.
struct Cluster {
  std::map<std::string, Cluster> clusters;
  std::vector<std::string> lines;
  void write(std::string& out, const std::string& path, int depth) const {
    const std::string indent(std::size_t(2 * depth), ' ');
    for (auto& line : lines) out += fmt::format("{}{}\n", indent, line);
    for (auto& [name, inner] : clusters) {
      const std::string inner_path = fmt::format("{}{}{}", path, path.empty() ? "" : ".", name);
      out += fmt::format("{0}subgraph {1} {{\n{0}  label={2};\n", indent,
                         dot_string("cluster_" + inner_path), dot_string(name));
      inner.write(out, inner_path, depth + 1);
      out += indent + "}\n";
    }
  }
};

}  // namespace

std::string dot(const Step& step) {
  Cluster all;
  std::string edges;
  for (std::size_t i = 0; i < step.nodes.size(); ++i) {
    const Node& node = step.nodes[i];
    if (!is_drawn(node)) continue;
    Cluster* at = &all;
    for (auto& part : parts_of(path_text(node))) at = &at->clusters[part];
    at->lines.push_back(fmt::format("n{} [label={}, shape={}];", i, label(node),
                                    node.kind == Kind::leaf ? "ellipse" : "box"));
    for (const Port& in : node.inputs)
      if (in.node >= 0 && is_drawn(step.nodes[std::size_t(in.node)]))
        edges += fmt::format("  n{} -> n{};\n", in.node, i);
  }
  std::string out = "digraph {\n  label=" + dot_string(step.options.title) + ";\n";
  all.write(out, "", 1);
  return out + edges + "}\n";
}

}  // namespace tinygrad::tracing
