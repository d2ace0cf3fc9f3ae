// SPDX-License-Identifier: MIT
// For tests of a device's kernels through the library: results and derivatives are compared with
// those of the CPU in float64, from the same values.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "support/kernel_tools.h"
#include "tinygrad/tinygrad.h"

namespace kernel_tests {

/// Whole multiples of 1/64 in -2 ... 2, exact in every floating dtype.
inline Tensor numbers(const Shape& shape, unsigned seed, const Device& device = "cpu") {
  std::mt19937 words(seed);
  std::vector<double> values(std::size_t(shape.count()));
  for (double& v : values) v = (int(words() % 257) - 128) / 64.0;
  return from_vector(values, shape).to(device);
}

/// Expects the same values, except for what rounding to `dtype` allows, of values of about `size`.
inline void expect_near(const Tensor& y, const Tensor& expected, double size = 1) {
  ASSERT_EQ(y.shape(), expected.shape());
  const auto a = y.to("cpu").to(float64).to_vector<double>(),
             b = expected.to(float64).to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(b[i]) ? std::isnan(a[i]) : a[i] == b[i]) continue;
    ASSERT_NEAR(a[i], b[i], tolerance(y.dtype(), std::fabs(b[i]) + size))
        << "element " << i << " of " << to_string(y.shape()) << ", " << to_string(y.dtype());
  }
}

using Function = std::function<Tensor(const Tensors&)>;
/// Compares f on the device in `dtype` with f on the CPU in float64, from the same values; and, if
/// required, the derivative by each input, for a gradient of the result's shape.
inline void expect_as_on_cpu(const Device& device, const Function& f,
                             const std::vector<Shape>& shapes, DType dtype, double size = 1,
                             bool derive = false) {
  Tensors results[2], gradients[2];
  for (int there : {0, 1}) {
    Tensors inputs;
    for (std::size_t k = 0; k < shapes.size(); ++k)
      inputs.push_back(numbers(shapes[k], unsigned(k + 1))
                           .to(there ? dtype : float64)
                           .to(there ? device : Device("cpu")));
    if (derive)
      for (Tensor& x : inputs) x.requires_grad_();
    const Tensor y = f(inputs);
    results[there] = {y.detach()};
    if (!derive) continue;
    sum(y * numbers(y.shape(), 99).to(y.dtype()).to(y.device())).backward();
    for (const Tensor& x : inputs)
      if (x.grad().defined()) gradients[there].push_back(x.grad());
  }
  expect_near(results[1][0], results[0][0], size);
  ASSERT_EQ(gradients[1].size(), gradients[0].size());
  for (std::size_t k = 0; k < gradients[0].size(); ++k)
    expect_near(gradients[1][k], gradients[0][k], 4 * size);
}

}  // namespace kernel_tests
