// SPDX-License-Identifier: MIT
// Tests values and derivatives where an intermediate of a careless formula leaves the range of
// float32, or a branch that is not taken is infinite. Also run on other devices.
#include <gtest/gtest.h>

#include <cmath>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

using Values = std::vector<float>;

Tensor leaf(const Values& values) {
  return from_vector(values, {std::int64_t(values.size())})
      .to(tested_device("cpu"))
      .requires_grad_();
}
Values values(const Tensor& x) { return x.to_vector<float>(); }
/// The first and the second derivative of sum(f(x)).
std::pair<Values, Values> derivatives(const std::function<Tensor(const Tensor&)>& f,
                                      const Values& at) {
  const Tensor x = leaf(at);
  const Tensor first = grad(sum(f(x)), x, {.create_graph = true});
  if (!first.requires_grad()) return {values(first), Values(at.size(), 0)};
  const Tensors second = grad(sum(first), x, {.allow_unused = true});
  return {values(first), second[0].defined() ? values(second[0]) : Values(at.size(), 0)};
}
void expect_near(const Values& found, const Values& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], expected[i], 1e-5f * std::fabs(expected[i])) << i;
}

TEST(Extremes, ADivisionsDerivativeHasNoSquareOfTheDivisor) {
  Tensor x = leaf({0, 1e-30f});
  (x / x.sum()).slice(0, 0, 1).sum().backward();
  expect_near(values(x.grad()), {1e30f, 0});
  for (float size : {1e20f, 1e-18f}) {
    const Tensor a = leaf({size}), b = leaf({size});
    sum(a / b).backward();
    expect_near(values(b.grad()), {-1 / size});
  }
  const Tensor a = leaf({1e-30f}), b = leaf({1e-30f});
  (a / b).backward(zeros({1}, {.device = a.device()}));
  expect_near(values(b.grad()), {0});
  const Tensor d = leaf({0, 0});
  (d / (d.sum() + 1e-25)).sum().backward();
  expect_near(values(d.grad()), {1e25f, 1e25f});
  const Tensor c = leaf({1e25f});
  sum(addcdiv(leaf({0}), leaf({1e25f}), c)).backward();
  expect_near(values(c.grad()), {-1e-25f});
}

TEST(Extremes, TheBranchThatIsNotTakenIsFinite) {
  const auto [elu1, elu2] = derivatives([](const Tensor& x) { return elu(x); }, {100, -100, 1, -1});
  expect_near(elu1, {1, std::exp(-100.f), 1, std::exp(-1.f)});
  expect_near(elu2, {0, std::exp(-100.f), 0, std::exp(-1.f)});
  const auto [selu1, selu2] = derivatives([](const Tensor& x) { return selu(x); }, {100, 0.5f});
  expect_near(selu1, {1.0507009873554805f, 1.0507009873554805f});
  expect_near(selu2, {0, 0});
}

TEST(Extremes, APowersSecondDerivativeAtZero) {
  const Tensor y = leaf({0});
  const Tensor powers = cat({pow(y, 0), pow(y, 1), pow(y, 2)});
  const Tensor p = sum(tensor({1., 2., 3.}, {.dtype = float32, .device = y.device()}) * powers);
  const Tensor first = grad(p, y, {.create_graph = true});
  expect_near(values(first), {2});
  expect_near(values(grad(sum(first), y)), {6});
  const auto [cube1, cube2] = derivatives([](const Tensor& x) { return pow(x, 3); }, {0, -2});
  expect_near(cube1, {0, 12});
  expect_near(cube2, {0, -12});
  const Tensor base = leaf({0, 2}), exponent = leaf({2, 3});
  const Tensor slope = grad(sum(pow(base, exponent)), exponent, {.create_graph = true});
  expect_near(values(slope), {0, 8 * std::log(2.f)});
  expect_near(values(grad(sum(slope), base)), {0, 4 * (1 + 3 * std::log(2.f))});
}

