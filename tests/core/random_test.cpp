// SPDX-License-Identifier: MIT
// Tests random numbers: the published vectors, the shapes of the distributions, and that the same
// call gives the same values on every device.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

#include "reference.h"
#include "tinygrad/nn/init.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

using Block = std::array<std::uint32_t, 4>;

double mean_of(const std::vector<double>& v) {
  return std::accumulate(v.begin(), v.end(), 0.) / double(v.size());
}
double variance_of(const std::vector<double>& v) {
  double m = mean_of(v), s = 0;
  for (double x : v) s += (x - m) * (x - m);
  return s / double(v.size());
}
const Device& reference_device() {
  static const Device device = reference::register_reference_backend().device();
  return device;
}

TEST(Philox, AgreesWithThePublishedVectors) {  // Random123, kat_vectors: philox4x32 10
  EXPECT_EQ(philox_block({0, 0, 0, 0}, 0, 0),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox_block({~0u, ~0u, ~0u, ~0u}, ~0u, ~0u),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox_block({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, WordsAreNumberedThroughBlocks) {
  EXPECT_EQ(philox_word(0, 0, 2), 0xbc57ac4cu);
  const Block later = philox_block({5, 0, 7, 1}, 9, 2);
  EXPECT_EQ(philox_word(2ull << 32 | 9, 1ull << 32 | 7, 21), later[1]);
  EXPECT_EQ(philox_word64(0, 0, 1), 0xbc57ac4c9b00dbd8u);
  EXPECT_EQ(philox_integer(0, 0, 1, std::uint64_t(1) << 32), 0xbc57ac4cu);
  EXPECT_EQ(philox_integer(0, 0, 1, std::uint64_t(3) << 61), 0x46a0e09cba205271u);
}

TEST(Random, ASeedFixesEverything) {
  auto draw = [] {
    manual_seed(42);
    return std::tuple(rand({5}).to_vector<float>(), randn({5}).to_vector<float>(),
                      randint(0, 9, {5}).to_vector<int>(), randperm(5).to_vector<int>(),
                      dropout(ones({9})).to_vector<float>());
  };
  EXPECT_EQ(draw(), draw());
  manual_seed(43);
  EXPECT_NE(rand({5}).to_vector<float>(), std::get<0>(draw()));
}

TEST(Random, EachCallTakesANumber) {
  manual_seed(1);
  const auto a = rand({5}).to_vector<float>(), b = rand({5}).to_vector<float>();
  EXPECT_NE(a, b);
  EXPECT_EQ(generator(), (Generator{1, 2}));
  const Generator saved = generator();
  const auto c = rand({5}).to_vector<float>();
  generator() = saved;
  EXPECT_EQ(rand({5}).to_vector<float>(), c);
}

TEST(Random, UniformNumbersArePhiloxs) {
  manual_seed(77);
  const auto single = rand({9}).to_vector<float>();
  const auto twice = rand({9}, {.dtype = float64}).to_vector<double>();
  for (std::uint64_t i = 0; i < 9; ++i) {
    EXPECT_EQ(single[i], philox_uniform(77, 0, i));
    EXPECT_EQ(twice[i], philox_uniform64(77, 1, i));
  }
}

TEST(Random, UniformNumbersAreUniform) {
  manual_seed(3);
  const auto v = rand({100'000}).to_vector<double>();
  EXPECT_GE(*std::min_element(v.begin(), v.end()), 0);
  EXPECT_LT(*std::max_element(v.begin(), v.end()), 1);
  EXPECT_NEAR(mean_of(v), 0.5, 5 * std::sqrt(1. / 12 / 1e5));
  EXPECT_NEAR(variance_of(v), 1. / 12, 0.002);
  std::vector<double> counts(10);
  for (double x : v) counts[std::size_t(x * 10)] += 1;
  double chi = 0;
  for (double c : counts) chi += (c - 1e4) * (c - 1e4) / 1e4;
  EXPECT_LT(chi, 30);  // 9 degrees of freedom: beyond 30 once in 2000 seeds
}

TEST(Random, UniformNumbersStayBelowTheirBoundInEachDType) {
  for (DType dtype : {float16, bfloat16, float32, float64}) {
    manual_seed(0);
    const Tensor u = rand({1'000'000}, {.dtype = dtype});
    const double most = max(u).item<double>();
    EXPECT_TRUE(is_half(dtype) ? most == largest_below(1, dtype) : most < 1) << to_string(dtype);
    EXPECT_GE(min(u).item<double>(), 0);
    EXPECT_NEAR(mean(to(u, float64)).item<double>(), 0.5, 0.002) << to_string(dtype);
    const Tensor w = zeros({1'000'000}, {.dtype = dtype});
    nn::init::uniform_(w, 1, 2);
    EXPECT_LT(max(w).item<double>(), 2) << to_string(dtype);
  }
  EXPECT_EQ(largest_below(1, float16), 1 - 0x1p-11);
  EXPECT_EQ(largest_below(1, bfloat16), 1 - 0x1p-8);
  EXPECT_EQ(largest_below(1, float32), 1 - 0x1p-24);
  EXPECT_EQ(largest_below(0.1, float64), std::nextafter(0.1, 0));
  EXPECT_EQ(largest_below(0, float16), -0x1p-24);
  EXPECT_EQ(largest_below(-1, bfloat16), -1 - 0x1p-7);
  EXPECT_EQ(largest_below(1 + 0x1p-13, float16), 1);
}

TEST(Random, NormalNumbersAreNormal) {
  manual_seed(4);
  const auto v = randn({100'001}).to_vector<double>();
  EXPECT_NEAR(mean_of(v), 0, 5 / std::sqrt(1e5));
  EXPECT_NEAR(variance_of(v), 1, 0.03);
  EXPECT_NEAR(
      double(std::count_if(v.begin(), v.end(), [](double x) { return std::fabs(x) < 1; })) / 1e5,
      0.6827, 0.01);
  EXPECT_NEAR(
      double(std::count_if(v.begin(), v.end(), [](double x) { return std::fabs(x) < 2; })) / 1e5,
      0.9545, 0.005);
  EXPECT_TRUE(std::all_of(v.begin(), v.end(), [](double x) { return std::isfinite(x); }));
}

TEST(Random, IntegersCoverTheirRange) {
  manual_seed(5);
  std::vector<int> counts(7);
  for (int x : randint(-3, 4, {70'000}).to_vector<int>()) {
    ASSERT_GE(x, -3);
    ASSERT_LT(x, 4);
    ++counts[std::size_t(x + 3)];
  }
  for (int c : counts) EXPECT_NEAR(c, 10'000, 500);
  EXPECT_THROW(randint(3, 3, {2}), ArgumentError);
  const auto wide = randint(INT64_MIN, INT64_MAX, {100}).to_vector<std::int64_t>();
  EXPECT_LT(*std::min_element(wide.begin(), wide.end()), -(std::int64_t(1) << 61));
  EXPECT_GT(*std::max_element(wide.begin(), wide.end()), std::int64_t(1) << 61);
}

TEST(Random, WideRangesAreEven) {
  manual_seed(5);
  const std::int64_t third = std::int64_t(1) << 61;
  const Tensor x = randint(0, 3 * third, {300'000});
  for (std::int64_t i : {0, 1, 2}) {
    const Tensor inside = (x >= i * third) * (x < (i + 1) * third);
    EXPECT_NEAR(inside.sum().item<double>() / 3e5, 1 / 3., 0.005) << i;
  }
}

TEST(Random, PermutationsHaveEachNumberOnce) {
  manual_seed(6);
  auto p = randperm(1000).to_vector<int>();
  EXPECT_FALSE(std::is_sorted(p.begin(), p.end()));
  std::sort(p.begin(), p.end());
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(p[std::size_t(i)], i);
}

double mean_of(const Tensor& x) { return x.to(float64).mean().item<double>(); }

TEST(Random, DrawsHaveTheirMeansAndLimits) {
  manual_seed(3);
  const Shape n{20000};
  const double error = 5 / std::sqrt(20000.);  // five standard deviations of a mean
  EXPECT_NEAR(mean_of(uniform(-1, 3, n)), 1, 4 * error / std::sqrt(12.));
  EXPECT_NEAR(mean_of(normal(2, 3, n)), 2, 3 * error);
  EXPECT_NEAR(mean_of(exponential(4, n)), 0.25, 0.25 * error);
  EXPECT_GE(exponential(4, n).min().item<double>(), 0);
  EXPECT_NEAR(mean_of(geometric(0.25, n)), 4, std::sqrt(12.) * error);
  EXPECT_EQ(geometric(0.25, n).min().item<double>(), 1);
  EXPECT_NEAR(mean_of(cauchy(1, 2, n) < 3.0), 0.75, 0.5 * error);  // median + sigma: 3/4
  EXPECT_NEAR(mean_of(log(log_normal(0.5, 2, n))), 0.5, 2 * error);
  EXPECT_NEAR(mean_of(bernoulli(full(n, 0.3))), 0.3, 0.5 * error);
  EXPECT_NEAR(mean_of(bernoulli(zeros(n, {.dtype = int64}), 0.3)), 0.3, 0.5 * error);
  EXPECT_TRUE(exponential(4, {2}, {.requires_grad = true}).is_leaf());
}

TEST(Random, DrawsInPlaceAreThoseOfTheFunctions) {
  const auto equals = [](const Tensor& found, const auto& draw) {
    manual_seed(11);
    EXPECT_EQ(found.to_vector<double>(), draw().template to_vector<double>());
  };
  const auto own = [](DType dtype = float32) {
    manual_seed(11);
    return zeros({3, 5}, {.dtype = dtype});
  };
  const Shape shape{3, 5};
  equals(own().uniform_(-1, 2), [&] { return uniform(-1, 2, shape); });
  equals(own(float16).normal_(1, 3), [&] { return normal(1, 3, shape, {.dtype = float16}); });
  equals(own(int32).random_(-4, 9), [&] { return randint(-4, 9, shape); });
  equals(own().exponential_(2), [&] { return exponential(2, shape); });
  equals(own().geometric_(0.3), [&] { return geometric(0.3, shape); });
  equals(own().cauchy_(), [&] { return cauchy(0, 1, shape); });
  equals(own(float64).log_normal_(), [&] { return log_normal(1, 2, shape, {.dtype = float64}); });
  equals(own().bernoulli_(0.25), [&] { return bernoulli(zeros(shape), 0.25); });
  Tensor columns = zeros({5, 3});
  manual_seed(11);
  columns.t().uniform_();
  equals(columns.t(), [&] { return rand(shape); });
  Tensor leaf = zeros({2}).requires_grad_();
  EXPECT_THROW(leaf.normal_(), AutogradError);
}

TEST(Random, MultinomialDrawsByWeight) {
  manual_seed(4);
  const Tensor weights = tensor({1., 0., 3., 4.}, {.dtype = float64});
  const Tensor drawn = multinomial(weights, 16000, true);
  for (const std::int64_t i : {0, 1, 2, 3})
    EXPECT_NEAR(mean_of(drawn == i), weights[i].item<double>() / 8, 5 * 0.5 / std::sqrt(16000.));
  // Without replacement: the second is chosen by weight among those that are left.
  const Tensor pairs = multinomial(weights.expand({16000, 4}), 2);
  EXPECT_EQ(mean_of(pairs.select(1, 0) == pairs.select(1, 1)), 0);
  const Tensor codes = pairs.select(1, 0) * 4 + pairs.select(1, 1);
  EXPECT_NEAR(mean_of(codes == 3 * 4 + 2), 4. / 8 * 3 / 4, 5 * 0.5 / std::sqrt(16000.));
  EXPECT_NEAR(mean_of(codes == 0 * 4 + 3), 1. / 8 * 4 / 7, 5 * 0.5 / std::sqrt(16000.));
}

TEST(Random, DropoutKeepsItsShare) {
  manual_seed(7);
  const auto v = dropout(ones({100'000}), 0.3).to_vector<double>();
  EXPECT_NEAR(double(std::count(v.begin(), v.end(), 0.)) / 1e5, 0.3, 0.01);
  EXPECT_NEAR(mean_of(v), 1, 0.01);
  for (double x : v) ASSERT_TRUE(x == 0 || std::fabs(x - 1 / 0.7) < 1e-6);
}

TEST(Random, MasksAndNumbersAreEqualOnAllDevices) {
  const Tensor there = ones({1003}, {.device = reference_device()});
  for (double p : {0.1, 0.5, 0.9}) {
    const Generator call{9, 4};
    EXPECT_EQ((dropout(ones({1003}), p, call) == 0).to_vector<int>(),
              (dropout(there, p, call) == 0).to_vector<int>());
  }
  auto draw = [](const Device& device) {
    manual_seed(8);
    return std::tuple(
        rand({1003}, {.device = device}).to_vector<float>(),
        rand({1003}, {.dtype = float64, .device = device}).to_vector<double>(),
        randint(-5, 1000, {1003}, {.dtype = int64, .device = device}).to_vector<int>());
  };
  EXPECT_EQ(draw("cpu"), draw(reference_device()));
}

TEST(Random, NumbersDoNotDependOnThreads) {
  const int before = num_threads();
  auto draw = [](int threads) {
    set_num_threads(threads);
    manual_seed(8);
    return std::tuple(rand({200'003}).to_vector<float>(), randn({200'003}).to_vector<float>(),
                      dropout(ones({200'003})).to_vector<float>());
  };
  const auto one = draw(1);
  for (int n : {2, 3, 8}) EXPECT_EQ(draw(n), one) << n << " threads";
  set_num_threads(before);
}

/// FNV-1a of integers.
std::uint64_t hash_of(const Tensor& x) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const std::int64_t value : x.to_vector<std::int64_t>())
    for (int shift = 0; shift < 64; shift += 8)
      hash = (hash ^ (std::uint64_t(value) >> shift & 255)) * 0x100000001B3;
  return hash;
}

// The values of x86. Uniform values come from words without rounding, except of halves; normal
// values differ in the last bit where products and sums are one instruction.
TEST(Random, WordsMasksAndIntegersAreTheSameBitsOnAllMachines) {
  const Shape n{1003};
  manual_seed(2026);
  const auto uniform = [&](DType dtype) {
    return hash_of((rand(n, {.dtype = dtype}).to(float64) * 0x1p53).to(int64));
  };
  EXPECT_EQ(uniform(float16), 0x0f511a6de638288f);
  EXPECT_EQ(uniform(bfloat16), 0xcd00676fda48792c);
  EXPECT_EQ(uniform(float32), 0xf7f09294b86ad9fa);
  EXPECT_EQ(uniform(float64), 0xc306ed06ef0be598);
  EXPECT_EQ(hash_of(randint(-5, 1000, n)), 0xe71c892ad03a4514);
  EXPECT_EQ(hash_of(randint(INT64_MIN, INT64_MAX, n)), 0x11287cc21d571963);
  EXPECT_EQ(hash_of(randperm(1003)), 0xe5c4f22139c99993);
  EXPECT_EQ(hash_of(dropout(ones(n), 0.3) != 0), 0x5eb8e6e902256285);
  EXPECT_EQ(hash_of(bernoulli(full(n, 0.3))), 0x230b6ec43cb9bdc5);
}

TEST(Random, NumbersDoNotDependOnTheLength) {
  manual_seed(11);
  const auto longer = randn({1001}).to_vector<float>();
  manual_seed(11);
  const auto shorter = randn({37}).to_vector<float>();
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), longer.begin()));
}

TEST(Random, AGeneratorBelongsToAThread) {
  manual_seed(12);
  rand({3});
  std::thread([] {
    manual_seed(99);
    rand({3});
  }).join();
  EXPECT_EQ(generator(), (Generator{12, 1}));
}

std::vector<float> on_a_thread(const std::function<void()>& before = {}) {
  std::vector<float> values;
  std::thread([&] {
    if (before) before();
    values = rand({4}).to_vector<float>();
  }).join();
  return values;
}

TEST(Random, ThreadsDrawDifferentValues) {
  manual_seed(12);
  const auto here = rand({4}).to_vector<float>(), first = on_a_thread(), second = on_a_thread();
  EXPECT_NE(here, first);
  EXPECT_NE(here, second);
  EXPECT_NE(first, second);
  manual_seed(12);  // threads that have not drawn yet are numbered anew
  EXPECT_EQ(on_a_thread(), first);
  EXPECT_EQ(on_a_thread(), second);
  manual_seed(13);
  EXPECT_NE(on_a_thread(), first);
}

TEST(Random, ANameMakesAThreadsStreamReproducible) {
  manual_seed(12);
  const auto named = [](const char* name) { return on_a_thread([=] { set_thread_stream(name); }); };
  const auto three = named("worker 3");
  on_a_thread();
  EXPECT_EQ(named("worker 3"), three);
  EXPECT_NE(named("worker 4"), three);
  manual_seed(13);
  EXPECT_NE(named("worker 3"), three);
  EXPECT_EQ(on_a_thread([] { manual_seed(12); }), [] {
    manual_seed(12);
    return rand({4}).to_vector<float>();
  }());
}

}  // namespace
}  // namespace tinygrad
