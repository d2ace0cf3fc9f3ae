// SPDX-License-Identifier: MIT
// ExportGraph: an ONNX graph under construction.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tinygrad/onnx/load.h"

namespace tinygrad::onnx {

using Ints = std::vector<std::int64_t>;

/// An attribute from a value of C++: {"axis", 1}.
struct NewAttribute : Attribute {
  NewAttribute(const char* n, std::int64_t v) : Attribute{n, v} {}
  NewAttribute(const char* n, int v) : Attribute{n, std::int64_t(v)} {}
  NewAttribute(const char* n, double v) : Attribute{n, float(v)} {}
  NewAttribute(const char* n, Ints v) : Attribute{n, std::move(v)} {}
  NewAttribute(const char* n, const char* v) : Attribute{n, std::string(v)} {}
};

class ExportGraph {
 public:
  explicit ExportGraph(int opset);
  /// `stem`, or with a number behind it if another value has this name.
  std::string unique(const std::string& stem);
  /// Adds a node and returns the name of its last output, `stem` or with a number.
  std::string node(const std::string& type, std::vector<std::string> inputs,
                   const std::string& stem, const std::vector<NewAttribute>& attributes = {},
                   int outputs = 1);
  /// Adds a tensor with these values, which is written under that name or one with a number.
  std::string tensor(const std::string& name, const Tensor& values);
  /// A constant: 0-d of this dtype, or int64 [n]; equal ones are one.
  std::string scalar(Scalar value, DType dtype);
  std::string ints(const Ints& values);
  void input(const ValueInfo& info);
  /// Makes `value` an output.
  void output(const std::string& value, ValueInfo info);
  /// Drops nodes and tensors that no output needs.
  void prune();
  const Graph& graph() const { return graph_; }

 private:
  Graph graph_;
  std::set<std::string> names_;
  std::map<std::string, std::string> constants_;  ///< by text
  std::map<std::string, std::string> renamed_;    ///< values that became outputs
};

}  // namespace tinygrad::onnx
