// SPDX-License-Identifier: MIT
// Tests sorting, scans, statistics and histograms where the table of ops does not: NaN, signed
// zeros, long lines, zeros in products, and values whose squares overflow. Also run on other
// devices.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

const float nan = std::nanf(""), inf = INFINITY;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

Tensor on_device(const Tensor& x) { return x.to(tested_device("cpu")); }
Tensor floats(const Floats& values) { return on_device(from_vector(values)); }
Integers integers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

/// Equal, where NaN equals NaN.
void expect_equal(const Tensor& found, const Floats& expected) {
  const Floats values = found.to_vector<float>();
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_TRUE(values[i] == expected[i] || (std::isnan(values[i]) && std::isnan(expected[i])))
        << i << ": " << values[i] << ", expected " << expected[i];
}

TEST(Order, NaNIsTheLargestAndZerosAreEqual) {
  const Tensor x = floats({nan, 1, -0.f, inf, 0, -nan, -inf, 0});
  EXPECT_EQ(integers(argsort(x)), (Integers{6, 2, 4, 7, 1, 3, 0, 5}));
  EXPECT_EQ(integers(argsort(x, 0, true)), (Integers{0, 5, 3, 1, 2, 4, 7, 6}));
  EXPECT_EQ(integers(topk(x, 3).indices), (Integers{0, 5, 3}));
  EXPECT_EQ(integers(argsort(on_device(tensor({INT64_MAX, 0, INT64_MIN, -1})))),
            (Integers{2, 3, 1, 0}));
}

/// Lines of many lengths, against the standard library.
TEST(Order, SortsLinesOfAnyLengthStably) {
  for (std::int64_t n : {2, 7, 8, 9, 63, 64, 65, 100, 257, 1000, 5000}) {
    Floats values(std::size_t(3 * n));
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = float((i * 7919 + i * i % 31) % 97) - 50;
    const Tensor x = on_device(from_vector(values, {3, n}));
    for (bool descending : {false, true}) {
      const Integers found = integers(argsort(x, 1, descending)),
                     columns = integers(argsort(x.t().contiguous(), 0, descending).t());
      EXPECT_EQ(found, columns) << n;
      for (std::int64_t line = 0; line < 3; ++line) {
        Integers expected(std::size_t(n), 0);
        std::iota(expected.begin(), expected.end(), 0);
        const float* row = &values[std::size_t(line * n)];
        std::stable_sort(expected.begin(), expected.end(), [&](std::int64_t a, std::int64_t b) {
          return descending ? row[a] > row[b] : row[a] < row[b];
        });
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), found.begin() + line * n)) << n;
      }
    }
  }
}

/// What is selected is what sorting finds: ties, NaN, infinities, outliers, integers of 64 bits.
TEST(Order, SelectsAsItSorts) {
  manual_seed(5);
  const Tensor x = randn({4, 3000}), few = round(x * 3), whole = to(x * 1e18, int64);
  const Tensor special = where(x > 2.5, nan, where(x < -2.5, -inf, where(x > 2.4, 1e30f, x)));
  for (const Tensor& t : {x, few, whole, special, zeros_like(x)}) {
    const Tensor given = on_device(t);
    for (bool largest : {false, true}) {
      const Tensor order = argsort(given, 1, largest);
      for (std::int64_t k : {1, 10, 700, 1500})
        EXPECT_EQ(integers(topk(given, k, 1, largest).indices), integers(narrow(order, 1, 0, k)));
    }
    const Tensor order = argsort(given, 1);
    for (std::int64_t k : {1, 2, 1500, 2999, 3000})
      EXPECT_EQ(integers(kthvalue(given, k, 1).indices), integers(select(order, 1, k - 1)));
    const Tensor middle = select(order, 1, 1499), nans = isnan(given);
    EXPECT_EQ(integers(median(given, 1).indices),
              integers(where(any(nans, 1), argmax(nans.to(int64), 1), middle)));
  }
}

