// SPDX-License-Identifier: MIT
// Tests the special cases of the elementwise ops, which a table of ordinary values does not
// contain: NaN, infinity, borders, wrapping integers.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "reference.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity(),
                 nan = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;

/// On the CPU and on the reference backend, in each floating dtype: the same corner.
class Corners : public testing::TestWithParam<std::tuple<const char*, DType>> {
 protected:
  static void SetUpTestSuite() {
    static Backend& once = reference::register_reference_backend("corners");
    (void)once;
  }
  Tensor values(const Numbers& v) const {
    return from_data(v.data(), float64, {std::int64_t(v.size())},
                     {.dtype = std::get<1>(GetParam()), .device = std::get<0>(GetParam())});
  }
  void expect(const Tensor& found, const Numbers& expected) const {
    const Numbers v = found.to_vector<double>();
    ASSERT_EQ(v.size(), expected.size());
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (std::isnan(expected[i])) EXPECT_TRUE(std::isnan(v[i])) << "at " << i << ": " << v[i];
      else EXPECT_EQ(v[i], expected[i]) << "at " << i;
    }
  }
  /// Returns the gradient of f at v if the gradient of the result is 1.
  Tensor slope(Tensor (*f)(const Tensor&), const Numbers& v) const {
    Tensor x = values(v).requires_grad_();
    const Tensor y = f(x);
    return grad(y, x, {.grad_outputs = ones_like(y)})[0];
  }
};

TEST_P(Corners, NanInGivesNanOut) {
  const Tensor x =
      values({nan, nan, nan, nan, nan, nan, nan, nan, nan});  // more than a vector, and a rest
  for (auto f :
       {exp,  expm1, log,     log1p, sqrt, rsqrt, reciprocal, sin,  cos, tanh, erf,    floor,
        ceil, round, sigmoid, relu,  selu, gelu,  silu,       mish, abs, neg,  square, sign})
    EXPECT_TRUE(all(f(x) != f(x)).item<bool>());
  for (const Tensor& y : {clamp(x, -1, 1), hardtanh(x), leaky_relu(x), elu(x), softplus(x),
                          maximum(x, 0), minimum(x, 0), x + 1, where(x < 0, 0, x)})
    EXPECT_TRUE(all(y != y).item<bool>());
}

TEST_P(Corners, NanWins) {
  const Tensor a = values({nan, 1, nan, 2}), b = values({1, nan, nan, 3});
  expect(maximum(a, b), {nan, nan, nan, 3});
  expect(minimum(a, b), {nan, nan, nan, 2});
  const Tensor x = values({1, nan, 3});
  expect(amax(x, 0, keepdim), {nan});
  expect(amin(x, 0, keepdim), {nan});
  EXPECT_EQ(argmax(x).item<int>(), 1);
  EXPECT_EQ(argmin(x).item<int>(), 1);
  expect(a == a, {0, 1, 0, 1});
  expect(a != a, {1, 0, 1, 0});
}

TEST_P(Corners, Infinities) {
  const Tensor x = values({inf, -inf});
  expect(exp(x), {inf, 0});
  expect(expm1(x), {inf, -1});
  expect(log(x), {inf, nan});
  expect(sqrt(x), {inf, nan});
  expect(rsqrt(x), {0, nan});
  expect(reciprocal(x), {0, 0});
  expect(tanh(x), {1, -1});
  expect(erf(x), {1, -1});
  expect(sigmoid(x), {1, 0});
  expect(relu(x), {inf, 0});
  expect(elu(x), {inf, -1});
  expect(softplus(x), {inf, 0});
  expect(floor(x), {inf, -inf});
  expect(round(x), {inf, -inf});
  expect(abs(x), {inf, inf});
  expect(sign(x), {1, -1});
  expect(clamp(x, -1, 1), {1, -1});
  expect(sin(x), {nan, nan});
  expect(cos(x), {nan, nan});
  expect(x - x, {nan, nan});
  expect(logsumexp(x, 0, keepdim), {inf});
  expect(logsumexp(values({-inf, -inf}), 0, keepdim), {-inf});
}

TEST_P(Corners, Zeros) {
  const Tensor x = values({0., -0.});
  expect(log(x), {-inf, -inf});
  expect(reciprocal(x), {inf, -inf});
  expect(rsqrt(x), {inf, -inf});
  expect(sign(x), {0, 0});
  expect(1 / x, {inf, -inf});
  expect(x / x, {nan, nan});
  expect(pow(x, 0), {1, 1});
  expect(log1p(values({-1})), {-inf});
  expect(log1p(values({-2})), {nan});
}