TEST(Extremes, NeighboursOfANanAreRight) {
  std::vector<double> a(32), b(32);
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = i % 3 == 1 ? NAN : 2.5 + double(i), b[i] = i % 5 == 1 ? NAN : 1.25;
  const auto here = [](const std::vector<double>& v) {
    return from_vector(v, {32}).to(tested_device("cpu"));
  };
  const auto powers = pow(here(a), here(b)).to_vector<double>(),
             rests = fmod(here(a), here(b)).to_vector<double>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool is_nan = std::isnan(a[i]) || std::isnan(b[i]);
    EXPECT_EQ(std::isnan(powers[i]), is_nan) << i;
    EXPECT_EQ(std::isnan(rests[i]), is_nan) << i;
    if (is_nan) continue;
    EXPECT_NEAR(powers[i], std::pow(a[i], b[i]), 1e-13 * powers[i]) << i;
    EXPECT_EQ(rests[i], std::fmod(a[i], b[i])) << i;
  }
}

TEST(Extremes, MishBecomesTheIdentity) {
  const auto [first, second] = derivatives([](const Tensor& x) { return mish(x); },
                                           {1e4f, 1e6f, 1e8f, 1e30f, 30, -50, -1e30f});
  expect_near(first, {1, 1, 1, 1, 1, -49 * std::exp(-50.f), 0});
  for (float x : second) EXPECT_NEAR(x, 0, 1e-12f);
}

TEST(Extremes, TheUpperBoundOfAClampWins) {
  const Tensor x = leaf({-5, 5, 20});
  expect_near(values(clamp(x, 10, 0)), {0, 0, 0});
  expect_near(values(clamp(x, leaf({10}), leaf({0}))), {0, 0, 0});
  expect_near(values(clamp(x, 0, 10)), {0, 5, 10});
  sum(clamp(x, 10, 0)).backward();
  expect_near(values(x.grad()), {0, 0, 0});
  const Tensor low = leaf({0.5f, 0.5f}), high = leaf({0.5f, 0.5f});  // one of them has the gradient
  sum(clamp(leaf({0, 1}), low, high)).backward();
  expect_near(values(low.grad()), {1, 0});
  expect_near(values(high.grad()), {0, 1});
}

TEST(Extremes, AVarianceIsFiniteIfItFits) {
  manual_seed(1);
  const Tensor x = randn({1000}, {.device = tested_device("cpu")});
  const float factor = var(x).item<float>();
  EXPECT_NEAR(var(x * 1e19f + 1e20f).item<float>() / (factor * 1e38f), 1, 1e-3);
  EXPECT_TRUE(std::isnan(var(zeros({1})).item<float>()));
  EXPECT_TRUE(std::isnan(var(zeros({0})).item<float>()));
}

/// The mean and the deviation of the values.
std::pair<double, double> moments(const Tensor& x) {
  const Values all = values(x);
  double sum = 0, squares = 0;
  for (double v : all) sum += v;
  const double mean = sum / double(all.size());
  for (double v : all) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / double(all.size()))};
}

TEST(Extremes, NormsAreRightWhereSquaresOverflow) {
  manual_seed(2);
  for (std::int64_t size : {20, 3000, 40000})  // kernels for short, longer and long rows
    for (float scale : {1.f, 1e20f, 1e30f}) {
      SCOPED_TRACE(testing::Message() << size << " elements of about " << scale);
      const Tensor x = randn({3, size}, {.device = tested_device("cpu")}) * scale;
      const auto [mean, deviation] = moments(x.slice(0, 0, 1));
      const float expected = float((double(values(x)[0]) - mean) / deviation);
      const Tensor layers = layer_norm(x, {size}, {}, {}, 0);
      EXPECT_NEAR(values(layers)[0], expected, 1e-4);
      const BatchNormResult batch = batch_norm(reshape(x, {1, 3, size}), {}, {}, 0);
      EXPECT_NEAR(values(batch.y)[0], expected, 1e-4);
      EXPECT_NEAR(values(batch.mean)[0] / scale, mean / scale, 1e-4);
      const double variance = scale == 1 ? deviation * deviation : INFINITY;
      EXPECT_FLOAT_EQ(values(batch.var)[0], float(variance));
      const Tensor leaf = x.detach().requires_grad_();
      const Tensor dx = grad(layer_norm(leaf, {size}, {}, {}, 0), leaf,
                             {.grad_outputs = layers.slice(1, 0, 1).expand(x.shape()) + x / scale});
      for (float v : values(dx)) EXPECT_TRUE(std::isfinite(v));
    }
}

