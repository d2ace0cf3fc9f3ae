// SPDX-License-Identifier: MIT
// The ranks of a test: threads, or the processes that mpirun started. A test program runs each of
// its tests on all of them.
#pragma once
#include <gtest/gtest.h>

#include "tinygrad/distributed/distributed.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad::distributed {

/// Calls f(world) on 2, 3 and 4 threads, or on the processes of mpirun.
template <class F> void on_ranks(F f, const Options& options = {}) {
  static const Group processes = init();
  if (processes.size() > 1) return f(processes);
  for (int n : {2, 3, 4})
    run_threads(
        n, [&](const Group& g) { f(g); }, options);
}

/// The tensor that rank r of a test has: small integers, so that sums are exact in every dtype.
inline Tensor tensor_of(int r, const Shape& shape, DType dtype) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(shape.count()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = (std::int64_t(i) * 7 + 3 * r) % 5 + r;
  return from_vector(values, shape).to(dtype);
}
inline bool equal(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         a.to_vector<double>() == b.to_vector<double>();
}

}  // namespace tinygrad::distributed
