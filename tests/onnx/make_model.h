// SPDX-License-Identifier: MIT
// Small ONNX models for tests, message by message. The numbers of fields are those of onnx.proto.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "shared/protobuf.h"

namespace tinygrad::test {

using protobuf::Message;
using Sizes = std::vector<std::int64_t>;
using Names = std::vector<std::string>;

inline std::int64_t i64(std::int64_t value) { return value; }

/// A TensorProto with raw data.
template <class T>
Message tensor_message(const std::string& name, int type, const Sizes& dims,
                       const std::vector<T>& values) {
  std::string raw(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(raw.data(), values.data(), raw.size());
  return Message().packed(1, dims).number(2, i64(type)).text(8, name).text(9, raw);
}
inline Message floats(const std::string& name, const Sizes& dims, const std::vector<float>& v) {
  return tensor_message(name, 1, dims, v);
}
inline Message integers(const std::string& name, const Sizes& dims,
                        const std::vector<std::int64_t>& v) {
  return tensor_message(name, 7, dims, v);
}

/// Attributes, with the field of the value and its type.
inline Message attribute(const std::string& name, std::int64_t value) {
  return Message().text(1, name).number(3, value).number(20, i64(2));
}
inline Message attribute(const std::string& name, float value) {
  return Message().text(1, name).number(2, value).number(20, i64(1));
}
inline Message attribute(const std::string& name, const Sizes& values) {
  return Message().text(1, name).packed(8, values).number(20, i64(7));
}
inline Message graph_attribute(const std::string& name, const Message& graph) {
  return Message().text(1, name).message(6, graph).number(20, i64(5));
}

inline Message node(const std::string& op, const Names& inputs, const Names& outputs,
                    const std::vector<Message>& attributes = {}, const std::string& domain = "") {
  Message m;
  for (const auto& name : inputs) m.text(1, name);
  for (const auto& name : outputs) m.text(2, name);
  m.text(3, "node_" + (outputs.empty() ? "" : outputs[0])).text(4, op);
  for (const auto& a : attributes) m.message(5, a);
  return domain.empty() ? m : m.text(7, domain);
}
/// A float32 tensor; a size of -1 is the name "N".
inline Message value_info(const std::string& name, const Sizes& dims, int type = 1) {
  Message shape;
  for (const std::int64_t size : dims)
    shape.message(1, size < 0 ? Message().text(2, "N") : Message().number(1, size));
  const Message tensor = Message().number(1, i64(type)).message(2, shape);
  return Message().text(1, name).message(2, Message().message(1, tensor));
}

/// A graph in the making: Graph().input("x", {-1, 4}).node("Relu", {"x"}, {"y"}).output("y").
class GraphMessage {
 public:
  GraphMessage& input(const std::string& name, const Sizes& dims, int type = 1) {
    graph_.message(11, value_info(name, dims, type));
    return *this;
  }
  GraphMessage& output(const std::string& name, const Sizes& dims = {}, int type = 1) {
    Message info = Message().text(1, name);
    graph_.message(12, dims.empty() ? info : value_info(name, dims, type));
    return *this;
  }
  GraphMessage& initializer(const Message& tensor) {
    graph_.message(5, tensor);
    return *this;
  }
  GraphMessage& node(const std::string& op, const Names& inputs, const Names& outputs,
                     const std::vector<Message>& attributes = {}, const std::string& domain = "") {
    graph_.message(1, test::node(op, inputs, outputs, attributes, domain));
    return *this;
  }
  const Message& message() const { return graph_; }
  /// The bytes of a file.
  std::string model(int opset = 20) const {
    const Message own = Message().text(1, "").number(2, i64(opset));
    const Message other = Message().text(1, "com.example").number(2, i64(1));
    return Message()
        .number(1, i64(8))
        .text(2, "test")
        .message(7, graph_)
        .message(8, own)
        .message(8, other)
        .bytes();
  }

 private:
  Message graph_;
};

}  // namespace tinygrad::test
