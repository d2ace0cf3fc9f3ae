// SPDX-License-Identifier: MIT
// Decides if results count as equal.
#include <cmath>
#include <cstdio>

#include "op_table.h"

namespace op_table {

double epsilon(DType dtype) {
  switch (dtype) {
    case DType::float64: return 0x1p-52;
    case DType::float32: return 0x1p-23;
    case DType::float16: return 0x1p-10;
    case DType::bfloat16: return 0x1p-7;
    default: return 0;
  }
}

namespace {

bool close(double found, double expected, double allowed) {
  if (std::isnan(expected)) return std::isnan(found);
  return found == expected ||
         std::fabs(found - expected) <= allowed * std::fmax(1, std::fabs(expected));
}

template <class T>
std::string first_difference(const Tensor& found, const Tensor& expected, double allowed) {
  const std::vector<T> a = found.to_vector<T>(), b = expected.to_vector<T>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (close(double(a[i]), double(b[i]), allowed) &&
        (allowed > 0 || a[i] == b[i] || std::isnan(double(b[i]))))
      continue;
    char text[160];
    std::snprintf(text, sizeof text,
                  "element %zu is %.17g, expected %.17g (off by %.3g, allowed is %.3g)", i,
                  double(a[i]), double(b[i]), double(a[i]) - double(b[i]),
                  allowed * std::fmax(1, std::fabs(double(b[i]))));
    return text;
  }
  return {};
}

std::string kind_of(const Error& e) {
  if (dynamic_cast<const ShapeError*>(&e)) return "ShapeError";
  if (dynamic_cast<const DTypeError*>(&e)) return "DTypeError";
  if (dynamic_cast<const DeviceError*>(&e)) return "DeviceError";
  if (dynamic_cast<const IndexError*>(&e)) return "IndexError";
  if (dynamic_cast<const ArgumentError*>(&e)) return "ArgumentError";
  if (dynamic_cast<const AutogradError*>(&e)) return "AutogradError";
  return "Error";
}

}  // namespace

std::string difference(const Tensor& found, const Tensor& expected, double ulps) {
  if (found.defined() != expected.defined())
    return found.defined() ? "is given, should be undefined" : "is undefined, should be given";
  if (!found.defined()) return {};
  if (found.shape() != expected.shape())
    return "shape " + to_string(found.shape()) + ", expected " + to_string(expected.shape());
  if (is_floating(found.dtype()) != is_floating(expected.dtype()) ||
      (found.dtype() == DType::boolean) != (expected.dtype() == DType::boolean))
    return std::string("dtype ") + to_string(found.dtype()) + ", expected " +
           to_string(expected.dtype());
  if (!is_floating(found.dtype())) return first_difference<std::int64_t>(found, expected, 0);
  return first_difference<double>(found, ulps == 0 ? expected.to(found.dtype()) : expected,
                                  ulps * epsilon(found.dtype()));
}

std::string difference(const Tensors& found, const Tensors& expected, double ulps) {
  if (found.size() != expected.size())
    return std::to_string(found.size()) + " results, expected " + std::to_string(expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    if (const std::string d = difference(found[i], expected[i], ulps); !d.empty())
      return "result " + std::to_string(i) + ": " + d;
  return {};
}

std::string difference(const Row& row, const Results& found, const Results& expected,
                       double factor) {
  if (const std::string d = difference(found.outputs, expected.outputs, factor * row.ulps);
      !d.empty())
    return d;
  const std::string d =
      difference(found.gradients, expected.gradients, factor * gradient_ulps(row));
  return d.empty() ? d : "gradients: " + d;
}

std::string outcome(const std::function<Tensors()>& call) {
  try {
    std::string text = "ok";
    for (auto& y : call())
      text += y.defined() ? std::string(" ") + to_string(y.dtype()) + to_string(y.shape())
                          : " undefined";
    return text;
  } catch (const Error& e) {
    const std::string text = e.what();
    return kind_of(e) + ": " + text.substr(0, text.find("\n  called at"));
  }
}

}  // namespace op_table
