// SPDX-License-Identifier: MIT
// NodeCall: one run of a node, as an operator sees it; and the tables of operators, which are in
// ops/*.cpp. An operator is a function of a NodeCall that returns the outputs.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/onnx/load.h"
#include "tinygrad/ops.h"

namespace tinygrad::onnx {

using Ints = std::vector<std::int64_t>;

class NodeCall {
 public:
  /// host_inputs: bit i is set if the host reads input i.
  NodeCall(const Node& node, Tensors inputs, unsigned host_inputs, bool is_training,
           SourceLocation location);

  /// Returns whether input i is given.
  bool has(int i) const { return i < int(inputs_.size()) && inputs_[std::size_t(i)].defined(); }
  int input_count() const { return int(inputs_.size()); }
  /// Input i on the node's device, in a dtype that arithmetic takes: int32 or int64 for a storage
  /// dtype. Throws ArgumentError if it is not given.
  Tensor operator[](int i) const;
  /// The same, but an undefined tensor if the input is not given.
  Tensor optional(int i) const { return has(i) ? (*this)[i] : Tensor(); }
  /// Input i as it is: in its own dtype and on its own device.
  const Tensor& raw(int i) const;
  Tensors all() const;
  /// The elements of input i, which the host reads.
  Ints ints(int i) const;
  std::vector<double> reals(int i) const;
  /// The single element of input i, or `fallback` if it is not given.
  Scalar scalar(int i, Scalar fallback) const;

  // Attributes. `fallback` is the value if the node has none.
  bool has(const char* attribute) const { return node_.attribute(attribute) != nullptr; }
  std::int64_t integer(const char* attribute, std::int64_t fallback) const;
  double real(const char* attribute, double fallback) const;
  std::string text(const char* attribute, const char* fallback) const;
  Ints ints(const char* attribute, Ints fallback = {}) const;
  std::vector<double> reals(const char* attribute, std::vector<double> fallback = {}) const;
  std::vector<std::string> texts(const char* attribute,
                                 std::vector<std::string> fallback = {}) const;
  Tensor tensor(const char* attribute) const;
  /// Integers that are an attribute in old opsets and input i in new ones.
  Ints ints(const char* attribute, int i) const { return has(i) ? ints(i) : ints(attribute); }

  const Node& node() const { return node_; }
  std::int64_t opset() const { return node_.opset; }
  bool is_training() const { return is_training_; }
  /// Where the node computes: on the device of an input that is not on the CPU, if there is one.
  /// Inputs that the host reads do not count. Shapes are integers on the CPU, and what is computed
  /// from them alone stays there, so that no device waits for it.
  const Device& device() const { return device_; }
  TensorOptions options(DType dtype) const { return {.dtype = dtype, .device = device_}; }
  /// Returns whether output i has a name.
  bool wants(int i) const {
    return i < int(node_.outputs.size()) && !node_.outputs[std::size_t(i)].empty();
  }
  /// Throws ArgumentError in the name of the operator unless ok.
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require(ok, Call{node_.op_type.c_str(), location_}, parts...);
  }

 private:
  template <class T> const T* find(const char* attribute) const;
  const Node& node_;
  Tensors inputs_;
  bool is_training_;
  SourceLocation location_;
  Device device_;
};

/// What the dtype of the outputs is: that of input 0, as ONNX says of most operators, or what the
/// function returns.
enum class Result { as_first, own };
struct Operator {
  std::string_view name;
  Tensors (*run)(const NodeCall& node);
  Result result = Result::as_first;
  unsigned host_inputs = 0;  ///< of NodeCall
};
/// The bits of inputs that the host reads.
template <class... I> constexpr unsigned host(I... input) { return ((1u << input) | ...); }
using Operators = std::span<const Operator>;

/// The operator of ONNX's own domain with this name; null if it is not supported.
const Operator* find_operator(std::string_view name);
/// All of them, in the order of the alphabet.
const std::vector<const Operator*>& all_operators();

/// Position `axis` of a shape of this rank; negative ones count from the end.
int axis_of(const NodeCall& node, std::int64_t axis, int rank);
/// The DType of a number of TensorProto.DataType. Throws ArgumentError if there is none.
DType dtype_of_number(const NodeCall& node, std::int64_t number);

// The tables of ops/*.cpp.
Operators attention_operators();
Operators constant_operators();
Operators convolution_operators();
Operators detection_operators();
Operators elementwise_operators();
Operators index_operators();
Operators loss_operators();
Operators logic_operators();
Operators normalization_operators();
Operators pooling_operators();
Operators product_operators();
Operators quantization_operators();
Operators random_operators();
Operators rearrange_operators();
Operators recurrent_operators();
Operators reduction_operators();
Operators resize_operators();
Operators sampling_operators();
Operators shape_operators();
Operators signal_operators();

}  // namespace tinygrad::onnx
