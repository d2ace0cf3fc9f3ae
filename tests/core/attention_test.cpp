// SPDX-License-Identifier: MIT
// Tests attention and rotary embeddings by what they mean.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

double largest_difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  return max(abs(a - b)).item<double>();
}

TEST(Attention, IsAWeightedMean) {
  manual_seed(1);
  const Tensor q = randn({3, 4}, {.dtype = float64}), k = randn({5, 4}, {.dtype = float64}),
               v = randn({5, 2}, {.dtype = float64});
  Tensor expected = zeros({3, 2}, {.dtype = float64});
  for (int i = 0; i < 3; ++i) {
    double total = 0;
    Tensor row = zeros({2}, {.dtype = float64});
    for (int j = 0; j < 5; ++j) {
      const double w = std::exp(sum(q[i] * k[j]).item<double>() / 2);
      total += w;
      row = row + v[j] * w;
    }
    expected[i] = row / total;
  }
  EXPECT_LT(largest_difference(scaled_dot_product_attention(q, k, v), expected), 1e-14);
}

/// The first rows do not depend on later keys; a causal mask is the lower triangle.
TEST(Attention, CausalRowsSeeThePast) {
  manual_seed(2);
  const Tensor q = randn({2, 6, 4}), k = randn({2, 6, 4}), v = randn({2, 6, 3});
  const Tensor all = scaled_dot_product_attention(q, k, v, {}, {.is_causal = true});
  const Tensor some = scaled_dot_product_attention(q.narrow(1, 0, 4), k.narrow(1, 0, 4),
                                                   v.narrow(1, 0, 4), {}, {.is_causal = true});
  EXPECT_LT(largest_difference(all.narrow(1, 0, 4), some), 1e-6);
  const Tensor lower = unsqueeze(arange(6), 1) >= arange(6);
  EXPECT_LT(largest_difference(all, scaled_dot_product_attention(q, k, v, lower)), 1e-6);
}

TEST(Attention, QueriesWithoutKeysGiveZeros) {
  const Tensor q = ones({2, 4}).requires_grad_(), k = ones({3, 4}), v = ones({3, 2});
  const Tensor mask = tensor({{true, false, true}, {false, false, false}});
  const Tensor y = scaled_dot_product_attention(q, k, v, mask);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 1, 0, 0}));
  sum(y).backward();
  EXPECT_EQ(isfinite(q.grad()).all().item<bool>(), true);
}

/// The scores and their gradient would be 128 MB.
TEST(Attention, MemoryIsLinearInTheLength) {
  const char* kernels = std::getenv("TINYGRAD_KERNELS");
  if (kernels && std::string(kernels) == "0") GTEST_SKIP() << "the formula keeps the scores";
  const std::int64_t length = 4096;
  const Tensor q = randn({length, 8}).requires_grad_(), k = randn({length, 8}).requires_grad_(),
               v = randn({length, 8}).requires_grad_();
  scaled_dot_product_attention(q, k, v).sum().backward();
  EXPECT_LT(memory_stats().peak_reserved, std::size_t(16 + 2 * num_threads()) << 20);
}

/// The scores of halves are floats, as in the kernel, if the mask needs a gradient.
TEST(Attention, HalvesWithAMaskThatNeedsAGradientAreExact) {
  manual_seed(4);
  const Tensor q = randn({3, 8}) * 8, k = randn({6, 8}) * 8, v = randn({6, 8}),
               mask = randn({3, 6});
  const auto attend = [&](DType dtype, bool requires_grad) {
    const Tensor y = scaled_dot_product_attention(
        q.to(float16).to(dtype), k.to(float16).to(dtype), v.to(float16).to(dtype),
        mask.to(float16).to(dtype).detach().requires_grad_(requires_grad));
    return y.to(float64);
  };
  EXPECT_LT(max(abs(attend(float16, true) - attend(float64, true))).item<double>(), 2e-3);
  EXPECT_LT(max(abs(attend(float16, false) - attend(float64, true))).item<double>(), 2e-3);
}

TEST(Attention, RotationsKeepDistances) {
  manual_seed(3);
  const Tensor q = randn({1, 8}, {.dtype = float64}), k = randn({1, 8}, {.dtype = float64});
  const auto product = [&](std::int64_t i, std::int64_t j, bool interleaved) {
    return sum(rotary_embedding(q, {.offset = i, .interleaved = interleaved}) *
               rotary_embedding(k, {.offset = j, .interleaved = interleaved}))
        .item<double>();
  };
  for (bool interleaved : {false, true}) {
    EXPECT_NEAR(product(3, 1, interleaved), product(1002, 1000, interleaved), 1e-11);
    EXPECT_GT(std::abs(product(3, 1, interleaved) - product(1, 3, interleaved)), 1e-3);
  }
  // Element 0 and its partner turn by one radian a position.
  const Tensor x = tensor({{1., 0., 0., 0.}}, {.dtype = float64});
  const Tensor halves = rotary_embedding(x, {.offset = 2}),
               neighbours = rotary_embedding(x, {.offset = 2, .interleaved = true});
  EXPECT_NEAR(halves[0][2].item<double>(), std::sin(2), 1e-15);
  EXPECT_NEAR(neighbours[0][1].item<double>(), std::sin(2), 1e-15);
}

}  // namespace
}  // namespace tinygrad
