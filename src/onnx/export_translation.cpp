// SPDX-License-Identifier: MIT
// Translates recorded ops. A tensor is known by its view of memory. What no input and no weight
// leads to is a constant: it is not computed in the graph, but stored if a node reads it.
#include "export_translation.h"

#include <algorithm>
#include <cstring>

#include "tinygrad/ops.h"

namespace tinygrad::onnx {
namespace {

std::string key_of(const Tensor& t) {
  const View& v = view_of(t);
  return std::to_string(std::bit_cast<std::uintptr_t>(v.memory().handle)) + " " +
         std::to_string(v.offset()) + to_string(v.shape()) + to_string(v.strides()) +
         to_string(v.dtype());
}
/// The beginning of the keys of all views of a block.
std::string block_of(const std::string& key) { return key.substr(0, key.find(' ') + 1); }

std::vector<std::byte> bytes_of(const Tensor& t) {
  std::vector<std::byte> bytes(std::size_t(t.numel()) * size_of(t.dtype()));
  t.read(bytes.data(), t.dtype());
  return bytes;
}
/// Returns whether all elements are one value.
bool is_uniform(const Tensor& t) {
  const auto bytes = bytes_of(t);
  const std::size_t size = size_of(t.dtype());
  return !bytes.empty() && std::memcmp(bytes.data(), bytes.data() + size, bytes.size() - size) == 0;
}

/// Creation by random values is known by its name, since it is no call of a kernel with inputs.
bool is_random(const RecordedOp& op) {
  if (op.name.starts_with("rand") || op.name == "normal" || op.name == "uniform") return true;
  return std::any_of(op.calls.begin(), op.calls.end(), [](const KernelCall& call) {
    return call.kernel == "random" || call.kernel == "dropout";
  });
}

}  // namespace

Sizes sizes_of(const Tensor& first, const Tensor& second) {
  Sizes sizes;
  for (int i = 0; i < first.dim(); ++i) sizes.push_back({first.size(i), second.size(i)});
  return sizes;
}

std::string place_of(const RecordedOp& op) {
  std::string place = "\"" + op.name + "\"";
  if (op.path && !op.path->text.empty()) place += " in " + op.path->text;
  if (op.path) place += " (" + op.path->type + ")";
  return place;
}

bool same_argument(const Argument& a, const Argument& b) {
  if (const Scalar* s = std::get_if<Scalar>(&a)) return s->real() == std::get<Scalar>(b).real();
  if (const double* d = std::get_if<double>(&a)) return *d == std::get<double>(b);
  if (const auto* i = std::get_if<std::int64_t>(&a)) return *i == std::get<std::int64_t>(b);
  return a.index() == b.index();
}

// ------------------------------------------------------------ values

Translation::Translation(const Call& call, const SaveOptions& options, const RecordedCall& first,
                         const RecordedCall& second, const NamedTensors& state)
    : call_(call), options_(options), first_(first), second_(second), graph_(options.opset) {
  for (const auto& [name, t] : state)
    if (!values_.contains(key_of(t))) {
      bind(t, {GraphValue::Kind::weight, graph_.tensor(name, t), t, t});
    }
  const std::size_t count = first.inputs.size();
  require(options.inputs.empty() || options.inputs.size() == count, call, "expected ", count,
          " names of inputs, got ", options.inputs.size());
  for (std::size_t i = 0; i < count; ++i)
    add_input(i, !options.inputs.empty() ? options.inputs[i]
                 : count == 1            ? "x"
                                         : "x" + std::to_string(i));
}

void Translation::add_input(std::size_t i, const std::string& name) {
  const Tensor &first = first_.inputs[i], &second = second_.inputs[i];
  graph_.input(info(name, first, second));
  bind(first, {GraphValue::Kind::computed, name, first, second});
}

ValueInfo Translation::info(const std::string& name, const Tensor& first,
                            const Tensor& second) const {
  std::vector<Dimension> shape;
  for (const Size& size : sizes_of(first, second))
    if (size.is_static()) shape.push_back({size.first, ""});
    else shape.push_back({{}, size == Size{first_.batch, second_.batch} ? "N" : ""});
  return {name, "", first.dtype(), shape};
}

/// A tensor that nothing has computed is a constant.
GraphValue& Translation::find(const Tensor& first, const Tensor& second) {
  const std::string key = key_of(first);
  auto found = values_.find(key);
  if (found == values_.end()) {
    require(!written_.contains(block_of(key)), call_,
            "a part of a tensor is read after it was written in place; use ops that return "
            "their result");
    found = values_.emplace(key, GraphValue{GraphValue::Kind::constant, "", first, second}).first;
  }
  return found->second;
}

/// An op that writes in place ends what all views of that memory held.
void Translation::overwrite(const RecordedOp& op) {
  if (op.status == OpStatus::view || op.inputs.empty() || !op.inputs[0].defined()) return;
  const std::string block = block_of(key_of(op.outputs[0]));
  if (block_of(key_of(op.inputs[0])) != block) return;
  for (auto v = values_.lower_bound(block); v != values_.end() && v->first.starts_with(block);) {
    require(v->second.kind != GraphValue::Kind::weight, call_, place_of(op), " writes into ",
            v->second.name, "; a file has no state that changes");
    require(v->second.kind == GraphValue::Kind::computed || v->second.name.empty() ||
                op.before.defined(),
            call_, place_of(op), " overwrites a constant; use ops that return their result");
    v = values_.erase(v);
  }
  written_.insert(block);
}

void Translation::bind(const Tensor& first, GraphValue value) {
  values_.insert_or_assign(key_of(first), std::move(value));
}

/// Stores a constant when it is first asked for. One whose size is that of the batch must be the
/// same everywhere, and is expanded.
const std::string& Translation::name_of(GraphValue& value) {
  if (!value.name.empty() || value.kind != GraphValue::Kind::constant) return value.name;
  const std::string reader = current_ ? place_of(*current_) + " reads a constant" : "an output";
  const Sizes sizes = sizes_of(value.first, value.second);
  if (value.first.shape() == value.second.shape()) {
    require(bytes_of(value.first) == bytes_of(value.second), call_, reader, " of shape ",
            value.first.shape(), " that depends on the batch's size");
    return value.name = graph_.tensor("constant", value.first);
  }
  require(is_uniform(value.first) && is_uniform(value.second), call_, reader, " of shape ",
          value.first.shape(), " that depends on the batch's size; use {.dynamic_batch = false}");
  const Tensor one = flatten(value.first).select(0, 0);
  return value.name =
             graph_.node("Expand", {graph_.scalar(one.item_scalar(), one.dtype()), shape_of(sizes)},
                         "constant");
}

std::string Translation::batch_multiple(const Size& size) {
  const std::int64_t times = size.first / first_.batch;
  require(times * first_.batch == size.first && times * second_.batch == size.second, call_,
          "the size ", size.first, " for a batch of ", first_.batch, " is ", size.second,
          " for a batch of ", second_.batch,
          ", which is no multiple; use {.dynamic_batch = false}");
  std::size_t i = 0;
  int dim = 0;
  for (; i < first_.inputs.size(); ++i) {
    const Tensor& x = first_.inputs[i];
    for (dim = 0; dim < x.dim() && x.size(dim) == second_.inputs[i].size(dim); ++dim) {}
    if (dim < x.dim()) break;
  }
  if (batch_.empty())
    batch_ = graph_.node("Shape", {graph_.graph().inputs[i].name}, "batch",
                         {{"start", dim}, {"end", dim + 1}});
  return times == 1 ? batch_ : graph_.node("Mul", {batch_, graph_.ints({times})}, "size");
}

std::string Translation::shape_of(const Sizes& sizes) {
  std::vector<std::string> parts;
  Ints known;
  const auto flush = [&] {
    if (!known.empty()) parts.push_back(graph_.ints(known));
    known.clear();
  };
  for (const Size& size : sizes)
    if (size.is_static()) known.push_back(size.first);
    else flush(), parts.push_back(batch_multiple(size));
  flush();
  if (parts.empty()) return graph_.ints({});
  return parts.size() == 1 ? parts[0] : graph_.node("Concat", parts, "shape", {{"axis", 0}});
}

// ------------------------------------------------------------ ops

/// An output that no rule has made is that of a node "?". If it is still there after prune(), the
/// graph needs it.
void Translation::add_missing(std::size_t op, int output) {
  const RecordedOp &a = first_.ops[op], &b = second_.ops[op];
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    if (!a.inputs[i].defined()) continue;
    const GraphValue& value = find(a.inputs[i], b.inputs[i]);
    if (value.kind == GraphValue::Kind::computed) inputs.push_back(value.name);
  }
  ExportStep step(*this, op);
  const std::string name = graph_.node("?", inputs, a.name);
  places_[name] = place_of(a);
  step.result(name, output);
}

