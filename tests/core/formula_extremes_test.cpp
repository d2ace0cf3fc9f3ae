// SPDX-License-Identifier: MIT
// Tests of functions that are formulas of other ops, where a careless formula overflows, cancels,
// or is infinite in the branch that is not taken. Also run on other devices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

constexpr float infinity = INFINITY, pi = 3.14159265f;
using Values = std::vector<float>;

Tensor leaf(const Values& values) {
  return from_vector(values, {std::int64_t(values.size())})
      .to(tested_device("cpu"))
      .requires_grad_();
}
void expect_near(const Tensor& found, const Values& expected, float relative = 2e-6f) {
  const Values x = found.to_vector<float>();
  ASSERT_EQ(x.size(), expected.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::isnan(expected[i])) EXPECT_TRUE(std::isnan(x[i])) << i << ": " << x[i];
    else if (std::isinf(expected[i])) EXPECT_EQ(x[i], expected[i]) << i;
    else EXPECT_NEAR(x[i], expected[i], relative * std::fabs(expected[i])) << i;
}
void expect_derivatives(const std::function<Tensor(const Tensor&)>& f, const Values& at,
                        const Values& first, const Values& second) {
  const Tensor x = leaf(at), slope = grad(sum(f(x)), x, {.create_graph = true});
  expect_near(slope, first, 1e-5f);
  const Tensors bend = grad(sum(slope), x, {.allow_unused = true});
  expect_near(bend[0].defined() ? bend[0] : zeros_like(x), second, 1e-5f);
}

TEST(FormulaExtremes, HyperbolicFunctionsReachTheLargestNumbers) {
  expect_near(sinh(leaf({89.2f, -89.2f, 1e-20f, 0, 1})),
              {std::sinh(89.2f), std::sinh(-89.2f), 1e-20f, 0, std::sinh(1.f)}, 1e-5f);
  expect_near(cosh(leaf({89.2f, -89.2f, 0})), {std::cosh(89.2f), std::cosh(89.2f), 1}, 1e-5f);
  expect_near(asinh(leaf({1e30f, -1e30f, 1e-20f, infinity})),
              {std::asinh(1e30f), -std::asinh(1e30f), 1e-20f, infinity});
  expect_near(acosh(leaf({1, 3e38f, 0.5f})), {0, std::acosh(3e38f), NAN});
  expect_near(atanh(leaf({1, -1, 1e-20f, 1e30f})), {infinity, -infinity, 1e-20f, NAN});
  expect_derivatives([](const Tensor& x) { return asinh(x); }, {1e25f, -1e25f, 0},
                     {1e-25f, 1e-25f, 1}, {0, 0, 0});
  expect_derivatives([](const Tensor& x) { return acosh(x); }, {1e25f, 2}, {1e-25f, 0.57735027f},
                     {0, -0.38490018f});
}

TEST(FormulaExtremes, AnglesOfZerosAndInfinities) {
  const float a[] = {0, -0.f, 0, -0.f, 1, infinity, -infinity, infinity, 1e-30f, 1e30f, NAN};
  const float b[] = {1, 1, -1, -0.f, 0, infinity, -infinity, 1, 1e30f, -1e-30f, 1};
  Values expected;
  for (int i = 0; i < 11; ++i) expected.push_back(std::atan2(a[i], b[i]));
  const Tensor y = atan2(leaf(Values(a, a + 11)), leaf(Values(b, b + 11)));
  expect_near(y, expected);
  EXPECT_EQ(signbit(y).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0}));
  expect_near(hypot(leaf({3e30f, 3e-30f, 0, infinity}), leaf({4e30f, 4e-30f, 0, 1})),
              {5e30f, 5e-30f, 0, infinity});
  const Tensor u = leaf({3e30f, 3e-20f, 0}), v = leaf({4e30f, 4e-20f, 0});
  sum(hypot(u, v)).backward();
  expect_near(u.grad(), {0.6f, 0.6f, 0});
  const Tensor s = leaf({3e20f}), t = leaf({4e20f});
  sum(atan2(s, t)).backward();
  expect_near(s.grad(), {0.16e-20f});
  expect_near(t.grad(), {-0.12e-20f});
}

TEST(FormulaExtremes, MagnitudesHaveNoSign) {
  const Tensor x = leaf({-0.f, 0});
  expect_near(1 / abs(x), {infinity, infinity});
  expect_near(asinh(x), {0, 0});
  expect_near(copysign(x, -2), {0, 0});
  expect_near(1 / copysign(x, -2), {-infinity, -infinity});
}

