// SPDX-License-Identifier: MIT
// Reads and writes the state of optimizers and schedules as named tensors.
#include "optim/state.h"

#include <algorithm>
#include <cmath>

namespace tinygrad::optim {

StateReader::StateReader(const NamedTensors& state) {
  for (auto& [name, t] : state)
    if (!given_.emplace(name, t).second) problems.add(name, "occurs twice");
}

Tensor StateReader::take(const std::string& name, const Shape& shape) {
  const auto at = given_.find(name);
  if (at == given_.end()) {
    problems.add(name, "is missing");
    return {};
  }
  Tensor t = std::move(at->second);
  given_.erase(at);
  if (!t.defined()) problems.add(name, "is an undefined tensor");
  else if (t.shape() != shape)
    problems.add(name, "has shape " + to_string(t.shape()) + ", not " + to_string(shape)), t = {};
  return t;
}

double StateReader::take_scalar(const std::string& name) {
  const Tensor t = take(name, {});
  return t.defined() ? t.item<double>() : 0;
}
double StateReader::take_real(const std::string& name) {
  const double x = take_scalar(name);
  if (std::isfinite(x) && x >= 0) return x;
  problems.add(name, "is " + std::to_string(x) + "; it must be finite and not negative");
  return 0;
}

std::int64_t StateReader::take_count(const std::string& name) {
  constexpr std::int64_t most = std::int64_t(1) << 53;
  const Tensor t = take(name, {});
  if (t.defined() && t.dtype() != DType::int64)
    return problems.add(name, std::string("is ") + to_string(t.dtype()) + ", not int64"), 0;
  const std::int64_t n = t.defined() ? t.item<std::int64_t>() : 0;
  if (n >= 0 && n <= most) return n;
  problems.add(name, "is " + std::to_string(n) + "; a count lies between 0 and 2^53");
  return 0;
}

void StateReader::finish(const Call& call) {
  std::vector<std::string> left;
  for (auto& [name, t] : given_) left.push_back(name);
  std::sort(left.begin(), left.end());
  for (auto& name : left) problems.add(name, "belongs to nothing here");
  problems.raise_if_any(call);
}

}  // namespace tinygrad::optim
