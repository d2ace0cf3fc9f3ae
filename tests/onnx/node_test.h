// SPDX-License-Identifier: MIT
// Runs a network on inputs and compares the outputs with expected ones: NAME.onnx and
// NAME.data.onnx, as node_tests.py and real_models.py write them.
#pragma once
#include <cmath>
#include <map>
#include <string>

#include "tinygrad/autograd.h"
#include "tinygrad/onnx/load.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {

/// The tensors and tolerances of NAME.data.onnx.
struct NodeTest {
  std::map<std::string, Tensor> data;
  double rtol = 1e-3, atol = 1e-7;
  double milliseconds = 0;  ///< of ONNX Runtime, for a whole network
  explicit NodeTest(const std::string& path) {
    const onnx::Graph graph = onnx::read(path);
    for (auto& [name, tensor] : graph.initializers) data[name] = tensor;
    for (auto& [key, value] : graph.metadata)
      (key == "rtol" ? rtol : key == "atol" ? atol : milliseconds) = std::stod(value);
  }
  const Tensor* find(const std::string& kind, std::size_t i) const {
    const auto found = data.find(kind + "_" + std::to_string(i));
    return found == data.end() ? nullptr : &found->second;
  }
};

/// What differs between a result and the expected one; empty if it is close enough.
inline std::string difference(const Tensor& y, const Tensor& expected, double rtol, double atol) {
  if (!y.defined()) return "there is no output";
  if (!(y.shape() == expected.shape()))
    return "shape " + to_string(y.shape()) + ", expected " + to_string(expected.shape());
  if (y.dtype() != expected.dtype())
    return std::string("dtype ") + to_string(y.dtype()) + ", expected " +
           to_string(expected.dtype());
  const auto a = y.to_vector<double>(), b = expected.to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool is_same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (!is_same && !(std::abs(a[i] - b[i]) <= atol + rtol * std::abs(b[i])))
      return "element " + std::to_string(i) + " is " + std::to_string(a[i]) + ", expected " +
             std::to_string(b[i]);
  }
  return "";
}

/// What went wrong in the test NAME of a folder; empty if it passes.
inline std::string run_node_test(const std::string& folder, const std::string& name,
                                 const Device& device = "cpu") {
  try {
    const auto model = onnx::load(folder + "/" + name + ".onnx", {.device = device});
    const NodeTest test(folder + "/" + name + ".data.onnx");
    NamedTensors inputs;
    for (std::size_t i = 0; i < model->inputs().size(); ++i) {
      const Tensor* const x = test.find("input", i);
      if (!x) return "input " + std::to_string(i) + " is no tensor";
      inputs.emplace_back(model->inputs()[i].name, x->to(device));
    }
    const NoGrad off;
    const NamedTensors outputs = model->run(inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Tensor* const expected = test.find("output", i);
      if (!expected) return "output " + std::to_string(i) + " is no tensor";
      const std::string problem = difference(outputs[i].second, *expected, test.rtol, test.atol);
      if (!problem.empty()) return "output " + std::to_string(i) + ": " + problem;
    }
    return "";
  } catch (const Error& error) { return error.what(); }
}

}  // namespace tinygrad::test