TEST(FormulaExtremes, LogarithmsOfPowersAreExact) {
  for (int k = -126; k < 128; ++k)
    EXPECT_EQ(log2(leaf({std::ldexp(1.f, k)})).item<float>(), float(k));
  for (int k = 0; k < 11; ++k)
    EXPECT_EQ(log10(leaf({float(std::pow(10., k))})).item<float>(), float(k));
  expect_near(erfc(leaf({0, 5, 9, -9, infinity})), {1, std::erfc(5.f), std::erfc(9.f), 2, 0},
              4e-6f);
  expect_near(exp2(leaf({100.5f, -100.5f})), {std::exp2(100.5f), std::exp2(-100.5f)});
}

TEST(FormulaExtremes, MantissasAndExponents) {
  const Values at = {1, 0.5f, 16777215, 3e38f, 1e-45f, -3, 0, infinity};
  const Tensor x = leaf(at);
  const auto [mantissa, exponent] = frexp(x);
  Values mantissas, exponents;
  for (float v : at) {
    int e = 0;
    mantissas.push_back(std::frexp(v, &e)), exponents.push_back(std::isinf(v) ? 0.f : float(e));
  }
  expect_near(mantissa, mantissas, 0);
  expect_near(exponent, exponents, 0);
  EXPECT_EQ(exponent.dtype(), int32);
  mantissa.sum().backward();
  Values slopes;
  for (float e : exponents) slopes.push_back(std::ldexp(1.f, -int(e)));
  expect_near(x.grad(), slopes, 0);
}

/// Each of these values, in ascending order, is the next one after the one before.
template <class T> void expect_neighbours(const std::vector<T>& ascending, DType dtype) {
  const auto count = std::int64_t(ascending.size()) - 1;
  const Tensor all = from_vector(ascending).to(tested_device("cpu")).to(dtype),
               low = narrow(all, 0, 0, count), high = narrow(all, 0, 1, count);
  const auto check = [](const Tensor& found, const Tensor& expected) {
    EXPECT_EQ(found.dtype(), expected.dtype());
    const auto a = found.template to_vector<T>(), b = expected.template to_vector<T>();
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i], b[i]) << i;
  };
  check(nextafter(low, full_like(low, infinity)), high);
  check(nextafter(low, high), high);
  check(nextafter(high, full_like(low, -infinity)), low);
  check(nextafter(high, low), low);
}
/// All values of a 16-bit type, but -0 and NaN.
template <class T> Values all_values() {
  Values all;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    T value;
    value.bits = std::uint16_t(bits);
    if (bits != 0x8000 && !std::isnan(float(value))) all.push_back(float(value));
  }
  std::sort(all.begin(), all.end());
  return all;
}
/// From 2^k on three values each way, where the distance of neighbours changes.
template <class T> void expect_neighbours_of_powers(DType dtype) {
  using Limits = std::numeric_limits<T>;
  const T ends = Limits::infinity();
  for (int k = Limits::min_exponent - Limits::digits; k <= Limits::max_exponent; ++k)
    for (const T sign : {T(1), T(-1)}) {
      T x = sign * (k < Limits::max_exponent ? std::ldexp(T(1), k) : Limits::max());
      for (int i = 0; i < 3; ++i) x = std::nextafter(x, -ends);
      std::vector<T> values;
      for (int i = 0; i < 7 && x < ends; ++i, x = std::nextafter(x, ends)) values.push_back(x);
      expect_neighbours(values, dtype);
    }
}

TEST(FormulaExtremes, NeighboursOfEveryMagnitude) {
  expect_neighbours(all_values<Half>(), float16);
  expect_neighbours(all_values<BFloat16>(), bfloat16);
  expect_neighbours_of_powers<float>(float32);
  expect_neighbours_of_powers<double>(float64);
}

TEST(FormulaExtremes, NeighboursOfEqualValuesAndNaN) {
  const Values a = {0, -0.f, 1, infinity, NAN, 1, -1e-45f, 1e-45f, infinity, -infinity},
               b = {-0.f, 0, 1, infinity, 1, NAN, 0, 0, 0, 0};
  Values expected;
  for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(std::nextafter(a[i], b[i]));
  const Tensor x = leaf(a), y = nextafter(x, leaf(b));
  expect_near(y, expected, 0);
  const auto signs = signbit(y).to_vector<std::uint8_t>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(expected[i])) continue;
    EXPECT_EQ(bool(signs[i]), std::signbit(expected[i])) << i;
  }
  expect_near(grad(sum(y), x), {0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, 0);
}