TEST_P(Corners, LargeArgumentsDoNotOverflow) {
  const Tensor x = values({1000, -1000});
  expect(sigmoid(x), {1, 0});
  expect(tanh(x), {1, -1});
  expect(erf(x), {1, -1});
  expect(softplus(x), {1000, 0});
  expect(silu(x), {1000, 0});
  expect(mish(x), {1000, 0});
  expect(gelu(x), {1000, 0});
  expect(elu(x), {1000, -1});
  expect(logsumexp(values({1000, 1000 - 1e9}), 0, keepdim), {1000});
  expect(softmax(x, 0), {1, 0});
  expect(log_softmax(x, 0), {0, -2000});
}

TEST_P(Corners, RoundsToEven) {
  expect(round(values({0.5, 1.5, 2.5, -0.5, -1.5, 0.4, -2.6})), {0, 2, 2, 0, -2, 0, -3});
}

TEST_P(Corners, Powers) {
  expect(pow(values({-2, -2, 2, 0, 0, 0, 1, nan}), values({3, 0.5, -1, 2, 0, -1, nan, 0})),
         {-8, nan, 0.5, 0, 1, inf, 1, 1});
}

TEST_P(Corners, DerivativesAtKinks) {
  expect(slope([](const Tensor& x) { return relu(x); }, {-1, 0, 1}), {0, 0, 1});
  expect(slope([](const Tensor& x) { return abs(x); }, {-1, 0, 1}), {-1, 0, 1});
  expect(slope([](const Tensor& x) { return clamp(x, -1, 1); }, {-2, -1, 0, 1, 2}),
         {0, 1, 1, 1, 0});
  expect(slope([](const Tensor& x) { return hardtanh(x); }, {-2, -1, 0, 1, 2}), {0, 0, 1, 0, 0});
  expect(slope([](const Tensor& x) { return maximum(x, 1); }, {0, 1, 2}), {0, 0.5, 1});
  expect(slope([](const Tensor& x) { return minimum(x, 1); }, {0, 1, 2}), {1, 0.5, 0});
  expect(slope([](const Tensor& x) { return amax(x); }, {2, 1, 2}), {0.5, 0, 0.5});
  expect(slope([](const Tensor& x) { return max(x, 0).values; }, {2, 1, 2}), {1, 0, 0});
  expect(slope([](const Tensor& x) { return leaky_relu(x, 0.5); }, {-1, 0, 1}), {0.5, 0.5, 1});
  expect(slope([](const Tensor& x) { return prod(x); }, {0, 2, 4}), {8, 0, 0});
  expect(slope([](const Tensor& x) { return prod(x); }, {0, 2, 0}), {0, 0, 0});
  expect(slope([](const Tensor& x) { return x * x; }, {0}), {0});
  expect(slope([](const Tensor& x) { return pow(x, 2); }, {0, -3}), {0, -6});
  expect(slope([](const Tensor& x) { return pow(x, 0); }, {0, 3}), {0, 0});
  expect(slope([](const Tensor& x) { return pow(0, x); }, {2}), {0});
  expect(slope([](const Tensor& x) { return sqrt(x); }, {0, 4}), {inf, 0.25});
}

/// An element that where() does not choose has no gradient, whatever its value.
TEST_P(Corners, WhereHidesNan) {
  expect(slope([](const Tensor& x) { return where(x > 0, x, 0); }, {nan, -1, 2}), {0, 0, 1});
}

TEST_P(Corners, MeansOfNothing) {
  expect(mean(values({}), 0, keepdim), {nan});
  expect(sum(values({}), 0, keepdim), {0});
  expect(prod(values({}), 0, keepdim), {1});
  expect(logsumexp(values({}), 0, keepdim), {-inf});
  expect(var(values({1}), 0, 1, keepdim), {nan});
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Corners,
                         testing::Combine(testing::Values("cpu", "corners"),
                                          testing::Values(float64, float32, float16, bfloat16)),
                         [](const auto& p) {
                           return std::string(std::get<0>(p.param)) + "_" +
                                  to_string(std::get<1>(p.param));
                         });

class Integers : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    static Backend& once = reference::register_reference_backend("integers");
    (void)once;
  }
  Tensor values(const std::vector<std::int64_t>& v, DType dtype = int64) const {
    return from_data(v.data(), int64, {std::int64_t(v.size())},
                     {.dtype = dtype, .device = GetParam()});
  }
  static std::vector<std::int64_t> of(const Tensor& x) { return x.to_vector<std::int64_t>(); }
};
using Whole = std::vector<std::int64_t>;

