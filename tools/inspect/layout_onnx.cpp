// SPDX-License-Identifier: MIT
// The parts of an ONNX file: a message of Protocol Buffers (ModelProto of onnx.proto), in which
// each weight of the graph is a TensorProto. The rest is the graph.
#include <tinygrad/onnx/load.h>

#include <algorithm>
#include <functional>
#include <map>

#include "layout.h"
#include "protobuf.h"

namespace tinygrad::inspect {
namespace {

using protobuf::Reader;

/// A weight: its name is field 8, its raw bytes field 9. If the elements are not raw, the part is
/// the whole message.
Part weight(const io::Source& source, std::string_view message) {
  const auto* first = reinterpret_cast<const char*>(source.bytes.data());
  Part part{"", Part::Kind::tensor};
  std::string_view data = message;
  for (Reader in(source.call, message); in.next();) {
    if (in.field() == 8) part.name = in.text();
    if (in.field() == 9) data = in.text();
  }
  part.begin = std::uint64_t(data.data() - first), part.end = part.begin + data.size();
  return part;
}

/// The weights are field 5 of the graph, which is field 7 of the model.
void add_weights(const io::Source& source, Layout& layout) {
  const std::string_view all(reinterpret_cast<const char*>(source.bytes.data()),
                             source.bytes.size());
  for (Reader model(source.call, all); model.next();) {
    if (model.field() != 7) continue;
    for (Reader graph = model.message(); graph.next();)
      if (graph.field() == 5) layout.parts.push_back(weight(source, graph.text()));
  }
}

/// "x FLOAT [N, 3, 48, ?]"
std::string text_of(const onnx::ValueInfo& value) {
  std::string text = value.name + " " + value.type;
  if (!value.shape) return text;
  std::string sizes;
  for (const auto& [size, name] : *value.shape)
    sizes += (sizes.empty() ? "" : ", ") + (size           ? std::to_string(*size)
                                            : name.empty() ? "?"
                                                           : name);
  return text + " [" + sizes + "]";
}

/// "95: 24 Mul 11 Add ...", the most frequent first.
std::string count_nodes(const std::vector<onnx::Node>& nodes) {
  std::map<std::string, int> types;
  for (const onnx::Node& node : nodes) ++types[node.op_type];
  std::vector<std::pair<std::string, int>> sorted(types.begin(), types.end());
  std::ranges::stable_sort(sorted, std::greater(), &std::pair<std::string, int>::second);
  std::string text = std::to_string(nodes.size()) + ":";
  for (const auto& [type, count] : sorted) text += " " + std::to_string(count) + " " + type;
  return text;
}

}  // namespace

void add_onnx(const io::Source& source, Layout& layout) {
  const onnx::Graph graph = onnx::read(source.path, {.device = Device("cpu")}, {});
  layout.facts = {{"IR version", std::to_string(graph.ir_version)}, {"producer", graph.producer}};
  for (const auto& [domain, version] : graph.opsets)
    layout.facts.emplace_back("opset" + (domain.empty() ? "" : " of " + domain),
                              std::to_string(version));
  for (const auto& input : graph.inputs) layout.facts.emplace_back("input", text_of(input));
  for (const auto& output : graph.outputs) layout.facts.emplace_back("output", text_of(output));
  layout.facts.emplace_back("nodes", count_nodes(graph.nodes));
  layout.metadata = graph.metadata;
  layout.rest = "(graph)";
  add_weights(source, layout);
}

}  // namespace tinygrad::inspect