/// Throws if the graph has nodes "?".
void Translation::check_complete() const {
  std::vector<std::string> problems;
  for (const Node& node : graph_.graph().nodes) {
    const auto place = places_.find(node.name);
    const bool is_new = place != places_.end() && std::find(problems.begin(), problems.end(),
                                                            place->second) == problems.end();
    if (node.op_type == "?" && is_new) problems.push_back(place->second);
  }
  std::string list;
  for (const std::string& problem : problems) list += "\n    " + problem;
  require(problems.empty(), call_, "these ops have no form in opset ", options_.opset, ":", list);
}

/// If all inputs are constants, so are the outputs, unless they have the batch's size. An index
/// that is expanded is left to gather(), which reads it as it was before.
bool Translation::fold(const RecordedOp& a, const RecordedOp& b) {
  if (is_random(a) || (a.name == "expand" && a.outputs[0].dtype() == DType::int64)) return false;
  for (std::size_t i = 0; i < a.inputs.size(); ++i)
    if (a.inputs[i].defined() && find(a.inputs[i], b.inputs[i]).kind != GraphValue::Kind::constant)
      return false;
  for (std::size_t i = 0; i < a.outputs.size(); ++i)
    if (!a.inputs.empty() && a.outputs[i].shape() != b.outputs[i].shape()) return false;
  for (std::size_t i = 0; i < a.outputs.size(); ++i)
    bind(a.outputs[i], {GraphValue::Kind::constant, "", a.outputs[i], b.outputs[i]});
  return true;
}

