// SPDX-License-Identifier: MIT
// Prints a graph as a class. Each value is an expression. It becomes a variable if it is read more
// than once, or if the expression would grow too long to read.
#include "program.h"

#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace onnx_printer {

static std::string shape_text(const tg::Shape& shape) {
  return braces(std::vector<std::int64_t>(shape.begin(), shape.end()));
}

// ------------------------------------------------------------ names and values

Program::Program(const tg::onnx::Graph& graph)
    : graph_(graph), names_{"forward", "run",      "add",  "add_buffer", "to",       "train",
                            "eval",    "training", "name", "apply",      "children", "parameters",
                            "float",   "double",   "int",  "class",      "new",      "bool"} {
  for (const Node& node : graph.nodes) {
    for (const std::string& name : node.inputs) readers_[name].push_back(&node);
    for (const std::string& name : node.outputs) makers_[name] = &node;
  }
  for (const auto& info : graph.outputs) outputs_.insert(info.name);
  find_constants();
  add_inputs();
}

/// Initializers, and what nodes make of constants alone.
void Program::find_constants() {
  constants_.insert(graph_.initializers.begin(), graph_.initializers.end());
  for (const Node& node : graph_.nodes) {
    if (node.op_type == "Constant") {
      if (const auto* value = node.attribute("value"))
        constants_.emplace(node.outputs[0], std::get<tg::Tensor>(*value));
    } else if (node.inputs.empty() || !constants_.contains(node.inputs[0])) continue;
    const tg::Tensor x = constant(node, 0), shape = constant(node, 1);
    if (node.op_type == "Identity") constants_.emplace(node.outputs[0], x);
    if (node.op_type == "Reshape" && shape.defined())
      constants_.emplace(node.outputs[0], tg::reshape(x, shape.to_vector<std::int64_t>()));
  }
}

void Program::add_inputs() {
  const bool is_forward = graph_.inputs.size() == 1 && graph_.outputs.size() == 1;
  for (const auto& info : graph_.inputs) {
    const std::string name = unique(identifier(info.name));
    values_[info.name] = is_forward ? Expression{name} : Expression{"*" + name, Binds::unary};
  }
}

std::string Program::unique(const std::string& name) {
  std::string all = name;
  for (int i = 1; !names_.insert(all).second; ++i) all = name + "_" + std::to_string(i);
  return all;
}

bool Program::has(const Node& node, int i) const {
  return i < int(node.inputs.size()) && !node.inputs[std::size_t(i)].empty();
}
tg::Tensor Program::constant(const Node& node, int i) const {
  if (!has(node, i)) return {};
  const auto found = constants_.find(node.inputs[std::size_t(i)]);
  return found == constants_.end() ? tg::Tensor() : found->second;
}

Expression Program::input(const Node& node, int i, bool as_number) {
  const std::string& name = node.inputs[std::size_t(i)];
  const tg::Tensor value = constant(node, i);
  if (!value.defined()) return values_[name];
  if (as_number && value.numel() == 1 && value.dim() < 2)
    return {literal(tg::reshape(value, tg::Shape()).item_scalar())};
  if (!values_.contains(name)) values_[name] = {member(name, value)};
  return values_[name];
}
std::string Program::operand(const Node& node, int i, Binds place, bool as_number) {
  const Expression e = input(node, i, as_number);
  return e.binds > place && place != Binds::primary ? "(" + e.text + ")" : e.text;
}

std::vector<std::int64_t> Program::ints(const Node& node, int i, const char* name,
                                        std::vector<std::int64_t> fallback) const {
  if (const tg::Tensor value = constant(node, i); value.defined())
    return tg::flatten(value).to_vector<std::int64_t>();
  return attribute(node, name, std::move(fallback));
}

int Program::rank(const std::string& value) const {
  if (const auto known = ranks_.find(value); known != ranks_.end()) return known->second;
  return ranks_[value] = find_rank(value);
}
int Program::find_rank(const std::string& value) const {
  for (const auto* list : {&graph_.inputs, &graph_.outputs})
    for (const auto& info : *list)
      if (info.name == value && info.shape) return int(info.shape->size());
  if (const auto found = constants_.find(value); found != constants_.end())
    return found->second.dim();
  const auto maker = makers_.find(value);
  if (maker == makers_.end()) return -1;
  const Node& node = *maker->second;
  if (const tg::Tensor shape = constant(node, 1); node.op_type == "Reshape")
    return shape.defined() ? int(shape.numel()) : -1;
  static const std::set<std::string> others = {"Squeeze",   "Unsqueeze",  "Gather",    "Shape",
                                               "Flatten",   "ReduceMean", "ReduceSum", "ReduceMax",
                                               "ReduceMin", "ReduceProd", "ArgMax",    "ArgMin",
                                               "Expand",    "Where",      "Resize"};
  if (others.contains(node.op_type) || node.inputs.empty()) return -1;
  // Conv has that of its weight; elementwise operators broadcast to the higher rank.
  const bool is_pair = node.inputs.size() > 1 && !node.op_type.starts_with("Slice");
  return std::max(rank(node.inputs[0]), is_pair ? rank(node.inputs[1]) : -1);
}

