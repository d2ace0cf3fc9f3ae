// SPDX-License-Identifier: MIT
// Tests the initial values of parameters: ranges, spreads, and the same values from the same seed.
#include "support/nn_help.h"

namespace tinygrad {
namespace {

double spread(const Tensor& t) { return std::sqrt(t.var().item<double>()); }
double largest(const Tensor& t) { return abs(t).max().item<double>(); }

TEST(Init, LayersBeginAsPyTorchs) {
  manual_seed(1);
  nn::Linear linear(400, 300);
  EXPECT_LE(largest(linear.weight), 1 / std::sqrt(400.));
  EXPECT_GT(largest(linear.weight), 0.999 / std::sqrt(400.));
  EXPECT_LE(largest(linear.bias), 1 / std::sqrt(400.));
  nn::Conv2d conv(16, 32, 5, {.groups = 2});  // each output is made from 8 x 5 x 5 elements
  EXPECT_LE(largest(conv.weight), 1 / std::sqrt(200.));
  EXPECT_GT(largest(conv.weight), 0.99 / std::sqrt(200.));
  nn::Dense dense({20, 20}, {10, 30});
  EXPECT_LE(largest(dense.weight), 1 / std::sqrt(400.));
  EXPECT_NEAR(spread(nn::Embedding(100, 100).weight), 1, 0.05);
}

TEST(Init, SpreadsAreThoseOfTheFans) {
  manual_seed(2);
  nn::Conv2d conv(20, 30, 3);  // fan in 180, fan out 270
  nn::init::kaiming_normal_(conv.weight, {.nonlinearity = nn::init::Nonlinearity::relu});
  EXPECT_NEAR(spread(conv.weight), std::sqrt(2 / 180.), 0.005);
  nn::init::kaiming_uniform_(conv.weight, {.a = std::sqrt(5.), .mode = nn::init::FanMode::fan_out});
  EXPECT_NEAR(largest(conv.weight), 1 / std::sqrt(270.), 0.001);
  nn::init::xavier_normal_(conv.weight);
  EXPECT_NEAR(spread(conv.weight), std::sqrt(2 / 450.), 0.003);
  nn::init::xavier_uniform_(conv.weight, nn::init::gain(nn::init::Nonlinearity::tanh));
  EXPECT_NEAR(largest(conv.weight), 5. / 3 * std::sqrt(6 / 450.), 0.003);
  EXPECT_TRUE(conv.weight.requires_grad() && conv.weight.is_leaf());
}

TEST(Init, SetsConstantsAndRanges) {
  const Tensor t = empty({1000}, {.dtype = float16});
  nn::init::uniform_(t, 2, 3);
  EXPECT_GE(t.min().item<double>(), 2);
  EXPECT_LE(t.max().item<double>(), 3);
  nn::init::normal_(t, 5, 0);
  expect_close(t, std::vector<double>(1000, 5), 0);
  nn::init::ones_(t);
  EXPECT_EQ(t.sum().item<double>(), 1000);
  nn::init::zeros_(t);
  EXPECT_EQ(t.sum().item<double>(), 0);
}

TEST(Init, RowsAreOrthonormal) {
  manual_seed(4);
  for (const Shape& shape : {Shape{5, 9}, Shape{9, 5}, Shape{4, 3, 2, 2}, Shape{1, 7}}) {
    const Tensor t = empty(shape, {.dtype = float64});
    nn::init::orthogonal_(t, 3);
    const Tensor m = t.flatten(1), small = m.size(0) <= m.size(1) ? m : m.t();
    EXPECT_TRUE(
        allclose(matmul(small, small.t()), 9 * eye(small.size(0)).to(float64), 1e-12, 1e-12));
  }
  EXPECT_THROW(nn::init::orthogonal_(ones({3})), ShapeError);
}

/// The moments of the normal distribution between a and b.
TEST(Init, TruncatedNormalValues) {
  manual_seed(5);
  const Tensor t = empty({200, 1000}, {.dtype = float64});
  nn::init::trunc_normal_(t, 1, 2, -1, 2);
  EXPECT_GE(t.min().item<double>(), -1);
  EXPECT_LE(t.max().item<double>(), 2);
  const double l = -1, h = 0.5, root = std::sqrt(2 * M_PI), pl = std::exp(-l * l / 2) / root,
               ph = std::exp(-h * h / 2) / root,
               z = (std::erf(h / std::sqrt(2)) - std::erf(l / std::sqrt(2))) / 2;
  const double mean = (pl - ph) / z, var = 1 + (l * pl - h * ph) / z - mean * mean;
  EXPECT_NEAR(t.mean().item<double>(), 1 + 2 * mean, 0.01);
  EXPECT_NEAR(spread(t), 2 * std::sqrt(var), 0.01);
  nn::init::trunc_normal_(t, 0, 1, 7, 8);  // far in the tail
  EXPECT_GE(t.min().item<double>(), 7);
  EXPECT_LE(t.max().item<double>(), 8);
  expect_says(message_of<ArgumentError>([&] { nn::init::trunc_normal_(t, 0, 1, 2, 2); }),
              "trunc_normal_: expected a < b and a standard deviation above 0, got a = 2, b = 2, "
              "std = 1");
}

TEST(Init, IdentityOfChannels) {
  nn::Conv2d conv(4, 6, 3, {.padding = 1, .groups = 2, .bias = false});
  nn::init::dirac_(conv.weight, 2);
  const Tensor x = randn({1, 4, 5, 5}), y = conv(x);
  expect_same(y.narrow(1, 0, 2), x.narrow(1, 0, 2));
  expect_same(y.narrow(1, 3, 2), x.narrow(1, 2, 2));
  EXPECT_EQ(y.select(1, 2).abs().sum().item<double>(), 0);
  const Tensor m = empty({2, 3});
  nn::init::eye_(m);
  expect_same(m, eye(2, 3));
  EXPECT_EQ(nn::init::calculate_gain(nn::init::Nonlinearity::tanh), 5. / 3);
}

TEST(Init, FollowsTheSeed) {
  manual_seed(3);
  const nn::Linear one(5, 5);
  manual_seed(3);
  const nn::Linear same(5, 5), other(5, 5);
  expect_same(one.weight, same.weight);
  EXPECT_NE(one.weight.to_vector<float>(), other.weight.to_vector<float>());
}

TEST(Init, RefusesWhatItCannotDraw) {
  expect_says(message_of<ShapeError>([] { nn::init::kaiming_uniform_(zeros({3})); }),
              "init: expected a weight of rank 2 or more, [out, in, ...], got [3]\n  called at "
              "init_test.cpp");
  expect_says(message_of<DTypeError>([] { nn::init::normal_(zeros({3}, {.dtype = int64})); }),
              "cannot draw real values for a tensor of int64");
}

}  // namespace
}  // namespace tinygrad
