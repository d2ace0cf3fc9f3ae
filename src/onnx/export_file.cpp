// SPDX-License-Identifier: MIT
// Writes a graph as the messages of onnx.proto, whose numbers of fields and types these are.
#include "export_file.h"

#include "dtypes.h"
#include "protobuf.h"

namespace tinygrad::onnx {
namespace {

using protobuf::Message;

/// TensorProto, with the elements as they lie in memory, little-endian.
Message message_of(const std::string& name, const Tensor& t) {
  Message m;
  for (const std::int64_t size : t.shape()) m.number(1, size);
  std::string bytes(std::size_t(t.numel()) * size_of(t.dtype()), '\0');
  t.read(bytes.data(), t.dtype());
  m.number(2, number_of(t.dtype())).text(8, name).text(9, bytes);
  return m;
}

/// AttributeProto: the name, the value in a field of its type, and the type.
Message message_of(const Attribute& a) {
  Message m;
  m.text(1, a.name);
  const auto type = [&](std::int64_t number) { m.number(20, number); };
  const auto each = [&](int field, const auto& values) {
    for (const auto& value : values)
      if constexpr (requires { m.number(field, value); }) m.number(field, value);
      else m.text(field, value);
  };
  if (const auto* f = std::get_if<float>(&a.value)) m.number(2, *f), type(1);
  else if (const auto* i = std::get_if<std::int64_t>(&a.value)) m.number(3, *i), type(2);
  else if (const auto* s = std::get_if<std::string>(&a.value)) m.text(4, *s), type(3);
  else if (const auto* t = std::get_if<Tensor>(&a.value)) m.message(5, message_of("", *t)), type(4);
  else if (const auto* fs = std::get_if<std::vector<float>>(&a.value)) each(7, *fs), type(6);
  else if (const auto* is = std::get_if<std::vector<std::int64_t>>(&a.value)) each(8, *is), type(7);
  else if (const auto* ss = std::get_if<std::vector<std::string>>(&a.value)) each(9, *ss), type(8);
  return m;
}

/// NodeProto.
Message message_of(const Node& n) {
  Message m;
  for (const std::string& name : n.inputs) m.text(1, name);
  for (const std::string& name : n.outputs) m.text(2, name);
  m.text(3, n.name).text(4, n.op_type);
  for (const Attribute& a : n.attributes) m.message(5, message_of(a));
  return m;
}

/// ValueInfoProto.
Message message_of(const ValueInfo& info) {
  Message tensor;
  if (info.dtype) tensor.number(1, number_of(*info.dtype));
  if (info.shape) {
    Message shape;
    for (const Dimension& d : *info.shape)
      shape.message(1, d.size           ? Message().number(1, *d.size)
                       : d.name.empty() ? Message()
                                        : Message().text(2, d.name));
    tensor.message(2, shape);
  }
  return Message().text(1, info.name).message(2, Message().message(1, tensor));
}

}  // namespace

std::string file_of(const Graph& graph) {
  Message m;
  for (const Node& n : graph.nodes) m.message(1, message_of(n));
  m.text(2, graph.name);
  for (const auto& [name, t] : graph.initializers) m.message(5, message_of(name, t));
  for (const ValueInfo& info : graph.inputs) m.message(11, message_of(info));
  for (const ValueInfo& info : graph.outputs) m.message(12, message_of(info));
  Message model;
  model.number(1, graph.ir_version).text(2, graph.producer).message(7, m);
  for (const auto& [domain, version] : graph.opsets)
    model.message(8, Message().text(1, domain).number(2, version));
  return model.bytes();
}

}  // namespace tinygrad::onnx
