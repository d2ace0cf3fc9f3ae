// SPDX-License-Identifier: MIT
// Small functions for the tests of modules and optimizers.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "support/message_of.h"
#include "tinygrad/autograd.h"
#include "tinygrad/nn.h"
#include "tinygrad/ops.h"

namespace tinygrad {

inline void expect_says(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << "\"" << part << "\" is not in:\n" << message;
}

inline void expect_close(const Tensor& t, const std::vector<double>& expected, double tolerance) {
  const auto values = t.to_vector<double>();
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], expected[i], tolerance * std::max(1., std::abs(expected[i])))
        << "element " << i;
}
inline void expect_close(const Tensor& a, const Tensor& b, double tolerance) {
  EXPECT_EQ(a.shape(), b.shape());
  expect_close(a, b.to_vector<double>(), tolerance);
}
/// Expects that every bit is the same: shape, dtype and values.
inline void expect_same(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_EQ(a.dtype(), b.dtype());
  EXPECT_EQ(a.to_vector<double>(), b.to_vector<double>());
}

inline std::vector<std::string> names(const NamedTensors& tensors) {
  std::vector<std::string> all;
  for (auto& [name, t] : tensors) all.push_back(name);
  return all;
}

}  // namespace tinygrad