TEST(Order, MediansAndQuantilesOfNaN) {
  const Tensor x = on_device(tensor({{1.f, nan, 3.f, nan, 2.f}, {5.f, 4.f, 3.f, 2.f, 1.f}}));
  const auto [values, indices] = median(x, 1);
  expect_equal(values, {nan, 3});
  EXPECT_EQ(integers(indices), (Integers{1, 2}));
  const auto [nan_values, nan_indices] = nanmedian(x, 1);
  expect_equal(nan_values, {2, 3});
  EXPECT_EQ(integers(nan_indices), (Integers{4, 2}));
  expect_equal(median(x), {nan});
  expect_equal(nanmedian(x), {2.f});  // of 1 1 2 2 3 3 4 5
  expect_equal(nanmedian(floats({nan, nan})), {nan});
  expect_equal(quantile(x, 0.5, 1), {nan, 3});
  expect_equal(nanquantile(x, {0, 0.25, 1}, 1), {1, 1, 1.5f, 2, 3, 5});
  expect_equal(nanquantile(floats({nan, nan}), 0.5), {nan});
  expect_equal(median(floats({})), {nan});
}

TEST(Order, AModeIsTheSmallestOfTheMostFrequent) {
  const auto [values, indices] = mode(floats({3, 1, 2, 3, 1, 2, nan, nan, nan}));
  expect_equal(values, {1});
  EXPECT_EQ(integers(indices), Integers{4});
}

TEST(Scan, NaNWinsAndTheLastOfEqualsIsChosen) {
  const auto [high, at_high] = cummax(floats({1, 3, 3, 2, nan, 4, nan, 5}), 0);
  expect_equal(high, {1, 3, 3, 3, nan, nan, nan, nan});
  EXPECT_EQ(integers(at_high), (Integers{0, 1, 2, 2, 4, 4, 6, 6}));
  const auto [low, at_low] = cummin(floats({3, 3, 4, 1, 1}), 0);
  expect_equal(low, {3, 3, 3, 1, 1});
  EXPECT_EQ(integers(at_low), (Integers{0, 1, 1, 3, 4}));
}

TEST(Scan, LongSumsAreAccurate) {
  const std::int64_t n = 300000;
  const Tensor x = full({n}, 0.1f, {.device = tested_device("cpu")}), y = cumsum(x, 0);
  const Floats values = y.to_vector<float>();
  for (std::int64_t i : {std::int64_t(999), std::int64_t(54321), n - 1})
    EXPECT_NEAR(values[std::size_t(i)], double(0.1f) * double(i + 1), 4e-7 * 0.1 * double(i + 1));
  const Tensor dx = grad(sum(cumsum(Tensor(x).requires_grad_(), 0)), x)[0];
  EXPECT_EQ(dx.slice(0, 0, 1).item<float>(), float(n));
  EXPECT_EQ(dx.slice(0, n - 1).item<float>(), 1);
  const Tensor ones_of_1000_lines = full({3, 1000, 2}, 1, {.dtype = int64, .device = x.device()});
  const Tensor counts = cumsum(ones_of_1000_lines, 1);
  EXPECT_EQ(integers(counts.select(1, 999)), Integers(6, 1000));
}

TEST(Scan, ProductsWithZerosHaveDerivatives) {
  for (const std::vector<double>& values :
       {std::vector<double>{2, 0, 3, 4}, {0, 0, 3}, {1, 2, 0, 3, 0, 5, 6}, {0}}) {
    const Tensor x = from_vector(values).requires_grad_();
    const GradcheckResult result =
        gradcheck([](const Tensors& in) { return cumprod(in[0], 0); }, x);
    EXPECT_TRUE(result) << result.message;
  }
}

TEST(Scan, LogarithmsOfSumsDoNotOverflow) {
  const Tensor x = floats({-inf, -inf, 1000, 1000, -2000}).requires_grad_();
  const Tensor y = logcumsumexp(x, 0);
  expect_equal(y, {-inf, -inf, 1000, 1000 + std::log(2.f), 1000 + std::log(2.f)});
  const Floats dx = grad(y.select(0, 4), x)[0].to_vector<float>();
  for (std::size_t i = 0; i < dx.size(); ++i) EXPECT_NEAR(dx[i], i == 2 || i == 3 ? 0.5 : 0, 1e-4);
  const Tensor nothing = floats({-inf, -inf}).requires_grad_();
  expect_equal(grad(logsumexp(nothing), nothing)[0], {0, 0});
}