TEST(FormulaExtremes, EqualMaximaByIndexShareTheGradient) {
  const Tensor x = leaf({5, 1}), source = leaf({5, 5, 3}),
               index = tensor({0, 0, 1}).to(tested_device("cpu"));
  for (const bool negative : {false, true}) {
    const auto reduced = [&](bool include_self) {
      return negative ? -scatter_reduce(-x, 0, index, -source, ScatterReduce::amin, include_self)
                      : scatter_reduce(x, 0, index, source, ScatterReduce::amax, include_self);
    };
    expect_near(reduced(true), {5, 3}, 0);
    const Tensors all = grad(sum(reduced(true)), Tensors{x, source}),
                  others = grad(sum(reduced(false)), Tensors{x, source});
    expect_near(all[0], {1.f / 3, 0}), expect_near(all[1], {1.f / 3, 1.f / 3, 1});
    expect_near(others[0], {0, 0}), expect_near(others[1], {0.5f, 0.5f, 1});
  }
  const Tensor y = scatter_reduce(x, 0, index, leaf({7, NAN, 3}), ScatterReduce::amin);
  expect_near(y, {NAN, 1}, 0);
}

TEST(FormulaExtremes, ProductsByIndexHaveDerivativesAtZero) {
  const Tensor x = leaf({2, 3}), source = leaf({0, 4, 0.5f}),
               index = tensor({0, 0, 1}).to(tested_device("cpu"));
  const Tensor y = scatter_reduce(x, 0, index, source, ScatterReduce::prod);
  expect_near(y, {0, 1.5f}, 0);
  const Tensors first = grad(sum(y), Tensors{x, source}, {.create_graph = true});
  expect_near(first[0], {0, 0.5f}, 0), expect_near(first[1], {8, 0, 3}, 0);
  const Tensors second = grad(sum(first[0]) + sum(first[1]), Tensors{x, source});
  expect_near(second[0], {4, 1}, 0), expect_near(second[1], {6, 2, 1}, 0);
}

TEST(FormulaExtremes, EqualSummandsHaveASecondDerivative) {
  const Tensor a = leaf({0, 300, -300, infinity}), b = leaf({0, 300, 300, infinity});
  expect_near(logaddexp(a, b), {0.69314718f, 300.69315f, 300, infinity});
  expect_near(logaddexp2(a, b), {1, 301, 300, infinity});
  const auto f = [](const Tensor& x) { return logaddexp(x, zeros_like(x)); };
  expect_derivatives(f, {0, 50, -50}, {0.5f, 1, std::exp(-50.f)}, {0.25f, 0, std::exp(-50.f)});
}

TEST(FormulaExtremes, SincIsSmoothAtZero) {
  expect_derivatives([](const Tensor& x) { return sinc(x); }, {0, 1e-4f, 0.3f, 0.5f},
                     {0, -pi * pi / 3 * 1e-4f, -0.90202813f, -1.2732395f},
                     {-pi * pi / 3, -pi * pi / 3, -2.4584853f, -1.1902271f});
}

TEST(FormulaExtremes, XlogyOfZero) {
  const Tensor a = leaf({0, 0, 2, 0}), b = leaf({0, 3, 0, NAN});
  const Tensor y = xlogy(a, b);
  expect_near(y, {0, 0, -infinity, NAN});
  const Tensors d = grad(sum(slice(y, 0, 0, 2)), Tensors{a, b});
  expect_near(d[0].slice(0, 0, 2), {0, std::log(3.f)});
  expect_near(d[1].slice(0, 0, 2), {0, 0});
}

TEST(FormulaExtremes, RemaindersAreExact) {
  const Tensor a = leaf({1e30f, -1, 1, 5.5f, -5.5f, 1}),
               b = leaf({3, infinity, -infinity, 2, 2, 0});
  expect_near(fmod(a, b), {std::fmod(1e30f, 3.f), -1, 1, 1.5f, -1.5f, NAN}, 0);
  expect_near(remainder(a, b), {std::fmod(1e30f, 3.f), infinity, -infinity, 1.5f, 0.5f, NAN}, 0);
  expect_near(floor_divide(a, b), {3.3333333e29f, -1, -1, 2, -3, infinity});
  // 0.1f is above 0.1: the quotient rounds to 10, and its floor is 9.
  expect_near(floor_divide(leaf({1}), leaf({0.1f})), {9}, 0);
  const Tensor i = tensor({7, -7, 7, -7, 5}).to(tested_device("cpu")),
               j = tensor({3, 3, -3, -3, 0}).to(tested_device("cpu"));
  using Integers = std::vector<std::int64_t>;
  EXPECT_EQ((i % j).to_vector<std::int64_t>(), (Integers{1, 2, -2, -1, 5}));
  EXPECT_EQ(fmod(i, j).to_vector<std::int64_t>(), (Integers{1, -1, 1, -1, 5}));
  EXPECT_EQ(floor_divide(i, j).to_vector<std::int64_t>(), (Integers{2, -3, -3, 2, 0}));
  EXPECT_EQ(div(i, j, Rounding::trunc).to_vector<std::int64_t>(), (Integers{2, -2, -2, 2, 0}));
}

