// SPDX-License-Identifier: MIT
// Layers of volumes, dropout of channels, spectral norm, and averaged networks.
#include <gtest/gtest.h>

#include <cmath>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

TEST(RareLayers, VolumesHaveTheShapesOfTheirOps) {
  manual_seed(1);
  const Tensor x = randn({2, 3, 5, 6, 7});
  nn::Conv3d conv(3, 4, {3, 3, 1}, {.stride = {1, 2, 1}, .padding = 1});
  EXPECT_EQ(conv.weight.shape(), Shape({4, 3, 3, 3, 1}));
  EXPECT_EQ(conv(x).shape(), Shape({2, 4, 5, 3, 9}));
  EXPECT_EQ(nn::ConvTranspose3d(3, 2, 2, {.stride = 2})(x).shape(), Shape({2, 2, 10, 12, 14}));
  EXPECT_EQ(nn::MaxPool3d({2, 3, 2})(x).shape(), Shape({2, 3, 2, 2, 3}));
  EXPECT_EQ(nn::AvgPool3d(2)(x).shape(), Shape({2, 3, 2, 3, 3}));
  EXPECT_EQ(nn::AdaptiveAvgPool3d({1, 2, 3})(x).shape(), Shape({2, 3, 1, 2, 3}));
  EXPECT_EQ(nn::AdaptiveMaxPool3d(1)(x).shape(), Shape({2, 3, 1, 1, 1}));
}

TEST(RareLayers, ADenseConvolutionOfVolumesIsALinearLayer) {
  manual_seed(2);
  const Tensor x = randn({2, 3, 2, 3, 4}, {.dtype = float64}),
               w = randn({5, 3, 2, 3, 4}, {.dtype = float64});
  const Tensor y = conv3d(x, w).flatten(1), expected = matmul(x.flatten(1), w.flatten(1).t());
  EXPECT_LT((y - expected).abs().max().item<double>(), 1e-12);
}

TEST(RareLayers, DropoutTakesWholeChannels) {
  manual_seed(3);
  const Tensor x = ones({40, 50, 3, 4}), y = nn::Dropout2d(0.25)(x);
  const Tensor channels = y.flatten(2);
  EXPECT_TRUE(equal(channels.amax(2), channels.amin(2)));
  EXPECT_TRUE(allclose(y, where(y != 0, 4. / 3, zeros_like(y))));
  EXPECT_NEAR((y == 0).to(float32).mean().item<double>(), 0.25, 0.04);  // 4 deviations of 2000
  nn::Dropout2d off(0.25);
  off.train(false);
  EXPECT_TRUE(equal(off(x), x));
}

TEST(RareLayers, AlphaDropoutKeepsMeanAndVariance) {
  manual_seed(4);
  const Tensor x = randn({1000, 1000}), y = nn::AlphaDropout(0.3)(x);
  EXPECT_NEAR(y.mean().item<double>(), 0, 0.01);
  EXPECT_NEAR(y.var().item<double>(), 1, 0.01);
}

TEST(SpectralNorm, DividesByTheLargestSingularValue) {
  manual_seed(5);
  const TensorOptions doubles{.dtype = float64};
  const Tensor scale = tensor({5., 2., 1.}, doubles);  // orthogonal rows of these lengths
  Tensor w = eye(3, 4, doubles) * scale.unsqueeze(1);
  Tensor u = normalize(randn({3}, doubles), 2, 0), v = normalize(randn({4}, doubles), 2, 0);
  const Tensor y = nn::spectral_norm(w, u, v, {.n_power_iterations = 50});
  EXPECT_NEAR(y.abs().max().item<double>(), 1, 1e-12);
  EXPECT_NEAR(u.norm().item<double>(), 1, 1e-12);
  const Tensor before = u.clone();
  nn::spectral_norm(w, u, v, {.training = false});
  EXPECT_TRUE(equal(u, before));
  EXPECT_THROW(nn::spectral_norm(w, v, u), ShapeError);
  // The derivative takes u and v as constants: dσ = uᵀ dw v.
  w.requires_grad_();
  nn::spectral_norm(w, u, v, {.training = false}).sum().backward();
  const Tensor s = w.detach(), sigma = dot(u, mv(s, v)),
               expected = 1 / sigma - outer(u, v) * (s.sum() / (sigma * sigma));
  EXPECT_LT((w.grad() - expected).abs().max().item<double>(), 1e-12);
}

TEST(AveragedModel, IsTheMeanOfWhatItSaw) {
  nn::Linear net(1, 1);
  const auto set = [&](double value) {
    const NoGrad off;
    for (Tensor p : net.parameters()) p.fill_(value);
  };
  set(7);
  optim::AveragedModel<nn::Linear> average(net, [] { return nn::Linear(1, 1); });
  for (double value : {1., 2., 6.}) set(value), average.update_parameters(net);
  EXPECT_EQ(average.n_averaged(), 3);
  EXPECT_NEAR(average.module.weight.item<double>(), 3, 1e-6);
  EXPECT_NEAR(average.module.bias.item<double>(), 3, 1e-6);
}

}  // namespace
}  // namespace tinygrad
