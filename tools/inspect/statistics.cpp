// SPDX-License-Identifier: MIT
// Looks at each element of a tensor.
#include "statistics.h"

#include <cmath>
#include <cstring>
#include <string_view>

namespace tinygrad::inspect {
namespace {

/// Σ f(x) over the finite elements.
template <class T, class F> double sum(std::span<const T> values, F f) {
  double total = 0;
  for (const T value : values)
    if (const double x = double(value); std::isfinite(x)) total += f(x);
  return total;
}

std::uint64_t hash_of(std::string_view bytes, std::uint64_t hash) {
  while (!bytes.empty()) {
    std::uint64_t word = bytes.size();
    const std::size_t count = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), count);
    bytes.remove_prefix(count);
    hash = (hash ^ word) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

std::string_view bytes_of(const Tensor& tensor) {
  return {static_cast<const char*>(tensor.host_data(tensor.dtype())),
          std::size_t(tensor.numel()) * size_of(tensor.dtype())};
}

Statistics statistics(const Tensor& tensor) {
  Statistics result;
  visit(tensor.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto values = tensor.span<T>();
    for (const T value : values) {
      const double x = double(value);
      result.zeros += x == 0;
      result.nans += std::isnan(x);
      result.infinities += std::isinf(x);
    }
    const double n = double(tensor.numel() - result.nans - result.infinities);
    if (n == 0) return;
    result.mean = sum(values, [](double x) { return x; }) / n;
    result.spread =
        std::sqrt(sum(values, [&](double x) { return (x - result.mean) * (x - result.mean); }) / n);
  });
  result.hash = hash_of(bytes_of(tensor), std::uint64_t(tensor.dtype()));
  return result;
}

}  // namespace tinygrad::inspect