TEST(Extremes, TheNormOfGradientsIsFiniteIfItFits) {
  for (float size : {1.f, 1e19f, 1e30f, 1e-3f}) {
    Tensor a = leaf({0, 0}), b = leaf({0});
    a.set_grad(full({2}, 2 * size, {.device = a.device()}));
    b.set_grad(full({1}, size, {.device = b.device()}));
    EXPECT_NEAR(optim::clip_grad_norm_({a, b}, 0.5 * double(size)).item<float>() / size, 3, 1e-5);
    EXPECT_NEAR(values(a.grad())[0] / size, 1. / 3, 1e-3);
  }
}

TEST(Extremes, SumsOfIntegersNeedNoCopy) {
  const Device device = tested_device("cpu");
  const std::int64_t n = to_string(device).starts_with("emulated") ? 20'000 : 8'000'000;
  for (DType dtype : {uint8, boolean, int32, int64}) {
    SCOPED_TRACE(to_string(dtype));
    const bool is_bool = dtype == boolean;
    const Tensor x = full({n / 4, 4}, is_bool ? 1 : 200, {.dtype = dtype, .device = device});
    const std::int64_t each = is_bool ? 1 : 200;
    const MemoryStats before = memory_stats(device);
    const auto expect_sum = [&](const Tensor& y, std::int64_t expected) {
      EXPECT_EQ(y.dtype(), int64);
      for (std::int64_t v : y.to_vector<std::int64_t>()) EXPECT_EQ(v, expected);
    };
    const auto expect_no_copy = [&] {
      EXPECT_LE(memory_stats(device).peak,
                std::max(before.peak, before.in_use + std::size_t(n) / 2));
    };
    expect_sum(sum(x), n * each);
    expect_sum(sum(x, 0), n / 4 * each);
    expect_sum(sum(x.slice(1, 0, 4, 2)), n / 2 * each);
    expect_sum(sum(x.slice(1, 0, 4, 2), 0), n / 4 * each);
    expect_sum(sum(x.transpose(0, 1), 1), n / 4 * each);
    expect_sum(sum(x.slice(0, 0, 10), 1), 4 * each);
    expect_sum(prod(x.slice(0, 0, 10), 1), is_bool ? 1 : 1'600'000'000);
    expect_no_copy();
    EXPECT_TRUE(all(x).item<bool>() && any(x).item<bool>());
    if (size_of(dtype) == 1) expect_no_copy();
  }
}

TEST(Extremes, SumsOfManyElementsAreExact) {
  const Device device = tested_device("cpu");
  if (to_string(device).starts_with("emulated")) GTEST_SKIP() << "40,000,000 elements take minutes";
  const Tensor x = ones({20'000'000, 2}, {.device = device});  // float32 counts to 16,777,216
  EXPECT_EQ(values(sum(x, 0)), (Values{2e7f, 2e7f}));
  EXPECT_EQ(sum(x).item<float>(), 4e7f);
  EXPECT_FLOAT_EQ(mean(x * 0.1f).item<float>(), 0.1f);
  EXPECT_TRUE(std::isinf(sum(full({3}, INFINITY, {.device = device})).item<float>()));
}

TEST(Extremes, AdamTakesALargeGradientOnce) {
  Tensor w = leaf({1});
  optim::Adam adam({w}, {.lr = 0.1});
  for (float g : {3e19f, 1.f, 1.f, 1.f}) {
    w.set_grad(full({1}, g, {.device = w.device()}));
    adam.step();
  }
  EXPECT_NEAR(w.item<float>(), 0.7388f, 2e-4f);  // PyTorch 2.15
}

}  // namespace
}  // namespace tinygrad
