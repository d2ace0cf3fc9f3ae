// SPDX-License-Identifier: MIT
// Tests that the drawn digits are the same for the same seed, whatever the rest.
#include "support/files.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::test {
namespace {

using vision::digits;

TEST(Digits, look_like_mnist) {
  const auto set = digits(1000, 1);
  EXPECT_EQ(set.x.shape(), Shape({1000, 1, 28, 28}));
  EXPECT_EQ(set.x.dtype(), float32);
  EXPECT_EQ(set.y.dtype(), int64);
  EXPECT_GE(set.x.min().item<float>(), 0.f);
  EXPECT_LE(set.x.max().item<float>(), 1.f);
  const float mean = set.x.mean().item<float>();
  EXPECT_GT(mean, .05f);
  EXPECT_LT(mean, .25f);
}
TEST(Digits, have_all_labels) {
  std::vector<int> count(10);
  for (auto label : digits(2000, 3).y.to_vector<std::int64_t>()) ++count.at(std::size_t(label));
  for (int n : count) EXPECT_GT(n, 100);
}
TEST(Digits, depend_on_seed_and_index_alone) {
  const auto many = digits(700, 7), few = digits(5, 7);
  EXPECT_EQ(bits(many.x.slice(0, 0, 5)), bits(few.x));
  EXPECT_EQ(bits(many.y.slice(0, 0, 5)), bits(few.y));
  EXPECT_NE(bits(digits(5, 8).x), bits(few.x));
  const int before = num_threads();
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    EXPECT_EQ(bits(digits(700, 7).x), bits(many.x));
  }
  set_num_threads(before);
}
TEST(Digits, may_be_none) {
  EXPECT_EQ(digits(0, 1).size(), 0);
  expect_error<ArgumentError>([] { digits(-1, 1); }, "got -1");
  expect_error<ArgumentError>([] { digits(std::int64_t(1) << 60, 1); }, "10,000,000");
}

}  // namespace
}  // namespace tinygrad::test