TEST(Statistics, NoSquareOverflows) {
  for (float scale : {1e20f, 1e-25f}) {
    const Tensor x = floats({scale, 3 * scale, 5 * scale}).requires_grad_();
    EXPECT_NEAR(tinygrad::std(x).item<float>() / scale, 2, 1e-5);
    EXPECT_NEAR(norm(x).item<float>() / scale, std::sqrt(35.0), 1e-5);
    EXPECT_NEAR(norm(x, 3).item<float>() / scale, std::cbrt(153.0), 1e-5);
    const Floats of_std = grad(tinygrad::std(x), x)[0].to_vector<float>(),
                 of_norm = grad(norm(x), x)[0].to_vector<float>();
    for (int i : {0, 1, 2}) {
      EXPECT_NEAR(of_std[std::size_t(i)], 0.5 * (i - 1), 1e-6);
      EXPECT_NEAR(of_norm[std::size_t(i)], (2 * i + 1) / std::sqrt(35.0), 1e-6);
    }
  }
}

TEST(Statistics, GradientsAreZeroWhereRootsHaveNone) {
  const Tensor x = floats({2, 2, 2}).requires_grad_(), zero = floats({0, 0}).requires_grad_();
  expect_equal(grad(tinygrad::std(x), x)[0], {0, 0, 0});
  for (double p : {2.0, 3.0, 1.0, 0.5}) expect_equal(grad(norm(zero, p), zero)[0], {0, 0});
  const Tensor first = grad(tinygrad::std(x), x, {.create_graph = true})[0];
  expect_equal(grad(sum(first * floats({1, 2, 3})), x)[0], {0, 0, 0});
  expect_equal(norm(floats({inf, 1})), {inf});
  expect_equal(norm(floats({0, 1}), -2), {0});
}

TEST(Statistics, NaNIsLeftOut) {
  const Tensor x = floats({1, nan, 3}).requires_grad_();
  expect_equal(nansum(x), {4});
  expect_equal(nanmean(x), {2});
  expect_equal(grad(nanmean(x), x)[0], {0.5f, 0, 0.5f});
  expect_equal(nanmean(floats({nan})), {nan});
  EXPECT_EQ(count_nonzero(floats({nan, 0, -0.f, 2})).item<std::int64_t>(), 2);
}

TEST(Unique, EveryNaNIsAnElementOfItsOwn) {
  const Unique u =
      unique(floats({2, nan, 1, 2, nan}), {.return_inverse = true, .return_counts = true});
  expect_equal(u.values, {1, 2, nan, nan});
  EXPECT_EQ(integers(u.inverse), (Integers{1, 2, 0, 1, 3}));
  EXPECT_EQ(integers(u.counts), (Integers{1, 2, 1, 1}));
  EXPECT_FALSE(unique(floats({1})).inverse.defined());
}

TEST(Histogram, ElementsOutsideAreNotCounted) {
  const Tensor x = floats({-1, 0, 0.5f, 1, 2, nan, inf});
  expect_equal(histc(x, 2, 0, 1), {1, 2});
  expect_equal(histc(floats({3, 3}), 4), {0, 0, 2, 0});  // from 2 to 4
  expect_equal(histc(floats({1, 2, 4}), 3), {1, 1, 1});
  const Tensor many = full({5000}, 0.5f, {.dtype = float16, .device = tested_device("cpu")});
  expect_equal(histc(many, 1, 0, 1), {5000});  // 2048 + 1 is 2048 in float16
}

TEST(Histogram, NaNComesLastInASortedSequence) {
  const Tensor values = floats({0, 1, 2, 3, nan, inf});
  EXPECT_EQ(integers(searchsorted(floats({1, 2, nan}), values)), (Integers{0, 0, 1, 2, 2, 2}));
  EXPECT_EQ(integers(searchsorted(floats({1, 2, nan}), values, true)),
            (Integers{0, 1, 2, 2, 3, 2}));
  EXPECT_EQ(integers(searchsorted(floats({1, 2, 3, nan}), values)), (Integers{0, 0, 1, 2, 3, 3}));
}

}  // namespace
}  // namespace tinygrad
