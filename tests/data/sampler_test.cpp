// SPDX-License-Identifier: MIT
// Tests samplers, and parts of data sets.
#include <algorithm>
#include <numeric>

#include "support/files.h"
#include "tinygrad/data.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

using namespace data;

using Positions = std::vector<std::int64_t>;
Positions sequence(std::int64_t n) { return arange(n).to_vector<std::int64_t>(); }
Positions sorted(Positions p) {
  std::sort(p.begin(), p.end());
  return p;
}
Dataset numbers(std::int64_t n, std::int64_t first = 0) {
  return {arange(first, first + n), arange(n), {}, "numbers"};
}
Positions samples(DataLoader&& loader) {
  Positions all;
  for (auto [x, y] : loader)
    for (std::int64_t value : x.to_vector<std::int64_t>()) all.push_back(value);
  return all;
}

TEST(Sampler, orders_an_epoch) {
  EXPECT_EQ(sequential_sampler(4).order(1), sequence(4));
  const Sampler random = random_sampler(50);
  EXPECT_EQ(sorted(random.order(1)), sequence(50));
  EXPECT_NE(random.order(1), random.order(2));
  EXPECT_EQ(random.order(1), random_sampler(50).order(1));
  const Dataset set = numbers(20);
  EXPECT_EQ(samples(DataLoader(set, {.shuffle = true, .seed = 4})),
            samples(DataLoader(set, {.sampler = random_sampler(20), .seed = 4})));
}
TEST(Sampler, draws_by_weight) {
  const Sampler sampler = weighted_random_sampler(tensor({1., 0., 3.}), 10'000);
  EXPECT_EQ(sampler.size, 10'000);
  std::vector<int> count(3);
  for (std::int64_t i : sampler.order(7)) ++count.at(std::size_t(i));
  EXPECT_EQ(count[1], 0);
  EXPECT_NEAR(count[0], 2500, 200);  // 4.6 standard deviations
  EXPECT_EQ(sampler.order(7), sampler.order(7));
  EXPECT_NE(sampler.order(7), sampler.order(8));
  EXPECT_EQ(sorted(weighted_random_sampler(tensor({1., 2., 3.}), 3, false).order(1)), sequence(3));
  DataLoader loader(numbers(3), {.batch_size = 3, .sampler = sampler});
  EXPECT_EQ(loader.size(), 3334);
  expect_error<ShapeError>(
      [] {
        weighted_random_sampler(ones({2, 2}), 1);
      },
      "expected weights of shape [N], got [2, 2]");
  expect_error<ArgumentError>([] { weighted_random_sampler(tensor({1., -1.}), 1); }, "multinomial");
}
TEST(Sampler, spreads_classes_evenly) {
  Positions labels(300);  // 200 of class 0, 100 of class 7
  for (std::size_t i = 200; i < 300; ++i) labels[i] = 7;
  const Sampler sampler = stratified_sampler(tensor(labels));
  const Positions order = sampler.order(3);
  EXPECT_EQ(sorted(order), sequence(300));
  for (std::size_t first = 0; first < 300; first += 30) {
    const auto sevens = std::count_if(order.begin() + std::ptrdiff_t(first),
                                      order.begin() + std::ptrdiff_t(first + 30),
                                      [](std::int64_t i) { return i >= 200; });
    EXPECT_NEAR(double(sevens), 10, 1);
  }
  EXPECT_NE(order, sampler.order(4));
  expect_error<ShapeError>([] { stratified_sampler(ones({2, 2})); }, "of shape [N], got [2, 2]");
}
TEST(Sampler, shares_an_epoch_among_ranks) {
  for (std::int64_t n : {12, 13, 14}) {
    Positions all;
    for (int rank = 0; rank < 3; ++rank) {
      const Sampler own = distributed_sampler(random_sampler(n), rank, 3);
      EXPECT_EQ(own.size, (n + 2) / 3);
      for (std::int64_t i : own.order(5)) all.push_back(i);
    }
    all = sorted(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    EXPECT_EQ(all, sequence(n));
  }
  // torch.utils.data.DistributedSampler(range(7), 3, 1, shuffle=False, drop_last=...)
  EXPECT_EQ(distributed_sampler(sequential_sampler(7), 1, 3).order(0), (Positions{1, 4, 0}));
  EXPECT_EQ(distributed_sampler(sequential_sampler(7), 1, 3, true).order(0), (Positions{1, 4}));
  EXPECT_EQ(distributed_sampler(sequential_sampler(0), 1, 3).order(0), Positions());
  expect_error<ArgumentError>([] { distributed_sampler(random_sampler(3), 3, 3); },
                              "must be 0 to world_size - 1, got rank 3 and world_size 3");
}

TEST(Split, takes_parts) {
  const Dataset set = numbers(10);
  EXPECT_EQ(samples(DataLoader(Subset(set, {7, 2}))), (Positions{7, 2}));
  expect_error<SampleError>([&] { samples(DataLoader(Subset(set, {10}))); },
                            "sample 0: get: index 10 is not in a data set of 10 samples");
  for (const std::vector<double>& lengths :
       {std::vector<double>{7, 3}, std::vector<double>{.7, .3}}) {
    const auto parts = random_split(set, lengths, 1);
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[1].size(), 3);
    Positions all = samples(DataLoader(parts[0]));
    for (std::int64_t i : samples(DataLoader(parts[1]))) all.push_back(i);
    EXPECT_NE(all, sequence(10));
    EXPECT_EQ(sorted(all), sequence(10));
  }
  // torch.utils.data.random_split(range(10), [1/3, 1/3, 1/3]) has lengths 4, 3, 3
  EXPECT_EQ(random_split(10, {1. / 3, 1. / 3, 1. / 3})[0].size(), 4u);
  EXPECT_EQ(random_split(1, {1}).size(), 1u);
  expect_error<ArgumentError>([] { random_split(10, {5, 4}); }, "add up to 10");
  expect_error<ArgumentError>([] { random_split(10, {11, -1}); }, "must not be negative");
}
TEST(Split, joins_data_sets) {
  const ConcatDataset all(numbers(2), Subset(numbers(3, 5), {2}), numbers(0), numbers(1, 9));
  EXPECT_EQ(all.size(), 4);
  EXPECT_EQ(samples(DataLoader(all)), (Positions{0, 1, 7, 9}));
  EXPECT_THROW(all.get(4), IndexError);
}
TEST(Split, folds_k_times) {
  const auto folds = k_fold(49, 10, 3);
  ASSERT_EQ(folds.size(), 10u);
  Positions tests;
  for (auto& [train, test] : folds) {
    EXPECT_GE(test.size(), 4u);
    EXPECT_LE(test.size(), 5u);
    Positions all = train;
    all.insert(all.end(), test.begin(), test.end());
    EXPECT_EQ(sorted(all), sequence(49));
    tests.insert(tests.end(), test.begin(), test.end());
  }
  EXPECT_EQ(sorted(tests), sequence(49));
  expect_error<ArgumentError>([] { k_fold(3, 4); },
                              "k must be 2 to the number of samples, 3, got 4");
}

}  // namespace
}  // namespace tinygrad::test
