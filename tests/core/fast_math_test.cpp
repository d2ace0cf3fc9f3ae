// SPDX-License-Identifier: MIT
// Tests that the public headers are right in programs compiled with -ffast-math, in which
// comparisons with NaN mean nothing.
#include <gtest/gtest.h>

#include <limits>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

/// Values that the compiler cannot know.
volatile double nan_value = std::numeric_limits<double>::quiet_NaN(),
                infinity = std::numeric_limits<double>::infinity();

TEST(FastMath, IsOn) {
#ifndef __FAST_MATH__
  FAIL() << "this file must be compiled with -ffast-math";
#endif
}

TEST(FastMath, ScalarsOfNaNAndInfinity) {
  const double nan = nan_value, inf = infinity;
  EXPECT_EQ(Scalar(nan).integer(), 0);
  EXPECT_EQ(Scalar(-nan).integer(), 0);
  EXPECT_EQ(Scalar(float(nan)).integer(), 0);
  EXPECT_EQ(Scalar(inf).integer(), INT64_MAX);
  EXPECT_EQ(Scalar(-inf).integer(), INT64_MIN);
  EXPECT_EQ(Scalar(-2.9).integer(), -2);
  EXPECT_TRUE(Scalar(nan).boolean());
  EXPECT_TRUE(Scalar(-inf).boolean());
  EXPECT_TRUE(Scalar(5e-324).boolean());
  EXPECT_FALSE(Scalar(-0.).boolean());
}

TEST(FastMath, ElementsOfNaNAndInfinity) {
  const double nan = nan_value, inf = infinity;
  EXPECT_EQ(tensor({nan}).item<int>(), 0);
  EXPECT_EQ(full({}, nan, {.dtype = float64}).item<std::int64_t>(), 0);
  EXPECT_TRUE(tensor({nan}).item<bool>());
  EXPECT_FALSE(tensor({0.}).item<bool>());
  EXPECT_EQ(tensor({inf}).item<std::int64_t>(), INT64_MAX);
  EXPECT_THROW(tensor({inf}).item<int>(), ArgumentError);
  EXPECT_EQ(tensor({nan, 0., 2.}).to_vector<bool>(), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(tensor({nan, inf, -3.5}).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{0, INT64_MAX, -3}));
  EXPECT_EQ(to_string(tensor({nan, -inf})),
            "tensor([nan, -inf], shape=[2], dtype=float32, device=cpu)");
  EXPECT_EQ(where(tensor({true, false}), tensor({1., 2.}), -inf).amin().item<std::int64_t>(),
            INT64_MIN);
}

TEST(FastMath, HalvesAndRandomValues) {
  EXPECT_EQ(Half(float(nan_value)).bits & 0x7E00, 0x7E00);
  EXPECT_EQ(BFloat16(float(infinity)).bits, 0x7F80);
  EXPECT_EQ(philox_uniform(1, 2, 3), float(philox_word(1, 2, 3) >> 8) / 16777216.f);
}

}  // namespace
}  // namespace tinygrad
