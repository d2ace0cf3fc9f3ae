// SPDX-License-Identifier: MIT
// What is said about a tensor without printing it: its range, its mean, and what is not a number.
#pragma once
#include <string>

#include "tinygrad/backend.h"
#include "tinygrad/tensor.h"

namespace tinygrad::tracing {

/// A dense copy of the elements that a view shows, on its device: an observer gets views.
Tensor copy_of(const View& view, const Device& device);

/// Counts of all elements; the rest is of the finite ones, NaN if there is none.
struct Statistics {
  std::int64_t numel = 0, nans = 0, infinities = 0, zeros = 0;
  double min, max, mean, std;
  bool is_finite() const { return nans + infinities == 0; }
};
/// Of a tensor of any dtype on any device; read on the host.
Statistics statistics(const Tensor& x);

/// "min -1.2  max 3.4  mean 0.1  std 0.9", and "3 NaN", "2 inf" if there are some.
std::string to_string(const Statistics& s);

}  // namespace tinygrad::tracing
