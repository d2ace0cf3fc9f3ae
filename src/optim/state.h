// SPDX-License-Identifier: MIT
// StateReader: takes values out of a saved state, and collects all that is wrong with it.
#pragma once
#include <string>
#include <unordered_map>

#include "nn/problems.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad::optim {

/// A state by name. An entry that is never taken is a problem too.
class StateReader {
 public:
  explicit StateReader(const NamedTensors& state);
  /// The tensor if it is there and has this shape; undefined otherwise, which is a problem.
  Tensor take(const std::string& name, const Shape& shape);
  bool has(const std::string& name) const { return given_.count(name) > 0; }
  double take_scalar(const std::string& name);
  /// A finite value that is not negative; 0 if there is none, which is a problem.
  double take_real(const std::string& name);
  std::int64_t take_count(const std::string& name);
  /// Throws if there was anything wrong, or anything is left.
  void finish(const Call& call);
  Problems problems;

 private:
  std::unordered_map<std::string, Tensor> given_;
};

/// Scalars as a state holds them: shape [].
inline Tensor count_tensor(std::int64_t n) {
  return full({}, n, {.dtype = DType::int64, .device = "cpu"});
}
inline Tensor real_tensor(double x) {
  return full({}, x, {.dtype = DType::float64, .device = "cpu"});
}

}  // namespace tinygrad::optim
