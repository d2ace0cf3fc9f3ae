// SPDX-License-Identifier: MIT
// Turns a graph into steps, and runs them. A value is released after the last step that reads it.
#include "program.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <tuple>

#include "tinygrad/ops/copy.h"

namespace tinygrad::onnx {

/// If is no function of tensors, and no row of a table.
static bool is_supported(const std::string& op) { return op == "If" || find_operator(op); }

std::vector<std::string> supported_operators() {
  std::vector<std::string> names = {"If"};
  for (const Operator* op : all_operators()) names.emplace_back(op->name);
  std::sort(names.begin(), names.end());
  return names;
}

static void find_missing(const Graph& graph, std::set<std::string>& missing) {
  for (const Node& node : graph.nodes) {
    if (!node.domain.empty()) missing.insert(node.domain + "." + node.op_type);
    else if (!is_supported(node.op_type)) missing.insert(node.op_type);
    for (const Attribute& a : node.attributes)
      if (auto* const inner = std::get_if<Subgraph>(&a.value)) find_missing(**inner, missing);
  }
}

void check_operators(const Graph& graph, const Call& call, const std::string& path) {
  std::set<std::string> missing;
  find_missing(graph, missing);
  std::string list;
  for (const std::string& name : missing) list += (list.empty() ? "" : ", ") + in_quotes(name);
  require<IoError>(missing.empty(), call, in_quotes(path),
                   ": the graph has operators that are not supported: ", list,
                   "; docs/onnx.md lists those that are");
  for (const auto* values : {&graph.inputs, &graph.outputs})
    for (const ValueInfo& v : *values)
      require<IoError>(v.type.empty() || v.dtype, call, in_quotes(path), ": ", in_quotes(v.name),
                       " is of type ", v.type, ", for which the library has no dtype");
}

/// The path of a node for messages and graphs, which refer to it as long as the process lives.
static const ModulePath* path_of(const Node& node) {
  using Key = std::pair<std::string, std::string>;
  static std::mutex mutex;
  static std::map<Key, ModulePath> paths;
  const std::string& name =
      node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name;
  const std::lock_guard lock(mutex);
  return &paths.try_emplace({name, node.op_type}, ModulePath{name, node.op_type, "onnx::Model"})
              .first->second;
}

/// The slots of names in a graph; `outer` are those of the graph around it.
struct Program::Names {
  const Names* outer = nullptr;
  std::unordered_map<std::string, int> own = {};
  std::set<int> captured = {};  ///< slots of outer graphs that this one reads

