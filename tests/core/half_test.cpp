// SPDX-License-Identifier: MIT
// Tests float16 and bfloat16 on all values, to float and back, and at every midpoint between two
// values, which they round to even.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

template <class T> T of_bits(std::uint32_t bits) {
  T x;
  x.bits = std::uint16_t(bits);
  return x;
}

/// The value of 16 bits with `fraction` bits of fraction and an exponent of the given bias, by the
/// definition of IEEE 754.
double meaning(std::uint32_t bits, int fraction, int bias) {
  const int exponent_bits = 15 - fraction,
            exponent = int(bits >> fraction & ((1u << exponent_bits) - 1));
  const double sign = bits >> 15 ? -1 : 1,
               tail = double(bits & ((1u << fraction) - 1)) / double(1u << fraction);
  if (exponent == (1 << exponent_bits) - 1) return tail == 0 ? sign * INFINITY : NAN;
  return sign *
         (exponent == 0 ? std::ldexp(tail, 1 - bias) : std::ldexp(1 + tail, exponent - bias));
}

template <class T> void every_value_means_what_it_should(int fraction, int bias) {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const double expected = meaning(bits, fraction, bias), found = float(of_bits<T>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(found)) << bits;
      ASSERT_TRUE(std::isnan(float(T(float(found))))) << bits;
      continue;
    }
    ASSERT_EQ(found, expected) << bits;
    ASSERT_EQ(std::signbit(found), std::signbit(expected)) << bits;
    ASSERT_EQ(T(float(found)).bits, bits);
  }
}

/// Between neighbours a and b, the midpoint rounds to the even one, and a value that is a bit
/// nearer to one of them rounds to that one.
template <class T> void midpoints_round_to_even(std::uint32_t infinity) {
  for (std::uint32_t bits = 0; bits + 1 < infinity; ++bits) {
    const float a = of_bits<T>(bits), b = of_bits<T>(bits + 1);
    const float middle = float((double(a) + double(b)) / 2);
    const std::uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(T(middle).bits, even) << bits;
    ASSERT_EQ(T(std::nextafter(middle, a)).bits, bits) << bits;
    ASSERT_EQ(T(std::nextafter(middle, b)).bits, bits + 1) << bits;
    ASSERT_EQ(T(-middle).bits, even | 0x8000) << bits;
  }
}

TEST(Half, EveryValue) { every_value_means_what_it_should<Half>(10, 15); }
TEST(BFloat16, EveryValue) { every_value_means_what_it_should<BFloat16>(7, 127); }
TEST(Half, Midpoints) { midpoints_round_to_even<Half>(0x7C00); }
TEST(BFloat16, Midpoints) { midpoints_round_to_even<BFloat16>(0x7F80); }

TEST(Half, OverflowsToInfinity) {
  EXPECT_EQ(Half(65504.f).bits, 0x7BFF);
  EXPECT_EQ(Half(65519.99f).bits, 0x7BFF);
  EXPECT_EQ(Half(65520.f).bits, 0x7C00);
  EXPECT_EQ(Half(-1e30f).bits, 0xFC00);
  EXPECT_EQ(Half(INFINITY).bits, 0x7C00);
  EXPECT_EQ(BFloat16(3.4e38f).bits, 0x7F80);
  EXPECT_EQ(BFloat16(-INFINITY).bits, 0xFF80);
}

TEST(Half, UnderflowsToZero) {
  EXPECT_EQ(Half(0x1p-25f).bits, 0);  // half of the smallest, a tie: to even
  EXPECT_EQ(Half(std::nextafter(0x1p-25f, 1.f)).bits, 1);
  EXPECT_EQ(Half(-0x1p-26f).bits, 0x8000);
}

/// Tensors convert with kernels of their own: they agree with the scalar types on every value.
template <class T> void tensors_agree(DType dtype) {
  std::vector<T> values(65536);
  for (std::uint32_t bits = 0; bits < 65536; ++bits) values[bits] = of_bits<T>(bits);
  const Tensor x = from_vector(values), wide = x.to(float32);
  const auto floats = wide.to_vector<float>();
  const auto doubles = x.to(float64).template to_vector<double>();
  const auto back = wide.to(dtype).to_vector<T>(),
             from_double = x.to(float64).to(dtype).template to_vector<T>();
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const float expected = values[bits];
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(floats[bits]) && std::isnan(doubles[bits]) &&
                  std::isnan(float(back[bits])) && std::isnan(float(from_double[bits])))
          << bits;
      continue;
    }
    ASSERT_EQ(std::bit_cast<std::uint32_t>(floats[bits]), std::bit_cast<std::uint32_t>(expected))
        << bits;
    ASSERT_EQ(doubles[bits], double(expected)) << bits;
    ASSERT_EQ(back[bits].bits, bits);
    ASSERT_EQ(from_double[bits].bits, bits);
  }
}
TEST(Half, TensorsAgree) { tensors_agree<Half>(float16); }
TEST(BFloat16, TensorsAgree) { tensors_agree<BFloat16>(bfloat16); }

/// float32 to half in tensors: at every midpoint and its neighbours.
template <class T> void tensors_round_to_even(DType dtype, std::uint32_t infinity) {
  std::vector<float> values;
  for (std::uint32_t bits = 0; bits + 1 < infinity; ++bits) {
    const float a = of_bits<T>(bits), b = of_bits<T>(bits + 1),
                middle = float((double(a) + double(b)) / 2);
    for (float v : {middle, std::nextafter(middle, a), std::nextafter(middle, b), -middle})
      values.push_back(v);
  }
  values.insert(values.end(), {1e30f, -1e30f, 65520.f, 0.f, -0.f, 1e-30f, 3.4e38f});
  const auto found = from_vector(values).to(dtype).to_vector<T>();
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(found[i].bits, T(values[i]).bits) << values[i];
}
TEST(Half, TensorsRoundToEven) { tensors_round_to_even<Half>(float16, 0x7C00); }
TEST(BFloat16, TensorsRoundToEven) { tensors_round_to_even<BFloat16>(bfloat16, 0x7F80); }

TEST(Half, SumsAreRoundedOnce) {
  // 4096 ones: a sum in float16 would stop at 2048.
  EXPECT_EQ(sum(ones({4096}, {.dtype = float16})).item<double>(), 4096);
  EXPECT_EQ(mean(full({1000}, 60000, {.dtype = float16})).item<double>(), 60000);
}

}  // namespace
}  // namespace tinygrad