std::size_t Translation::translate(std::size_t i) {
  const auto& ops = first_.ops;
  const RecordedOp &a = ops[i], &b = second_.ops[i];
  current_ = &a;
  std::size_t next = i + 1;  // after the ops of its formula
  while (next < ops.size() && ops[next].parent >= int(i)) ++next;
  require(a.name == b.name && a.inputs.size() == b.inputs.size(), call_, place_of(a),
          " runs only for some sizes of the batch; use {.dynamic_batch = false}");
  if (a.status == OpStatus::failed) return next;
  if (fold(a, b)) return next;
  if (a.before.defined())  // what an op in place has overwritten
    if (GraphValue& v = find(a.inputs[0], b.inputs[0]); v.name.empty())
      v.first = a.before, v.second = b.before;
  ExportStep step(*this, i);
  const Rule rule = find_rule(a.name);
  const bool is_done = rule && rule(step);
  if (!is_done && a.status == OpStatus::formula) return i + 1;
  for (std::size_t k = 0; k < a.outputs.size(); ++k)
    if (!is_done || !values_.contains(key_of(a.outputs[k]))) add_missing(i, int(k));
  return next;
}

void Translation::add_output(std::size_t i) {
  const std::size_t count = first_.outputs.size();
  require(options_.outputs.empty() || options_.outputs.size() == count, call_, "expected ", count,
          " names of outputs, got ", options_.outputs.size());
  const Tensor &first = first_.outputs[i], &second = second_.outputs[i];
  const std::string name = !options_.outputs.empty() ? options_.outputs[i]
                           : count == 1              ? "y"
                                                     : "y" + std::to_string(i);
  graph_.output(name_of(find(first, second)), info(name, first, second));
}

const Graph& Translation::run() {
  require(first_.ops.size() == second_.ops.size(), call_, "the module runs ", first_.ops.size(),
          " ops for a batch of ", first_.batch, " and ", second_.ops.size(), " for one of ",
          second_.batch, "; use {.dynamic_batch = false}");
  for (std::size_t i = 0; i < first_.ops.size();) i = translate(i);
  current_ = nullptr;
  for (std::size_t i = 0; i < first_.outputs.size(); ++i) add_output(i);
  graph_.prune();
  check_complete();
  return graph_.graph();
}

}  // namespace tinygrad::onnx
