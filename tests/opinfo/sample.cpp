// SPDX-License-Identifier: MIT
// Reads the arguments of a sample from the JSON that dump.py writes.
#include "sample.h"

#include <cmath>

#include "strides.h"

namespace opinfo {
namespace {

/// The beginning of a value's text, for messages.
string shown(const json& value) { return value.dump().substr(0, 40); }

[[noreturn]] void skip_value(const string& name, const json& value) {
  throw Skip{name + " = " + shown(value)};
}

}  // namespace

DType dtype_named(const string& name) {
  for (DType d : all_dtypes)
    if (name == to_string(d)) return d;
  throw Skip{"dtype " + name};
}

Dims dims_of(const json& value) {
  if (value.is_number_integer()) return {value.get<std::int64_t>()};
  if (!value.is_array()) throw Skip{"sizes that are " + shown(value)};
  if (value.size() > max_rank) throw Skip{"rank above 8"};
  Dims dims;
  for (const json& size : value) {
    if (!size.is_number_integer()) throw Skip{"sizes that are " + shown(value)};
    dims.push_back(size.get<std::int64_t>());
  }
  return dims;
}

int int_of(std::int64_t value) {
  if (value != int(value)) throw Skip{"an integer that does not fit into int"};
  return int(value);
}

bool is_tensor(const json& value) { return value.is_object() && value.contains("t"); }

Scalar scalar_of(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) return value.get<double>();
  if (value.is_object() && value.contains("f")) {
    const string text = value["f"];
    return text == "nan" ? std::nan("") : text == "inf" ? INFINITY : -INFINITY;
  }
  throw Skip{"a scalar that is " + shown(value)};
}

const json* Sample::find(std::size_t position, const string& name) {
  const json* value = nullptr;
  if (position < count()) {
    used_.insert(std::to_string(position));
    value = &call_["args"][position];
  } else if (call_["kwargs"].contains(name)) {
    used_.insert(name);
    value = &call_["kwargs"][name];
  }
  return value && value->is_null() ? nullptr : value;
}

bool Sample::has_tensor(std::size_t position, const string& name) {
  const json* value = find(position, name);
  return value && is_tensor(*value);
}

std::int64_t Sample::integer(std::size_t position, const string& name, std::int64_t otherwise) {
  const json* value = find(position, name);
  if (!value) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  if (!value->is_number_integer()) skip_value(name, *value);
  return value->get<std::int64_t>();
}

int Sample::int_at(std::size_t position, const string& name, int otherwise) {
  return int_of(integer(position, name, otherwise));
}

bool Sample::flag(std::size_t position, const string& name, bool otherwise) {
  const json* value = find(position, name);
  if (!value) return otherwise;
  if (value->is_number_integer()) return value->get<int>() != 0;
  if (!value->is_boolean()) skip_value(name, *value);
  return value->get<bool>();
}

Scalar Sample::scalar(std::size_t position, const string& name, Scalar otherwise) {
  const json* value = find(position, name);
  return value ? scalar_of(*value) : otherwise;
}

double Sample::real(std::size_t position, const string& name, double otherwise) {
  return scalar(position, name, otherwise).real();
}

string Sample::text(std::size_t position, const string& name, const string& otherwise) {
  const json* value = find(position, name);
  if (!value) return otherwise;
  if (!value->is_string()) skip_value(name, *value);
  return value->get<string>();
}

Dims Sample::dims(std::size_t position, const string& name) {
  const json* value = find(position, name);
  return value ? dims_of(*value) : Dims();
}

DType Sample::dtype(DType otherwise, std::size_t position) {
  const json* value = find(position, "dtype");
  if (!value) return otherwise;
  if (!value->is_object() || !value->contains("dtype")) skip_value("dtype", *value);
  return dtype_named((*value)["dtype"]);
}

Tensor Sample::tensor(std::size_t position, const string& name) {
  const json* value = find(position, name);
  return value ? tensor_of(*value) : Tensor();
}

void Sample::only(std::size_t position, const string& name, const json& value) {
  const json* given = find(position, name);
  if (!given || *given == value) return;
  if (given->is_number() && value.is_number() && given->get<double>() == value.get<double>())
    return;
  skip_value(name, *given);
}

void Sample::check_all_used() const {
  for (std::size_t i = 0; i < count(); ++i)
    if (!used_.count(std::to_string(i)) && !call_["args"][i].is_null())
      skip_value("argument " + std::to_string(i), call_["args"][i]);
  for (auto& [name, value] : call_["kwargs"].items())
    if (!used_.count(name) && !value.is_null()) skip_value(name, value);
}

Tensor Sample::tensor_of(const json& value) {
  if (value.is_null()) return {};
  if (!is_tensor(value)) throw Skip{"a tensor argument that is " + shown(value)};
  if (value["t"].is_null()) {
    dtype_named(value["dtype"]);  // an unknown dtype is the better reason
    throw Skip{"a tensor that is " + value["what"].get<string>()};
  }
  const string name = value["t"];
  if (auto known = made_.find(name); known != made_.end()) return known->second;
  const NoGrad off;
  const auto strides = value["stride"].get<std::vector<std::int64_t>>();
  Tensor t = with_strides(file_.at(name), strides).detach();
  if (records_ && value["rg"].get<bool>()) t.requires_grad_();
  made_.emplace(name, t);
  return t;
}

Tensors Sample::tensors_of(const json& value) {
  if (!value.is_array()) throw Skip{"a list of tensors that is " + shown(value)};
  Tensors list;
  for (const json& t : value) list.push_back(tensor_of(t));
  return list;
}

std::vector<Tensor> Sample::all_made() const {
  std::vector<Tensor> all;
  for (auto& [name, t] : made_) all.push_back(t);
  return all;
}

Tensor Sample::made(const string& name) const {
  auto known = made_.find(name);
  return known == made_.end() ? Tensor() : known->second;
}

}  // namespace opinfo
