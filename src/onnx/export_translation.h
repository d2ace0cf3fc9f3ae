// SPDX-License-Identifier: MIT
// Translation: from recorded ops to an ONNX graph, op by op, each by its rule.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "export_graph.h"
#include "export_recorder.h"
#include "tinygrad/onnx/save.h"
#include "tinygrad/op.h"

namespace tinygrad::onnx {

/// A call of the module: what it read, wrote and ran.
struct RecordedCall {
  std::int64_t batch;  ///< the size of the batch
  Tensors inputs, outputs;
  std::vector<RecordedOp> ops;
};

/// A size of a tensor in both recordings, which differs if the batch is part of it.
struct Size {
  std::int64_t first, second;
  bool is_static() const { return first == second; }
  bool operator==(const Size&) const = default;
};
using Sizes = std::vector<Size>;

/// A value of the graph. `first` and `second` are the tensors that held it in the recordings.
struct GraphValue {
  enum class Kind { computed, weight, constant } kind;
  std::string name;  ///< of a constant: empty until a node reads it
  Tensor first, second;
  std::string origin = {};   ///< the value that this one is a reshape or an expansion of
  Sizes origin_sizes = {};   ///< its sizes
  bool is_expanded = false;  ///< it is an expansion
};

class ExportStep;
/// Turns one op into nodes. Returns false if it has no form for this op.
using Rule = bool (*)(ExportStep& step);
/// The rule of an op; null if there is none.
Rule find_rule(const std::string& op);

class Translation {
 public:
  /// The two recordings may be one.
  Translation(const Call& call, const SaveOptions& options, const RecordedCall& first,
              const RecordedCall& second, const NamedTensors& state);
  /// Throws ArgumentError as save() does.
  const Graph& run();

 private:
  friend class ExportStep;
  void add_input(std::size_t i, const std::string& name);
  /// Translates op `i` and skips what its formula runs, or those alone. Returns the next op.
  std::size_t translate(std::size_t i);
  bool fold(const RecordedOp& a, const RecordedOp& b);
  void add_output(std::size_t i);
  GraphValue& find(const Tensor& first, const Tensor& second);
  void bind(const Tensor& first, GraphValue value);
  const std::string& name_of(GraphValue& value);
  ValueInfo info(const std::string& name, const Tensor& first, const Tensor& second) const;
  void overwrite(const RecordedOp& op);
  std::string shape_of(const Sizes& sizes);
  std::string batch_multiple(const Size& size);
  void add_missing(std::size_t op, int output);
  void check_complete() const;

  Call call_;
  const SaveOptions& options_;
  const RecordedCall &first_, &second_;
  ExportGraph graph_;
  std::map<std::string, GraphValue> values_;   ///< by view, in the first recording
  std::set<std::string> written_;              ///< blocks that an op has written in place
  std::string batch_;                          ///< the value [N]; empty until it is needed
  const RecordedOp* current_ = nullptr;        ///< the op that is translated, for messages
  std::map<std::string, std::string> places_;  ///< of nodes "?", by name: the op, for messages
};

/// One op that a rule translates.
class ExportStep {
 public:
  ExportStep(Translation& translation, std::size_t op) : t_(translation), op_(op) {}
  const RecordedOp& op() const { return t_.first_.ops[op_]; }
  int opset() const { return t_.options_.opset; }

  // ------------------------------------------------------------ the op
  int inputs() const { return int(op().inputs.size()); }
  int outputs() const { return int(op().outputs.size()); }
  bool has(int input) const {
    return input < inputs() && op().inputs[std::size_t(input)].defined();
  }
  /// The tensors of the first and of the second recording.
  const Tensor& input(int i, bool second = false) const;
  const Tensor& output(int i, bool second = false) const;
  Sizes input_sizes(int i) const;
  Sizes output_sizes(int i) const;
  /// A call of a kernel by this op, or by an op of its formula; null if there is none.
  const KernelCall* call(std::string_view kernel) const { return call_of(t_.first_, kernel); }
  /// The n-th argument of type T of that call. Throws ArgumentError if it depends on the batch, or
  /// if there is no such argument.
  template <class T> T argument(std::string_view kernel, int n = 0) const;
  /// The scalar of the first binary op of the formula that is `op` and has one: an epsilon.
  double scalar_of(Binary op) const;

  // ------------------------------------------------------------ the graph
  ExportGraph& graph() { return t_.graph_; }
  /// The name of the value of an input.
  const std::string& name(int input);
  GraphValue& value(int i) { return t_.find(input(i), input(i, true)); }
  /// Adds a node and returns the name of its last output.
  std::string node(const std::string& type, std::vector<std::string> inputs,
                   const std::vector<NewAttribute>& attributes = {}, int outputs = 1);
  std::string scalar(Scalar value) { return graph().scalar(value, output(0).dtype()); }
  std::string ints(const Ints& values) { return graph().ints(values); }
  /// A value of these sizes, as the input `shape` of nodes. The batch's size is taken from an
  /// input.
  std::string shape(const Sizes& sizes) { return t_.shape_of(sizes); }
  /// Says that output i is this value.
  bool result(const std::string& name, int i = 0);
  bool result(GraphValue value, int i = 0);
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  const KernelCall* call_of(const RecordedCall& recording, std::string_view kernel) const;
  Translation& t_;
  std::size_t op_;
};

/// The sizes of a tensor in both recordings.
Sizes sizes_of(const Tensor& first, const Tensor& second);
/// The op and the module that ran it, in messages.
std::string place_of(const RecordedOp& op);
bool same_argument(const Argument& a, const Argument& b);

template <class T> T ExportStep::argument(std::string_view kernel, int n) const {
  const KernelCall *first = call(kernel), *second = call_of(t_.second_, kernel);
  const T* const a = first ? first->find<T>(n) : nullptr;
  const T* const b = second ? second->find<T>(n) : nullptr;
  if (!a || !b) refuse("was called in a way that is not known");
  if (!same_argument(*a, *b)) refuse("has a parameter that depends on the size of the batch");
  return *a;
}

}  // namespace tinygrad::onnx
