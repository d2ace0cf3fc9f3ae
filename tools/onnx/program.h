// SPDX-License-Identifier: MIT
// Program: an ONNX graph as a class of C++ under construction: its members, the statements of its
// forward(), and its weights.
#pragma once
#include <tinygrad/onnx/load.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace onnx_printer {

namespace tg = tinygrad;
using tg::onnx::Node;

/// How tightly an expression binds: what is looser than its place needs parentheses.
enum class Binds { primary, unary, product, sum, comparison, logic };
struct Expression {
  std::string text;
  Binds binds = Binds::primary;
};

/// "0.1": the shortest text of a float's value, which is a double in C++; "3" of an integer.
std::string literal(float value);
std::string literal(tg::Scalar value);
/// Returns whether it is a variable or a number.
bool is_name(const Expression& e);
/// "{1, -1}".
std::string braces(const std::vector<std::string>& items);
std::string braces(const std::vector<std::int64_t>& items);
/// `text` as a name of C++.
std::string identifier(const std::string& text);

class Program {
 public:
  explicit Program(const tg::onnx::Graph& graph);
  /// The whole header. Throws ArgumentError that lists all nodes without a form.
  std::string print(const std::string& source);
  /// The weights, named as in the class's state_dict().
  const tg::NamedTensors& weights() const { return weights_; }

  // ------------------------------------------------------------ for the forms of nodes
  /// The expression of input i. A constant of one element is a number if `as_number`; any other is
  /// a member.
  Expression input(const Node& node, int i, bool as_number = false);
  /// The same, in parentheses if it binds more loosely than `place`.
  std::string operand(const Node& node, int i, Binds place = Binds::primary,
                      bool as_number = false);
  bool has(const Node& node, int i) const;
  /// The tensor of input i, if it is a constant; else undefined.
  tg::Tensor constant(const Node& node, int i) const;
  /// The elements of an input that is a constant, or of an attribute of this name; `fallback` if
  /// there is neither.
  std::vector<std::int64_t> ints(const Node& node, int i, const char* attribute,
                                 std::vector<std::int64_t> fallback = {}) const;
  /// A member that is a layer: its weights are those of a state, "weight" and so on. The name is
  /// made from that of the weight. A layer that is there already is used again.
  std::string layer(const std::string& type, const std::string& arguments,
                    const std::string& weight, const tg::NamedTensors& state);
  /// Lets the header have one of the functions that shapes of tensors need.
  void needs(const std::string& helper) { helpers_.insert(helper); }
  /// The only node that reads the node's output, if it is of this type; else null.
  const Node* only_reader(const Node& node, const std::string& type) const;
  /// Lets the output of `later`, which is not printed itself, be that of `node`.
  void merge(const Node& node, const Node& later) { merged_[node.outputs[0]] = later.outputs[0]; }
  /// The number of dimensions of a value, as far as it can be told from the nodes before; else -1.
  int rank(const std::string& value) const;

 private:
  void find_constants();
  int find_rank(const std::string& value) const;
  void add_inputs();
  void translate(const Node& node);
  std::vector<Expression> form_of(const Node& node);
  bool spill(const Node& node);
  Expression variable(const Expression& value);
  std::string member(const std::string& name, const tg::Tensor& value);
  std::string unique(const std::string& name);
  std::string body(const std::string& indent);

  const tg::onnx::Graph& graph_;
  std::map<std::string, tg::Tensor> constants_;
  std::map<std::string, Expression> values_;
  std::map<std::string, std::vector<const Node*>> readers_;
  std::map<std::string, std::string> merged_;  ///< an output, and that of a later node
  std::map<std::string, const Node*> makers_;
  mutable std::map<std::string, int> ranks_;  ///< those that were asked for
  std::set<std::string> outputs_, names_, helpers_;
  std::map<std::string, std::string> layers_;  ///< by type, arguments and weight
  std::vector<std::string> members_, statements_, problems_;
  tg::NamedTensors weights_;
};

/// The outputs of a node as expressions; none if it has no form.
using Form = std::function<std::vector<Expression>(Program& program, const Node& node)>;
/// The form of an operator; null if there is none.
const Form* find_form(const std::string& type);
const std::map<std::string, Form>& shape_forms();  ///< of operators that move elements
const std::map<std::string, Form>& layer_forms();  ///< of those that become layers, and poolings

/// An attribute of a node, or `fallback`.
template <class T> T attribute(const Node& node, const char* name, T fallback) {
  const auto* const found = node.attribute(name);
  const T* const value = found ? std::get_if<T>(found) : nullptr;
  return value ? *value : fallback;
}

}  // namespace onnx_printer
