// SPDX-License-Identifier: MIT
// Reads a ModelProto: the graph with its nodes, initializers, inputs and outputs. The numbers of
// the fields are those of onnx.proto.
#include "model.h"

#include <algorithm>
#include <unordered_set>

#include "dtypes.h"
#include "tinygrad/io/file.h"

namespace tinygrad::onnx {

using protobuf::Reader;

const AttributeValue* Node::attribute(const std::string& attribute_name) const {
  for (const Attribute& a : attributes)
    if (a.name == attribute_name) return &a.value;
  return nullptr;
}

namespace {

/// Graphs may be nested so deep.
constexpr int deepest = 8;
Subgraph read_subgraph(const ModelSource& source, Reader in, int depth);

/// AttributeProto.AttributeType. Files of 2017 leave it out; the field with a value tells then.
enum class Kind { none, real, integer, text, tensor, graph, reals, integers, texts };

/// An AttributeProto, with all fields that may hold the value.
struct AttributeFields {
  std::string name;
  Kind kind = Kind::none, seen = Kind::none;
  bool is_reference = false;
  float real = 0;
  std::int64_t integer = 0, type = 0;
  std::string text;
  Tensor tensor;
  Subgraph graph;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
};

AttributeValue value_of(const ModelSource& source, const AttributeFields& a) {
  const auto kind = a.type ? Kind(std::clamp<std::int64_t>(a.type, 0, 9)) : a.seen;
  switch (kind) {
    case Kind::real: return a.real;
    case Kind::integer: return a.integer;
    case Kind::text: return a.text;
    case Kind::reals: return a.reals;
    case Kind::integers: return a.integers;
    case Kind::texts: return a.texts;
    case Kind::tensor:
      source.check(a.tensor.defined(), "the attribute ", in_quotes(a.name), " has no tensor");
      return a.tensor;
    case Kind::graph:
      source.check(a.graph != nullptr, "the attribute ", in_quotes(a.name), " has no graph");
      return a.graph;
    default:
      source.refuse("the attribute ", in_quotes(a.name), " has type ", a.type,
                    ", which is not supported");
  }
}

Attribute read_attribute(const ModelSource& source, Reader in, int depth) {
  AttributeFields a;
  const auto seen = [&](Kind kind) { a.seen = kind; };
  while (in.next()) switch (in.field()) {
      case 1: a.name = in.text(); break;
      case 2: a.real = in.number<float>(), seen(Kind::real); break;
      case 3: a.integer = in.number<std::int64_t>(), seen(Kind::integer); break;
      case 4: a.text = in.text(), seen(Kind::text); break;
      case 5: a.tensor = read_tensor(source, in.message()).second, seen(Kind::tensor); break;
      case 6: a.graph = read_subgraph(source, in.message(), depth + 1), seen(Kind::graph); break;
      case 7: in.append_to(a.reals), seen(Kind::reals); break;
      case 8: in.append_to(a.integers), seen(Kind::integers); break;
      case 9: a.texts.emplace_back(in.text()), seen(Kind::texts); break;
      case 20: a.type = in.number<std::int64_t>(); break;
      default: break;
    }
  source.check(!a.name.empty(), "an attribute has no name");
  return {a.name, value_of(source, a)};
}

Node read_node(const ModelSource& source, Reader in, int depth) {
  Node node;
  while (in.next()) switch (in.field()) {
      case 1: node.inputs.emplace_back(in.text()); break;
      case 2: node.outputs.emplace_back(in.text()); break;
      case 3: node.name = in.text(); break;
      case 4: node.op_type = in.text(); break;
      case 5: node.attributes.push_back(read_attribute(source, in.message(), depth)); break;
      case 7: node.domain = in.text(); break;
      default: break;
    }
  if (node.domain == "ai.onnx") node.domain.clear();
  source.check(!node.op_type.empty(), "the node ", in_quotes(node.name), " has no operator");
  source.check(!node.outputs.empty(), "the node ", in_quotes(node.name), " (", node.op_type,
               ") has no output");
  return node;
}

std::vector<Dimension> read_shape(const ModelSource& source, Reader in) {
  std::vector<Dimension> shape;
  while (in.next()) {
    if (in.field() != 1) continue;
    Dimension d;
    for (Reader dim = in.message(); dim.next();)
      if (dim.field() == 1) d.size = dim.number<std::int64_t>();
      else if (dim.field() == 2) d.name = dim.text();
    if (d.size && *d.size < 0) d.size.reset();  // some programs write -1 for "any"
    source.check(shape.size() < std::size_t(max_rank), "an input or output has a rank above ",
                 max_rank);
    shape.push_back(d);
  }
  return shape;
}

void read_tensor_type(const ModelSource& source, Reader in, ValueInfo& info) {
  std::int64_t number = 0;
  while (in.next())
    if (in.field() == 1) number = in.number<std::int64_t>();
    else if (in.field() == 2) info.shape = read_shape(source, in.message());
  info.type = element_type_name(number);
  const ElementType* const type = find_element_type(number);
  if (type) info.dtype = type->dtype;
}

void read_type(const ModelSource& source, Reader in, ValueInfo& info) {
  while (in.next())
    if (in.field() == 1) read_tensor_type(source, in.message(), info);
    else if (in.field() == 4) info.type = "sequence";
    else if (in.field() == 5) info.type = "map";
    else if (in.field() == 8) info.type = "sparse tensor";
    else if (in.field() == 9) info.type = "optional";
}

ValueInfo read_value_info(const ModelSource& source, Reader in) {
  ValueInfo info;
  while (in.next())
    if (in.field() == 1) info.name = in.text();
    else if (in.field() == 2) read_type(source, in.message(), info);
  source.check(!info.name.empty(), "an input or output has no name");
  return info;
}

void read_graph(const ModelSource& source, Reader in, Graph& graph, int depth) {
  while (in.next()) switch (in.field()) {
      case 1: graph.nodes.push_back(read_node(source, in.message(), depth)); break;
      case 2: graph.name = in.text(); break;
      case 5: graph.initializers.push_back(read_tensor(source, in.message())); break;
      case 11: graph.inputs.push_back(read_value_info(source, in.message())); break;
      case 12: graph.outputs.push_back(read_value_info(source, in.message())); break;
      case 15: source.refuse("the graph has sparse initializers, which are not supported");
      default: break;
    }
}

Subgraph read_subgraph(const ModelSource& source, Reader in, int depth) {
  source.check(depth <= deepest, "graphs are nested more than ", deepest, " deep");
  auto graph = std::make_shared<Graph>();
  read_graph(source, in, *graph, depth);
  return graph;
}

template <class A, class B> void read_pair(Reader in, A& first, B& second) {
  while (in.next())
    if (in.field() == 1) first = in.text();
    else if (in.field() == 2) {
      if constexpr (std::is_integral_v<B>) second = in.number<B>();
      else second = in.text();
    }
}

/// The names of values that a graph defines, and those of the graphs around it.
struct Names {
  const Names* outer = nullptr;
  std::unordered_set<std::string_view> own = {};
  bool has(std::string_view name) const {
    return own.count(name) == 1 || (outer && outer->has(name));
  }
};

void check_node(const ModelSource& source, const Node& node, const Names& names);

/// What every graph must obey: each value has one name and one source, and a node runs after those
/// whose outputs it reads. A cycle breaks that rule too.
void check_names(const ModelSource& source, const Graph& graph, const Names* outer = nullptr) {
  Names names{outer};
  const auto define = [&](std::string_view name, const char* what) {
    source.check(names.own.insert(name).second, what, " ", in_quotes(name),
                 " has a name that the graph uses already");
  };
  for (auto& [name, tensor] : graph.initializers) define(name, "the initializer");
  for (const ValueInfo& input : graph.inputs) define(input.name, "the input");
  for (const Node& node : graph.nodes) {
    check_node(source, node, names);
    for (const std::string& name : node.outputs)
      if (!name.empty()) define(name, "the output");
  }
  for (const ValueInfo& output : graph.outputs)
    source.check(names.has(output.name), "the graph's output ", in_quotes(output.name),
                 " is not computed by any node");
}

void check_node(const ModelSource& source, const Node& node, const Names& names) {
  for (const std::string& name : node.inputs)
    source.check(name.empty() || names.has(name), "the node ", in_quotes(node.name), " (",
                 in_quotes(node.op_type), ") reads ", in_quotes(name),
                 ", which no input, initializer or earlier node defines");
  for (std::size_t i = 0; i < node.attributes.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      source.check(node.attributes[i].name != node.attributes[j].name, "the node ",
                   in_quotes(node.name), " has two attributes ",
                   in_quotes(node.attributes[i].name));
  for (const Attribute& a : node.attributes)
    if (auto* const graph = std::get_if<Subgraph>(&a.value)) check_names(source, **graph, &names);
}

/// The version of each node's domain. Files up to IR version 2 name no version: it is 1.
void set_opsets(const ModelSource& source, Graph& graph,
                const std::map<std::string, std::int64_t>& opsets) {
  for (Node& node : graph.nodes) {
    const auto found = opsets.find(node.domain);
    source.check(found != opsets.end(), "the node ", in_quotes(node.name), " (",
                 in_quotes(node.op_type), ") is of the domain ", in_quotes(node.domain),
                 ", which the file does not import");
    node.opset = found->second;
    for (Attribute& a : node.attributes)
      if (auto* const inner = std::get_if<Subgraph>(&a.value)) {
        Graph with_opsets = **inner;
        set_opsets(source, with_opsets, opsets);
        *inner = std::make_shared<const Graph>(std::move(with_opsets));
      }
  }
}

}  // namespace

static Graph read_model(const ModelSource& source) {
  Graph graph;
  const std::string caller = source.call.op + (": " + in_quotes(source.path));
  const std::string_view bytes(reinterpret_cast<const char*>(source.bytes.data()),
                               source.bytes.size());
  bool has_graph = false;
  for (Reader in({caller.c_str(), source.call.location}, bytes); in.next();) switch (in.field()) {
      case 1: graph.ir_version = in.number<std::int64_t>(); break;
      case 2: graph.producer = in.text(); break;
      case 7:
        source.check(!has_graph, "the file has two graphs");
        has_graph = true;
        read_graph(source, in.message(), graph, 0);
        break;
      case 8: {
        std::string domain;
        std::int64_t version = 0;
        read_pair(in.message(), domain, version);
        graph.opsets[domain == "ai.onnx" ? "" : domain] = version;
        break;
      }
      case 14: {
        auto& [key, value] = graph.metadata.emplace_back();
        read_pair(in.message(), key, value);
        break;
      }
      case 25: source.refuse("the file defines functions of its own, which are not supported");
      default: break;
    }
  source.check(has_graph, "there is no graph; this is not an ONNX model");
  std::unordered_set<std::string_view> initializers;
  for (auto& [name, tensor] : graph.initializers) initializers.insert(name);
  std::erase_if(graph.inputs, [&](const ValueInfo& v) { return initializers.count(v.name) == 1; });
  if (graph.opsets.empty()) graph.opsets[""] = 1;
  set_opsets(source, graph, graph.opsets);
  check_names(source, graph);
  return graph;
}

Graph read_model(const Call& call, const std::string& path, const LoadOptions& options) {
  const FileBytes file(path, options.map, call);
  return read_model({{call, path, file.bytes()}, options});
}

Graph read(const std::string& path, const LoadOptions& options, SourceLocation location) {
  return read_model({"onnx::read", location}, path, options);
}

}  // namespace tinygrad::onnx
