// SPDX-License-Identifier: MIT
// Tests the parts of examples/ddpm: the branch for outlines and the adapters change nothing before
// they are trained and are all that is trained; the Fréchet distance agrees with its closed form,
// the linear baseline with the moments of its data, and outlines with Sobel's filters.
#include "ddpm_judge.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>

#include "ddpm_data.h"
#include "ddpm_unet.h"

namespace ddpm {
namespace {

using tg::Tensor;

struct Input {
  Tensor x = tg::randn({2, 1, 8, 8}), t = tg::tensor({3, 700}), labels = tg::tensor({4, 10}),
         edges = tg::rand({2, 1, 8, 8});
};

/// Values where the network begins with zeros, so that nothing is hidden by them.
void fill_zeros(UNet& net) {
  const tg::NoGrad off;
  for (const Tensor& p : net.parameters())
    if (sum(abs(p)).item<double>() == 0) Tensor(p).copy_(0.1 * tg::randn(p.shape()));
}

UNet trained() {
  tg::manual_seed(3);
  UNet net({.channels = 8, .side = 8});
  fill_zeros(net);
  return net;
}

TEST(DdpmUNet, APlainNetworkIgnoresOutlines) {
  UNet net = trained();
  const Input in;
  EXPECT_EQ(net(in.x, in.t, in.labels).to_vector<float>(),
            net(in.x, in.t, in.labels, in.edges).to_vector<float>());
}

TEST(DdpmUNet, TheBranchForOutlinesBeginsWithoutEffect) {
  UNet base = trained(), net({.channels = 8, .side = 8, .control = true});
  net.load_state_dict(base.state_dict(), {.strict = false});
  net.copy_encoder();
  const Input in;
  const auto before = base(in.x, in.t, in.labels).to_vector<float>();
  EXPECT_EQ(net(in.x, in.t, in.labels, in.edges).to_vector<float>(), before);
  const auto ours = net.control->encoder.state_dict(), theirs = base.encoder.state_dict();
  ASSERT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i)
    EXPECT_EQ(ours[i].second.to_vector<float>(), theirs[i].second.to_vector<float>())
        << ours[i].first;
  fill_zeros(net);  // as training does: now the outlines count
  EXPECT_NE(net(in.x, in.t, in.labels, in.edges).to_vector<float>(), before);
}

TEST(DdpmUNet, AdaptersBeginWithoutEffect) {
  UNet base = trained(), net({.channels = 8, .side = 8, .rank = 2});
  net.load_state_dict(base.state_dict(), {.strict = false});
  const Input in;
  const auto before = base(in.x, in.t, in.labels).to_vector<float>();
  EXPECT_EQ(net(in.x, in.t, in.labels).to_vector<float>(), before);
  fill_zeros(net);
  EXPECT_NE(net(in.x, in.t, in.labels).to_vector<float>(), before);
}

TEST(DdpmUNet, OnlyWhatWasAddedIsTrained) {
  tg::manual_seed(4);
  UNet net({.channels = 8, .side = 8, .control = true, .rank = 2});
  fill_zeros(net);
  net.freeze_base();
  const Input in;
  mean(square(net(in.x, in.t, in.labels, in.edges))).backward();
  for (auto& [name, p] : net.named_parameters()) {
    const bool added = name.starts_with("control.") || name.find(".lora_") != name.npos;
    EXPECT_EQ(p.grad().defined(), added) << name;
    if (added) { EXPECT_GT(sum(abs(p.grad())).item<double>(), 0) << name; }
  }
}

/// A convolution with adapters is one whose weight is W + B A.
TEST(DdpmUNet, AdaptersAddAProductOfRankTwo) {
  tg::manual_seed(5);
  Conv conv(3, 4, 2);
  {
    const tg::NoGrad off;
    conv.b->copy_(tg::randn({4, 2}));
  }
  const Tensor x = tg::randn({1, 3, 5, 5});
  const Tensor down = conv2d(x, reshape(*conv.a, {2, 3, 3, 3}), {}, {.padding = 1});
  const Tensor expected = conv2d(x, conv.weight, conv.bias, {.padding = 1}) +
                          conv2d(down, reshape(*conv.b, {4, 2, 1, 1}));
  EXPECT_LT(max(abs(conv(x) - expected)).item<double>(), 1e-5);  // sums of 60 products of order 1
}

TEST(DdpmUNet, EmbeddingsOfTimestepsAreSinesAndCosines) {
  const auto e = timestep_embedding(tg::tensor({0, 7}), 4).to_vector<double>();
  const std::vector<double> expected = {
      1, 1, 0, 0, std::cos(7), std::cos(0.07), std::sin(7), std::sin(0.07)};
  for (std::size_t i = 0; i < e.size(); ++i) EXPECT_NEAR(e[i], expected[i], 1e-6) << i;
}

// ---------------------------------------------------------------- the Fréchet distance

Tensor doubles(const std::vector<double>& values, const tg::Shape& shape) {
  return tg::from_vector(values, shape, "cpu");
}

TEST(DdpmFrechetDistance, OfDiagonalCovariancesIsThatOfTheirRoots) {
  const Moments p = {doubles({1, 2, 0}, {3}), tg::diag(doubles({4, 9, 0}, {3}))},
                q = {doubles({0, 4, 0}, {3}), tg::diag(doubles({1, 25, 0}, {3}))};
  // |(1, -2, 0)|² + (2 - 1)² + (3 - 5)² + 0
  EXPECT_NEAR(frechet_distance(p, q), 5 + 1 + 4, 1e-6);
  EXPECT_NEAR(frechet_distance(p, p), 0, 1e-6);
}

TEST(DdpmFrechetDistance, OfAnyCovariancesAgreesWithEigenvalues) {
  tg::manual_seed(6);
  const auto random = [](double scale) {
    return moments(matmul(tg::randn({40, 6}, {.dtype = tg::float64}),
                          scale * tg::randn({6, 6}, {.dtype = tg::float64})));
  };
  const Moments p = random(1), q = random(2);
  using Matrix = Eigen::Matrix<double, 6, 6, Eigen::RowMajor>;
  const auto matrix = [](const Tensor& t) {
    return Matrix(Eigen::Map<const Matrix>(t.to_vector<double>().data()));
  };
  const Matrix s1 = matrix(p.covariance), s2 = matrix(q.covariance);
  const double roots = Eigen::EigenSolver<Matrix>(s1 * s2).eigenvalues().cwiseSqrt().sum().real();
  const double shift = sum(square(p.mean - q.mean)).item<double>();
  const double expected = shift + s1.trace() + s2.trace() - 2 * roots;
  EXPECT_GT(expected, 1);
  EXPECT_NEAR(frechet_distance(p, q), expected, 1e-6 * expected);
}

TEST(DdpmFrechetDistance, MomentsAreThoseOfTheSample) {
  const Moments m = moments(tg::tensor({{0., 2.}, {2., 2.}, {4., 8.}}));
  EXPECT_EQ(m.mean.to_vector<double>(), (std::vector<double>{2, 4}));
  EXPECT_EQ(m.covariance.to_vector<double>(), (std::vector<double>{4, 6, 6, 12}));
}

TEST(DdpmFrechetDistance, TheBaselineHasTheMomentsOfItsClass) {
  tg::manual_seed(7);
  tg::data::Dataset data;
  const Tensor mix = tg::tensor({{0.05, 0.02, 0., 0.}, {0., 0.04, 0.01, 0.}});
  data.x = reshape(0.5 + matmul(tg::randn({300, 2}), mix), {300, 1, 2, 2}).to("cpu");
  data.y = (tg::arange(300) % 2).to("cpu");
  data.x = data.x + 0.1 * reshape(data.y.to(tg::float32), {300, 1, 1, 1});
  const Tensor drawn = gaussian_per_class(data, 2, 20000);
  ASSERT_EQ(drawn.shape(), tg::Shape({40000, 1, 2, 2}));
  const auto own = [](const Tensor& x, std::int64_t first) {  // every second row, as labels are
    return moments(tg::flatten(reshape(x, {-1, 2, 4}).select(1, first), 1));
  };
  for (const std::int64_t k : {0, 1}) {
    const Moments a = own(drawn, k), b = own(data.x, k);
    // Five standard errors of 20,000 draws: 5 · 0.05 / √20000, and 5 · 0.05² √2 / √20000.
    EXPECT_LT(max(abs(a.mean - b.mean)).item<double>(), 2e-3);
    EXPECT_LT(max(abs(a.covariance - b.covariance)).item<double>(), 1.5e-4);
  }
}

// ---------------------------------------------------------------- pictures

TEST(DdpmOutlines, OfAnEdgeAreOneBesideItAndZeroElsewhere) {
  Tensor x = tg::zeros({1, 3, 6, 6});
  x.slice(3, 3).fill_(1);
  const Tensor y = outlines(x);
  ASSERT_EQ(y.shape(), tg::Shape({1, 1, 6, 6}));
  const auto row = y[0][0][2].to_vector<float>();  // the border of the picture is an edge, too
  EXPECT_EQ(row, (std::vector<float>{0, 0, 1, 1, 0, 1}));
}

TEST(DdpmStyles, ChangeStrokes) {
  Tensor x = tg::zeros({1, 1, 5, 5});
  x.select(3, 2).fill_(1);
  EXPECT_EQ(sum(in_style(x, "inverted")).item<double>(), 20);
  EXPECT_EQ(sum(in_style(x, "bold")).item<double>(), 15);
  const auto slanted = in_style(x, "slanted")[0][0];
  EXPECT_GT(slanted[0][3].item<double>() + slanted[0][1].item<double>(), 0.5);
  EXPECT_EQ(slanted[2].to_vector<float>(), (std::vector<float>{0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace ddpm