TEST(FormulaExtremes, BitsOfEveryWidth) {
  const auto bytes = [](const Tensor& x) { return x.to_vector<std::int64_t>(); };
  using Integers = std::vector<std::int64_t>;
  const Tensor u = tensor({5, 255}, {.dtype = uint8}).to(tested_device("cpu"));
  EXPECT_EQ(bytes(~u), (Integers{250, 0}));
  EXPECT_EQ(bytes(u << 4), (Integers{80, 240}));
  EXPECT_EQ(bytes(u >> 8), (Integers{0, 0}));
  const Tensor i = tensor({-5, 5}, {.dtype = int32}).to(tested_device("cpu"));
  EXPECT_EQ(bytes(i >> 40), (Integers{-1, 0}));
  EXPECT_EQ(bytes(i << 40), (Integers{0, 0}));
  EXPECT_EQ(bytes(i << -1), (Integers{0, 0}));
  EXPECT_EQ(bytes(i >> -1), (Integers{-1, 0}));
  EXPECT_EQ(bytes(i & 6), (Integers{2, 4}));
  const Tensor b = tensor({true, false}).to(tested_device("cpu"));
  EXPECT_EQ((~b).dtype(), boolean);
  EXPECT_EQ(bytes(~b), (Integers{0, 1}));
  EXPECT_EQ(bytes(b ^ true), (Integers{0, 1}));
  EXPECT_EQ(bytes(gcd(tensor({12, -18, 0}), tensor({-18, 12, 0}))), (Integers{6, 6, 0}));
  EXPECT_EQ(bytes(lcm(tensor({4, -6, 0}), tensor({6, 4, 5}))), (Integers{12, 12, 0}));
}

TEST(FormulaExtremes, ActivationsBecomeTheIdentity) {
  const auto gelu_tanh = [](const Tensor& x) { return gelu(x, GeluApproximation::tanh); };
  expect_derivatives(gelu_tanh, {1e20f, -1e20f, 50}, {1, 0, 1}, {0, 0, 0});
  expect_derivatives([](const Tensor& x) { return quick_gelu(x); }, {1e20f, -1e20f}, {1, 0},
                     {0, 0});
  expect_derivatives([](const Tensor& x) { return softsign(x); }, {1e10f, 0}, {1e-20f, 1},
                     {-2e-30f, 0});
  expect_derivatives([](const Tensor& x) { return logsigmoid(x); }, {-1e30f, 0, 50},
                     {1, 0.5f, std::exp(-50.f)}, {0, -0.25f, -std::exp(-50.f)});
  expect_derivatives([](const Tensor& x) { return celu(x, 0.5); }, {1e30f, -100}, {1, 0}, {0, 0});
  expect_near(tanhshrink(leaf({1e30f})), {1e30f});
}

TEST(FormulaExtremes, LossesAtTheirEdges) {
  const Tensor zero = zeros({3}, {.device = tested_device("cpu")});
  const auto huber = [&](const Tensor& x) { return huber_loss(x, zero, Reduction::sum); };
  expect_derivatives(huber, {0, 1e30f, -1e30f}, {0, 1, -1}, {1, 0, 0});
  const Tensor x = leaf({0, 1, 0.5f}), t = tensor({1., 0., 1.}).to(tested_device("cpu"));
  const Tensor y = binary_cross_entropy(x, t, {}, Reduction::none);
  expect_near(y, {100, 100, 0.69314718f});
  sum(y).backward();
  expect_near(x.grad(), {-1e12f, 1e12f, -2});
  const auto logits = [&](const Tensor& x) {
    return binary_cross_entropy_with_logits(x, t, {}, {}, Reduction::sum);
  };
  expect_derivatives(logits, {-1e30f, -50, 50}, {-1, std::exp(-50.f), -std::exp(-50.f)},
                     {0, std::exp(-50.f), std::exp(-50.f)});
  const Tensor a = leaf({0, 0}), b = leaf({1, 2});
  cosine_similarity(a, b, 0).backward();
  EXPECT_TRUE(all(isfinite(a.grad())).item<bool>());
}

TEST(FormulaExtremes, EqualIsOneBool) {
  EXPECT_TRUE(equal(tensor({1, 2}), tensor({1., 2.})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({1, 3})));
  EXPECT_FALSE(equal(tensor({1, 1}), tensor({1})));
  EXPECT_FALSE(equal(tensor({NAN}), tensor({NAN})));
  EXPECT_TRUE(allclose(tensor({1., 1e8}), tensor({1.000001, 1e8})));
  EXPECT_FALSE(allclose(tensor({1.}), tensor({1.1})));
  EXPECT_TRUE(allclose(tensor({NAN, INFINITY}), tensor({NAN, INFINITY}), 0, 0, true));
}

}  // namespace
}  // namespace tinygrad
