// SPDX-License-Identifier: MIT
// Statistics of tensors, computed on the host in double.
#include "statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tinygrad/autograd.h"
#include "tinygrad/op.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::tracing {

Tensor copy_of(const View& view, const Device& device) {
  const NoGrad off;
  Tensor copy = empty(view.shape(), {.dtype = view.dtype(), .device = device});
  if (copy.numel()) backend(device).copy(view, view_of(copy));
  return copy;
}

Statistics statistics(const Tensor& x) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  Statistics s{.numel = x.numel(), .min = none, .max = none, .mean = none, .std = none};
  std::vector<double> finite;
  for (const double v : x.detach().to_vector<double>()) {
    if (std::isnan(v)) ++s.nans;
    else if (std::isinf(v)) ++s.infinities;
    else finite.push_back(v);
    s.zeros += v == 0;
  }
  if (finite.empty()) return s;
  const auto [least, most] = std::minmax_element(finite.begin(), finite.end());
  const double n = double(finite.size());
  double sum = 0, squares = 0;
  for (const double v : finite) sum += v / n;
  for (const double v : finite) squares += (v - sum) * (v - sum) / n;
  s.min = *least, s.max = *most, s.mean = sum, s.std = std::sqrt(squares);
  return s;
}

std::string to_string(const Statistics& s) {
  std::string text =
      fmt::format("min {:.4g}  max {:.4g}  mean {:.4g}  std {:.4g}", s.min, s.max, s.mean, s.std);
  if (s.nans) text += fmt::format("  {} NaN", s.nans);
  if (s.infinities) text += fmt::format("  {} inf", s.infinities);
  return text;
}

}  // namespace tinygrad::tracing