  int find(const std::string& name) {
    if (name.empty()) return -1;
    for (const Names* names = this; names; names = names->outer) {
      const auto found = names->own.find(name);
      if (found == names->own.end()) continue;
      if (names != this) captured.insert(found->second);
      return found->second;
    }
    return -1;  // not reached: read_model() checked the names
  }
};

Program::Program(const Graph& graph,
                 const std::unordered_map<const TensorImpl*, Tensor>& parameters)
    : parameters_(parameters) {
  Names names;
  for (const ValueInfo& input : graph.inputs) inputs_.push_back(names.own[input.name] = new_slot());
  block_ = compile(graph, names);
}

int Program::new_slot(const Tensor& value) {
  values_.push_back(value);
  return int(values_.size()) - 1;
}

Block Program::compile(const Graph& graph, Names& names) {
  Block block;
  const int first_slot = names.outer ? int(values_.size()) : 0;
  for (auto& [name, tensor] : graph.initializers) {
    const auto found = parameters_.find(tensor.impl());
    names.own[name] = new_slot(found == parameters_.end() ? tensor : found->second);
  }
  for (const Node& node : graph.nodes) {
    if (node.op_type == "Constant" && !node.outputs[0].empty())
      names.own[node.outputs[0]] =
          new_slot(find_operator("Constant")->run(NodeCall(node, {}, 0, false, {}))[0]);
    else block.steps.push_back(compile_step(node, names));
  }
  for (const ValueInfo& output : graph.outputs) block.outputs.push_back(names.find(output.name));
  find_last_uses(block, first_slot);
  return block;
}

Step Program::compile_step(const Node& node, Names& names) {
  Step step{&node, find_operator(node.op_type), path_of(node), {}, {}, {}, {}};
  for (const std::string& name : node.inputs) step.inputs.push_back(names.find(name));
  if (node.op_type == "If")
    for (const char* branch : {"then_branch", "else_branch"}) {
      const AttributeValue* const value = node.attribute(branch);
      const Subgraph* const graph = value ? std::get_if<Subgraph>(value) : nullptr;
      require<IoError>(graph && !node.inputs.empty(), "onnx::load", "a node If has no ", branch);
      Names inner{&names};
      step.blocks.push_back(compile(**graph, inner));
      require<IoError>(step.blocks.back().outputs.size() == node.outputs.size(), "onnx::load",
                       "the ", branch, " of a node If has another number of outputs");
      for (const int slot : inner.captured) {
        step.inputs.push_back(slot);
        const auto& own = names.own;
        if (std::none_of(own.begin(), own.end(), [&](auto& n) { return n.second == slot; }))
          names.captured.insert(slot);
      }
    }
  for (const std::string& name : node.outputs)
    step.outputs.push_back(name.empty() ? -1 : names.own[name] = new_slot());
  return step;
}

/// Constants, outputs of the block, and slots before first_slot, which are those of other graphs,
/// are kept.
void Program::find_last_uses(Block& block, int first_slot) const {
  std::vector<bool> is_needed(values_.size());
  for (std::size_t i = 0; i < values_.size(); ++i)
    is_needed[i] = values_[i].defined() || int(i) < first_slot;
  for (const int slot : block.outputs) is_needed[std::size_t(slot)] = true;
  for (auto step = block.steps.rbegin(); step != block.steps.rend(); ++step)
    for (const auto* list : {&step->outputs, &step->inputs})
      for (const int slot : *list) {
        if (slot < 0 || is_needed[std::size_t(slot)]) continue;
        is_needed[std::size_t(slot)] = true;
        step->last_uses.push_back(slot);
      }
}

/// Throws unless the operator returned all outputs that are needed.
static void check_outputs(const Step& step, const NodeCall& call, const Tensors& outputs) {
  for (std::size_t i = 0; i < step.outputs.size(); ++i)
    call.check(step.outputs[i] < 0 || (i < outputs.size() && outputs[i].defined()), "output ", i,
               " is not supported");
}

static Tensors run_operator(const Step& step, const std::vector<Tensor>& values, bool is_training,
                            SourceLocation location) {
  const Scope scope(step.path, location);
  Tensors inputs;
  for (const int slot : step.inputs)
    inputs.push_back(slot < 0 ? Tensor() : values[std::size_t(slot)]);
  const NodeCall call(*step.node, std::move(inputs), step.op->host_inputs, is_training, location);
  Tensors outputs = step.op->run(call);
  check_outputs(step, call, outputs);
  if (step.op->result == Result::as_first) outputs[0] = outputs[0].to(call.raw(0).dtype());
  return outputs;
}

void Program::run_block(const Block& block, std::vector<Tensor>& values, bool is_training,
                        SourceLocation location) const {
  const auto store = [&](int slot, const Tensor& value) {
    if (slot >= 0) values[std::size_t(slot)] = value;
  };
  for (const Step& step : block.steps) {
    if (step.op) {
      const Tensors outputs = run_operator(step, values, is_training, location);
      for (std::size_t i = 0; i < step.outputs.size(); ++i)
        if (step.outputs[i] >= 0) store(step.outputs[i], outputs[i]);
    } else {
      const bool condition = values[std::size_t(step.inputs[0])].to(boolean).item<bool>();
      const Block& chosen = step.blocks[condition ? 0 : 1];
      run_block(chosen, values, is_training, location);
      for (std::size_t i = 0; i < step.outputs.size(); ++i)
        store(step.outputs[i], values[std::size_t(chosen.outputs[i])]);
    }
    for (const int slot : step.last_uses) values[std::size_t(slot)] = {};
  }
}

std::vector<Tensor> Program::run(const std::vector<Tensor>& inputs, bool is_training,
                                 SourceLocation location) const {
  std::vector<Tensor> values = values_;
  for (std::size_t i = 0; i < inputs_.size(); ++i) values[std::size_t(inputs_[i])] = inputs[i];
  run_block(block_, values, is_training, location);
  std::vector<Tensor> outputs;
  for (const int slot : block_.outputs) outputs.push_back(values[std::size_t(slot)]);
  return outputs;
}

}  // namespace tinygrad::onnx