TEST_P(Integers, Wrap) {
  EXPECT_EQ(of(values({INT64_MAX, INT64_MIN}) + 1), (Whole{INT64_MIN, INT64_MIN + 1}));
  EXPECT_EQ(of(values({INT32_MAX, 5}, int32) + values({1, 1}, int32)), (Whole{INT32_MIN, 6}));
  EXPECT_EQ(of(values({200, 1}, uint8) + values({100, 1}, uint8)), (Whole{44, 2}));
  EXPECT_EQ(of(-values({1, 0, 255}, uint8)), (Whole{255, 0, 1}));
  EXPECT_EQ(of(values({INT64_MIN}) * -1), (Whole{INT64_MIN}));
  EXPECT_EQ(of(abs(values({INT64_MIN, -5}))), (Whole{INT64_MIN, 5}));
  EXPECT_EQ(of(square(values({100000}, int32))), (Whole{1410065408}));
  EXPECT_EQ(of(values({3, 1}, uint8) - values({5, 1}, uint8)), (Whole{254, 0}));
  EXPECT_EQ(sum(values({INT64_MAX, 1})).item<std::int64_t>(), INT64_MIN);
}

TEST_P(Integers, SumsAreInt64) {
  EXPECT_EQ(sum(values({200, 200}, uint8)).item<std::int64_t>(), 400);
  EXPECT_EQ(sum(values({INT32_MAX, INT32_MAX}, int32)).item<std::int64_t>(), 2ll * INT32_MAX);
  EXPECT_EQ(prod(values({100000, 100000}, int32)).item<std::int64_t>(), 10'000'000'000);
  EXPECT_EQ(sum(values({1, 0, 1, 1}, boolean)).item<std::int64_t>(), 3);
}

TEST_P(Integers, AreExactBeyondDoubles) {
  const std::int64_t large = (std::int64_t(1) << 53) + 1;
  EXPECT_EQ(of(values({large}) + 0), (Whole{large}));
  EXPECT_EQ(of(values({large}) * 3), (Whole{3 * large}));
  EXPECT_EQ(of(maximum(values({large}), values({large - 1}))), (Whole{large}));
  EXPECT_FALSE((values({large}) == values({large - 1})).item<bool>());
  EXPECT_EQ(amax(values({large, large - 1})).item<std::int64_t>(), large);
  EXPECT_EQ(argmax(values({large - 1, large})).item<int>(), 1);
  EXPECT_EQ(of(where(values({1}, boolean), values({large}), 0)), (Whole{large}));
  EXPECT_EQ(of(matmul(values({large}).reshape({1, 1}), values({1}).reshape({1, 1}))),
            (Whole{large}));
}

TEST_P(Integers, Powers) {
  EXPECT_EQ(of(pow(values({2, -2, 0, 1, -1, 2, 0}), values({10, 3, 0, -5, -3, -1, 5}))),
            (Whole{1024, -8, 1, 1, -1, 0, 0}));
  EXPECT_EQ(of(pow(values({3}), 40)), (Whole{-6289078614652622815}));  // wraps
}

TEST_P(Integers, DivideToReals) {
  const Tensor y = values({1, 0}) / values({0, 0});
  EXPECT_EQ(y.dtype(), float32);
  EXPECT_TRUE(std::isinf(y.to_vector<float>()[0]));
  EXPECT_TRUE(std::isnan(y.to_vector<float>()[1]));
}

TEST_P(Integers, Bools) {
  const Tensor a = values({0, 0, 1, 1}, boolean), b = values({0, 1, 0, 1}, boolean);
  EXPECT_EQ(of(a + b), (Whole{0, 1, 1, 1}));
  EXPECT_EQ((a + b).dtype(), boolean);
  EXPECT_EQ(of(a * b), (Whole{0, 0, 0, 1}));
  EXPECT_EQ(of(a != b), (Whole{0, 1, 1, 0}));
  EXPECT_EQ(of(maximum(a, b)), (Whole{0, 1, 1, 1}));
}

TEST_P(Integers, HaveNoNegativePowers) {
  const Tensor x = values({2, 3});
  EXPECT_THROW(pow(x, -1), ArgumentError);
  EXPECT_EQ(pow(x, -1.0).dtype(), float32);
  EXPECT_EQ(of(pow(x, 2)), (Whole{4, 9}));
}

TEST_P(Integers, StandOnEitherSide) {
  Tensor x = values({1, 2, 3});
  EXPECT_EQ(of(2 < x), (Whole{0, 0, 1}));
  EXPECT_EQ(of(2 == x), of(x == 2));
  EXPECT_EQ(of(2 >= x), (Whole{1, 1, 0}));
  EXPECT_EQ(of(maximum(2, x)), (Whole{2, 2, 3}));
  EXPECT_EQ(of(add(10, x)), (Whole{11, 12, 13}));
  EXPECT_EQ(of(where(x > 1, 7, -7)), (Whole{-7, 7, 7}));
  EXPECT_EQ(where(x > 1, 1.0, 0).dtype(), float32);
  EXPECT_EQ(where(x > 1, true, false).dtype(), boolean);
  x += 4, x -= 1, x *= 2;
  EXPECT_EQ(of(x), (Whole{8, 10, 12}));
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Integers, testing::Values("cpu", "integers"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace tinygrad
