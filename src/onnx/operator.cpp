// SPDX-License-Identifier: MIT
// What operators ask of a node: inputs, attributes, positions of dimensions.
#include "operator.h"

#include <algorithm>

#include "dtypes.h"
#include "tinygrad/ops/copy.h"

namespace tinygrad::onnx {

static Device find_device(const Tensors& inputs, unsigned host_inputs) {
  const Device cpu("cpu");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool is_on_host = i < 32 && (host_inputs >> i & 1) != 0;
    if (inputs[i].defined() && !is_on_host && !(inputs[i].device() == cpu))
      return inputs[i].device();
  }
  return cpu;
}

NodeCall::NodeCall(const Node& node, Tensors inputs, unsigned host_inputs, bool is_training,
                   SourceLocation location)
    : node_(node),
      inputs_(std::move(inputs)),
      is_training_(is_training),
      location_(location),
      device_(find_device(inputs_, host_inputs)) {}

const Tensor& NodeCall::raw(int i) const {
  check(has(i), "input ", i, " is not given, and it is required");
  return inputs_[std::size_t(i)];
}

Tensor NodeCall::operator[](int i) const {
  const Tensor x = raw(i).to(device_, location_);
  if (!is_storage(x.dtype())) return x;
  return x.to(x.dtype() == uint32 ? int64 : int32, location_);
}

Tensors NodeCall::all() const {
  Tensors all;
  for (int i = 0; i < input_count(); ++i) all.push_back((*this)[i]);
  return all;
}

Ints NodeCall::ints(int i) const { return raw(i).to_vector<std::int64_t>(location_); }

std::vector<double> NodeCall::reals(int i) const { return raw(i).to_vector<double>(location_); }

Scalar NodeCall::scalar(int i, Scalar fallback) const {
  return has(i) ? raw(i).item_scalar(location_) : fallback;
}

template <class T> const T* NodeCall::find(const char* attribute) const {
  const AttributeValue* const value = node_.attribute(attribute);
  if (!value) return nullptr;
  check(std::holds_alternative<T>(*value), "the attribute ", attribute, " is of another type");
  return std::get_if<T>(value);
}

std::int64_t NodeCall::integer(const char* attribute, std::int64_t fallback) const {
  const auto* const value = find<std::int64_t>(attribute);
  return value ? *value : fallback;
}

double NodeCall::real(const char* attribute, double fallback) const {
  const auto* const value = find<float>(attribute);
  return value ? double(*value) : fallback;
}

std::string NodeCall::text(const char* attribute, const char* fallback) const {
  const auto* const value = find<std::string>(attribute);
  return value ? *value : fallback;
}

Ints NodeCall::ints(const char* attribute, Ints fallback) const {
  const auto* const value = find<Ints>(attribute);
  return value ? *value : fallback;
}

std::vector<double> NodeCall::reals(const char* attribute, std::vector<double> fallback) const {
  const auto* const value = find<std::vector<float>>(attribute);
  return value ? std::vector<double>(value->begin(), value->end()) : fallback;
}

std::vector<std::string> NodeCall::texts(const char* attribute,
                                         std::vector<std::string> fallback) const {
  const auto* const value = find<std::vector<std::string>>(attribute);
  return value ? *value : fallback;
}

Tensor NodeCall::tensor(const char* attribute) const {
  const auto* const value = find<Tensor>(attribute);
  return value ? *value : Tensor();
}

int axis_of(const NodeCall& node, std::int64_t axis, int rank) {
  node.check(-rank <= axis && axis < rank, "axis ", axis, " is outside a tensor of rank ", rank);
  return int(axis < 0 ? axis + rank : axis);
}

DType dtype_of_number(const NodeCall& node, std::int64_t number) {
  const ElementType* const type = find_element_type(number);
  node.check(type && type->dtype, "elements of ", element_type_name(number),
             " are asked for, for which the library has no dtype");
  return *type->dtype;
}

static std::vector<const Operator*> make_list() {
  std::vector<const Operator*> list;
  for (const Operators table :
       {attention_operators(), constant_operators(),    convolution_operators(),
        detection_operators(), elementwise_operators(), index_operators(),
        logic_operators(),     loss_operators(),        normalization_operators(),
        pooling_operators(),   product_operators(),     quantization_operators(),
        random_operators(),    rearrange_operators(),   recurrent_operators(),
        reduction_operators(), resize_operators(),      shape_operators(),
        signal_operators(),    sampling_operators()})
    for (const Operator& op : table) list.push_back(&op);
  std::sort(list.begin(), list.end(),
            [](auto* a, auto* b) { return std::string_view(a->name) < std::string_view(b->name); });
  return list;
}

const std::vector<const Operator*>& all_operators() {
  static const std::vector<const Operator*> list = make_list();
  return list;
}

const Operator* find_operator(std::string_view name) {
  const auto& list = all_operators();
  const auto found =
      std::lower_bound(list.begin(), list.end(), name,
                       [](const Operator* op, std::string_view text) { return op->name < text; });
  return found != list.end() && (*found)->name == name ? *found : nullptr;
}

}  // namespace tinygrad::onnx
