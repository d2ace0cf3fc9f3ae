// SPDX-License-Identifier: MIT
// Initializers as parameters and buffers of modules.
#pragma once
#include <map>
#include <set>
#include <string>
#include <unordered_map>

#include "tinygrad/onnx/load.h"

namespace tinygrad::onnx {

/// What nodes do with an initializer: they compute with it, it holds the statistics of
/// BatchNormalization, or the host reads it (a shape, the bounds of Clip). Of several uses the
/// first in this order counts.
enum class Use { weight, statistic, setting };

/// A module that has what lies below one name: "fc1" of "fc1.weight" and "fc1.bias".
class Branch : public nn::Module {
 public:
  Branch() { lend_name(); }
  Branch(Branch&&) = default;
  using nn::Module::add;
  using nn::Module::add_buffer;
};

/// Registers initializers in a model under their names in the file: the dots in "fc1.weight"
/// separate modules from what is in them. A name that is no such path, as "a..b", or "a" beside
/// "a.b", is registered in the model itself with _ instead of dots.
class Parameters {
 public:
  /// Registers those of the graph that are trained or are statistics. Returns the tensors that the
  /// modules hold, by the initializers that they stand for.
  std::unordered_map<const TensorImpl*, Tensor> add(const Graph& graph, Model& model);

 private:
  template <class M>
  Tensor add_to(M& module, const std::string& name, const Tensor& value, Use use);
  Tensor add(const std::string& name, const Tensor& value, Use use, Model& model);
  Branch& branch(const std::string& path, Model& model);
  bool is_path(const std::string& name) const;
  std::map<std::string, Branch> branches_;  ///< by path
  std::set<std::string> leaves_;            ///< the paths of parameters and buffers
};

}  // namespace tinygrad::onnx
