// SPDX-License-Identifier: MIT
// A recorded graph as TensorBoard shows it: nodes with their inputs, named by the modules that ran
// them.
#include <algorithm>
#include <map>

#include "summaries.h"
#include "tinygrad/graph.h"

namespace tinygrad::tracing {
namespace {

using protobuf::Message;

/// "encoder/0/linear_12" for node 12 of the graph.
std::string name_of(const GraphNode& node, std::size_t position) {
  const std::string module = node.path() ? node.path()->text : "";
  return (module.empty() ? "" : module + "/") + node.name() + "_" + std::to_string(position);
}

/// The shapes of all outputs, which are shown beside the edges.
Message shapes_of(const GraphNode& node) {
  Message list;
  for (const Output& output : node.outputs()) {
    Message shape;
    for (const std::int64_t size : output.shape) shape.message(2, Message().number(1, size));
    list.message(7, shape);
  }
  return Message().message(1, list);
}
Message attribute(const std::string& key, const Message& value) {
  return Message().text(1, key).message(2, value);
}

}  // namespace

Message graph(const Tensor& output, const NamedTensors& parameters) {
  std::map<std::uint64_t, std::string> names;  // of the nodes so far, by id
  for (auto& [name, tensor] : parameters)
    if (const GraphNode leaf = tinygrad::graph::node(tensor)) names[leaf.id()] = name;
  Message all;
  std::size_t position = 0;
  for (const GraphNode& node : tinygrad::graph::nodes({output})) {
    std::string& name = names.try_emplace(node.id(), name_of(node, position++)).first->second;
    std::replace(name.begin(), name.end(), '.', '/');  // a module is a group
    Message def = Message().text(1, name).text(2, node.name());
    for (const auto& [input, number] : node.inputs())
      if (input) def.text(3, names[input.id()] + (number ? ":" + std::to_string(number) : ""));
    def.message(5, attribute("_output_shapes", shapes_of(node)));
    if (const SourceLocation line = node.location(); line.line)
      def.message(
          5, attribute("line", Message().text(2, line.file + (":" + std::to_string(line.line)))));
    all.message(1, def);
  }
  return all;
}

}  // namespace tinygrad::tracing