// ------------------------------------------------------------ members

/// "name = call value" on as many lines as 100 columns need.
static std::string declaration(const std::string& name, const std::string& call,
                               const std::string& value) {
  constexpr std::size_t columns = 100;
  const std::string both = call + " " + value;
  if (2 + name.size() + 3 + both.size() <= columns) return name + " = " + both;
  if (6 + both.size() <= columns) return name + " =\n      " + both;
  const std::size_t options = value.find(", {.");
  if (10 + value.size() <= columns || options == std::string::npos)
    return name + " =\n      " + call + "\n          " + value;
  const std::string indent(10 + value.find('(') + 1, ' ');  // below the first argument
  return name + " =\n      " + call + "\n          " + value.substr(0, options + 1) + "\n" +
         indent + value.substr(options + 2);
}

/// A constant that is no part of a layer.
std::string Program::member(const std::string& name, const tg::Tensor& value) {
  const std::string own = unique(identifier(name));
  const bool is_float = value.dtype() == tg::float32;
  const std::string options =
      is_float ? "" : ", {.dtype = tg::" + std::string(tg::to_string(value.dtype())) + "}";
  members_.push_back(declaration("nn::Buffer " + own, "add_buffer(\"" + own + "\",",
                                 "tg::zeros(" + shape_text(value.shape()) + options + "));"));
  weights_.emplace_back(own, value.contiguous());
  return own;
}

/// "conv1" of "conv1.weight", "conv1_weights" and "conv1.w_0".
static std::string stem_of(std::string name) {
  for (const char* end : {".weight", "_weights", "_weight", ".w_0", "/kernel", "/W"})
    if (name.ends_with(end)) return name.substr(0, name.size() - std::string(end).size());
  return name;
}

std::string Program::layer(const std::string& type, const std::string& arguments,
                           const std::string& weight, const tg::NamedTensors& state) {
  std::string& name = layers_[type + arguments + "\n" + weight];
  if (!name.empty()) return name;
  name = unique(identifier(stem_of(weight)));
  members_.push_back(declaration("nn::" + type + " " + name, "add(\"" + name + "\",",
                                 "nn::" + type + "(" + arguments + "));"));
  for (const auto& [key, value] : state)
    weights_.emplace_back(name + "." + key, value.contiguous());
  return name;
}

const Node* Program::only_reader(const Node& node, const std::string& type) const {
  const auto found = readers_.find(node.outputs[0]);
  const bool is_one =
      found != readers_.end() && found->second.size() == 1 && !outputs_.contains(node.outputs[0]);
  return is_one && found->second[0]->op_type == type ? found->second[0] : nullptr;
}

// ------------------------------------------------------------ statements

Expression Program::variable(const Expression& value) {
  const std::string name = unique("h" + std::to_string(statements_.size() + 1));
  statements_.push_back("const tg::Tensor " + name + " = " + value.text + ";");
  return {name};
}

/// Makes a variable of the longest input that is none. Returns whether there was one.
bool Program::spill(const Node& node) {
  Expression* longest = nullptr;
  for (const std::string& name : node.inputs) {
    const auto found = values_.find(name);
    if (found == values_.end() || is_name(found->second)) continue;
    if (!longest || found->second.text.size() > longest->text.size()) longest = &found->second;
  }
  if (longest) *longest = variable(*longest);
  return longest != nullptr;
}

/// The outputs, each of which fits into a line.
std::vector<Expression> Program::form_of(const Node& node) {
  constexpr std::size_t longest = 70;
  const Form* const form = node.domain.empty() ? find_form(node.op_type) : nullptr;
  if (!form) return {};
  std::vector<Expression> results = (*form)(*this, node);
  const auto is_long = [](const Expression& e) { return e.text.size() > longest; };
  while (std::any_of(results.begin(), results.end(), is_long) && spill(node))
    results = (*form)(*this, node);
  return results;
}

void Program::translate(const Node& node) {
  if (constants_.contains(node.outputs[0]) || values_.contains(node.outputs[0])) return;
  const std::vector<Expression> results = form_of(node);
  if (results.empty()) problems_.push_back(node.op_type + " " + node.name);
  for (std::size_t i = 0; i < results.size() && i < node.outputs.size(); ++i) {
    const auto merged = merged_.find(node.outputs[i]);
    const std::string& name = merged == merged_.end() ? node.outputs[i] : merged->second;
    const bool is_inline = readers_[name].size() <= 1 || is_name(results[i]);
    values_[name] = is_inline ? results[i] : variable(results[i]);
  }
}

}  // namespace onnx_printer
