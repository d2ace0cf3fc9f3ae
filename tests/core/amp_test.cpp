// SPDX-License-Identifier: MIT
// Tests mixed precision: the dtype that each op chooses, the values that stay float32, and the
// loss's factor.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <thread>

#include "support/message_of.h"
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;

namespace {

// ------------------------------------------------------------ Autocast

TEST(Autocast, ProductsRunInItsDtype) {
  const tg::Tensor x = tg::rand({2, 3, 5, 5}), w = tg::rand({4, 3, 3, 3}), a = tg::rand({4, 6}),
                   b = tg::rand({6, 5}), v = tg::rand({5, 6});
  for (tg::DType dtype : {tg::float16, tg::bfloat16}) {
    const tg::Autocast autocast(dtype);
    EXPECT_EQ(tg::matmul(a, b).dtype(), dtype);
    EXPECT_EQ(tg::linear(a, v).dtype(), dtype);
    EXPECT_EQ(tg::linear(a, v, tg::rand({5})).dtype(), dtype);
    EXPECT_EQ(tg::conv2d(x, w).dtype(), dtype);
    EXPECT_EQ(tg::tensordot(a, b, 1).dtype(), dtype);
    EXPECT_EQ(tg::matmul(a.to(tg::float64), b.to(tg::float64)).dtype(), tg::float64);
    EXPECT_EQ(tg::matmul(a.to(tg::int64), b.to(tg::int64)).dtype(), tg::int64);
    EXPECT_EQ((a + 1).dtype(), tg::float32);
  }
  EXPECT_EQ(tg::matmul(a, b).dtype(), tg::float32);
}
TEST(Autocast, WhatNeedsDigitsRunsInFloat32) {
  const tg::Tensor h = tg::rand({4, 6}).to(tg::float16),
                   labels = tg::zeros({4}, {.dtype = tg::int64});
  const auto all = [&] {
    return std::vector<tg::Tensor>{tg::softmax(h, 1),   tg::log_softmax(h, 1),
                                   tg::logsumexp(h, 1), tg::cross_entropy(h, labels),
                                   tg::mse_loss(h, h),  tg::sum(h),
                                   tg::mean(h),         tg::prod(h),
                                   tg::var(h),          tg::exp(h),
                                   tg::expm1(h),        tg::log(h),
                                   tg::log1p(h),        tg::reciprocal(h),
                                   tg::rsqrt(h),        tg::pow(h, 2.5),
                                   tg::pow(h, h)};
  };
  for (auto& y : all()) EXPECT_EQ(y.dtype(), tg::float16);
  const tg::Autocast autocast(tg::bfloat16);
  for (auto& y : all()) EXPECT_EQ(y.dtype(), tg::float32);
  for (auto& y :
       {tg::relu(h), h + h, tg::tanh(h), tg::amax(h), tg::max_pool2d(h.reshape({1, 1, 4, 6}), 2)})
    EXPECT_EQ(y.dtype(), tg::float16);
  EXPECT_EQ(tg::layer_norm(h, {6}, tg::ones({6})).dtype(), tg::float32);  // as its weight
}
/// Returns the largest difference, in units of the rounding of the elements of `one`.
double rounds_apart(const tg::Tensor& one, const tg::Tensor& other) {
  const double unit = one.dtype() == tg::float16    ? 0x1p-11
                      : one.dtype() == tg::bfloat16 ? 0x1p-8
                                                    : 0x1p-20;
  const auto a = one.to_vector<double>(), b = other.to_vector<double>();
  double most = a.size() == b.size() ? 0 : INFINITY;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double apart =
        a[i] == b[i] ? 0 : std::abs(a[i] - b[i]) / (unit * (0.01 + std::abs(b[i])));
    if (!(apart <= most)) most = apart;  // NaN too
  }
  return most;
}
/// Expects that an op of x in 16 bits gives its result of x in float32, rounded once if its results
/// are in 16 bits: values, gradients of x and of w, and second derivatives.
void expect_rounded_once(const char* what, tg::DType dtype, tg::DType result,
                         const std::function<tg::Tensor(tg::Tensor x, tg::Tensor w)>& f,
                         const tg::Shape& shape = {6, 5, 4}) {
  tg::manual_seed(3);
  const tg::Tensor half = tg::randn(shape).to(dtype), w = tg::rand({shape[1]}) + 0.5,
                   send = tg::randn(shape).to(dtype).to(tg::float32);
  tg::Tensors found, expected;
  for (const bool wide : {false, true}) {
    const tg::Tensor x = (wide ? half.to(tg::float32) : half.clone()).requires_grad_(),
                     weight = w.clone().requires_grad_();
    const tg::Tensor y = f(x, weight);
    const tg::Tensor dx = tg::grad(tg::sum(y.to(tg::float32) * send.expand(y.shape())), {x},
                                   {.create_graph = true})[0];
    tg::sum(tg::square(dx.to(tg::float32))).backward();
    (wide ? expected : found) = {y, dx, x.grad(), weight.grad()};
  }
  EXPECT_EQ(found[0].dtype(), result) << what;
  EXPECT_EQ(found[1].dtype(), dtype) << what;
  EXPECT_LE(rounds_apart(found[0], expected[0]), 1.01) << what;
  EXPECT_LE(rounds_apart(found[1], expected[1]), 1.01) << what;
  for (int i : {2, 3}) {
    ASSERT_EQ(found[i].defined(), expected[i].defined()) << what;
    if (!found[i].defined()) continue;
    EXPECT_EQ(found[i].dtype(), i == 2 ? dtype : tg::float32) << what;
    EXPECT_LE(rounds_apart(found[i].to(dtype), expected[i]), 40) << what;  // of what was rounded
  }
}
TEST(Autocast, OpsThatReadHalvesRoundOnce) {
  for (tg::DType dtype : {tg::float16, tg::bfloat16}) {
    const tg::Autocast autocast(dtype);
    const tg::Tensor labels = tg::randint(0, 4, {6}, {.dtype = tg::int64});
    expect_rounded_once("softmax", dtype, tg::float32,
                        [](auto x, auto) { return tg::softmax(x, -1); });
    expect_rounded_once("softmax down", dtype, tg::float32,
                        [](auto x, auto) { return tg::softmax(x, 0); });
    expect_rounded_once("log_softmax", dtype, tg::float32,
                        [](auto x, auto) { return tg::log_softmax(x, 1); });
    expect_rounded_once("cross_entropy", dtype, tg::float32, [&](auto x, auto) {
      return tg::cross_entropy(x.select(1, 2), labels).expand({6, 5, 4});
    });
    expect_rounded_once("batch_norm", dtype, dtype,
                        [](auto x, auto w) { return tg::batch_norm(x, w, tg::ones({5})).y; });
    expect_rounded_once("batch_norm without a weight", dtype, dtype,
                        [](auto x, auto b) { return tg::batch_norm(x, {}, b).y; });
    expect_rounded_once("batch_norm without either", dtype, dtype,
                        [](auto x, auto) { return tg::batch_norm(x).y; });
    // as CUDA's kernels for large channels and long rows
    expect_rounded_once("batch_norm of many", dtype, dtype,
                        [](auto x, auto w) { return tg::batch_norm(x, w, tg::ones({2})).y; },
                        {3, 2, 1500});
    expect_rounded_once("softmax of many", dtype, tg::float32,
                        [](auto x, auto) { return tg::softmax(x, -1); }, {1, 2, 8300});
    expect_rounded_once("batch_norm evaluated", dtype, dtype, [](auto x, auto w) {
      return tg::batch_norm_inference(x, w * 0.1, w, w, tg::ones({5}));
    });
  }
}
TEST(BatchNorm, OfHalvesHasStatisticsInFloat32) {
  const tg::Tensor x = tg::randn({4, 3, 2}).to(tg::bfloat16), one = tg::ones({3});
  const tg::BatchNormResult half = tg::batch_norm(x, one, one),
                            wide = tg::batch_norm(x.to(tg::float32), one, one);
  EXPECT_EQ(half.y.dtype(), tg::bfloat16);
  EXPECT_EQ(half.mean.dtype(), tg::float32);
  EXPECT_LE(rounds_apart(half.mean, wide.mean), 1);
  EXPECT_LE(rounds_apart(half.var, wide.var), 1);
  EXPECT_EQ(tg::batch_norm(x, one.to(tg::bfloat16), {}).mean.dtype(), tg::bfloat16);
  const tg::Autocast autocast(tg::bfloat16);
  EXPECT_EQ(tg::batch_norm(x).mean.dtype(), tg::float32);
  EXPECT_THROW(tg::batch_norm(x, one.to(tg::float64), {}), tg::DTypeError);
}
TEST(Autocast, IsAsConvertingByHand) {
  const tg::Tensor x = tg::randn({8, 20}), w = tg::randn({10, 20}), b = tg::randn({10});
  const tg::Tensor by_hand = tg::linear(x.to(tg::float16), w.to(tg::float16), b.to(tg::float16));
  const tg::Autocast autocast(tg::float16);
  EXPECT_EQ(tg::linear(x, w, b).to_vector<float>(), by_hand.to_vector<float>());
}
TEST(Autocast, EndsWithItsScopeAndIsOfItsThread) {
  const tg::Tensor a = tg::rand({3, 3});
  const tg::Autocast outer(tg::float16);
  {
    const tg::Autocast off(tg::float32);
    EXPECT_EQ(tg::matmul(a, a).dtype(), tg::float32);
    EXPECT_EQ(tg::autocast_dtype(), tg::float32);
  }
  EXPECT_EQ(tg::matmul(a, a).dtype(), tg::float16);
  tg::DType there = tg::float16;
  std::thread([&] { there = tg::autocast_dtype(); }).join();
  EXPECT_EQ(there, tg::float32);
}
TEST(Autocast, RefusesOtherDtypes) {
  EXPECT_EQ(tg::message_of<tg::DTypeError>([] {
              tg::Autocast{tg::float64};
            }).rfind("Autocast: expected float16, bfloat16 or float32, got float64", 0),
            0u);
}

/// Gradients of weights come back in the weights' dtype, whether the backward pass runs inside the
/// scope or after it, and they are the same.
TEST(Autocast, GradientsAreInTheWeightsDtype) {
  tg::manual_seed(1);
  const tg::Tensor x = tg::randn({8, 5}), labels = tg::randint(0, 3, {8});
  tg::Tensor w = (tg::randn({3, 5}) * 0.1).requires_grad_(), b = tg::zeros({3}).requires_grad_();
  const auto gradients = [&](bool inside) {
    w.set_grad({}), b.set_grad({});
    tg::Tensor loss;
    {
      const tg::Autocast autocast(tg::float16);
      loss = tg::cross_entropy(tg::linear(x, w, b), labels);
      if (inside) loss.backward();
    }
    if (!inside) loss.backward();
    EXPECT_EQ(loss.dtype(), tg::float32);
    EXPECT_EQ(w.grad().dtype(), tg::float32);
    EXPECT_EQ(b.grad().dtype(), tg::float32);
    return w.grad().to_vector<float>();
  };
  const std::vector<float> inside = gradients(true), after = gradients(false);
  EXPECT_EQ(inside, after);
  w.set_grad({});
  tg::cross_entropy(tg::linear(x, w, b), labels).backward();
  for (std::size_t i = 0; i < after.size(); ++i)
    EXPECT_NEAR(after[i], w.grad().to_vector<float>()[i], 2e-3) << i;
}

// ------------------------------------------------------------ GradScaler

/// One weight, whose gradient is `slope`.
struct OneWeight {
  tg::Tensor w = tg::tensor({1.f}).requires_grad_();
  tg::optim::SGD sgd{{w}, {.lr = 0.5}};
  void backward(tg::GradScaler& scaler, double slope) {
    sgd.zero_grad();
    scaler.scale(tg::sum(w * slope)).backward();
  }
  float value() const { return w.item<float>(); }
};

TEST(GradScaler, StepsAsWithoutAFactor) {
  OneWeight one;
  tg::GradScaler scaler;
  one.backward(scaler, 0.25);
  EXPECT_EQ(one.w.grad().item<float>(), 0.25 * 65536);
  EXPECT_TRUE(scaler.step(one.sgd));
  EXPECT_EQ(one.value(), 1 - 0.5 * 0.25);
  EXPECT_EQ(scaler.steps(), 1);
  EXPECT_EQ(scaler.skips(), 0);
}
TEST(GradScaler, SkipsWhatOverflowsAndCountsIt) {
  OneWeight one;
  tg::GradScaler scaler({.scale = 1024});
  for (double slope : {double(std::numeric_limits<float>::infinity()),
                       std::numeric_limits<double>::quiet_NaN(), 1e38}) {
    one.backward(scaler, slope);
    EXPECT_FALSE(scaler.step(one.sgd)) << slope;
  }
  EXPECT_EQ(one.value(), 1);
  EXPECT_EQ(scaler.skips(), 3);
  EXPECT_EQ(scaler.factor(), 128);
}
TEST(GradScaler, GrowsAfterGoodSteps) {
  OneWeight one;
  tg::GradScaler scaler({.scale = 8, .growth_interval = 3});
  for (int i = 0; i < 7; ++i) one.backward(scaler, 0), scaler.step(one.sgd);
  EXPECT_EQ(scaler.factor(), 32);
  one.backward(scaler, std::numeric_limits<double>::infinity()),
      scaler.step(one.sgd);  // counting begins anew
  for (int i = 0; i < 2; ++i) one.backward(scaler, 0), scaler.step(one.sgd);
  EXPECT_EQ(scaler.factor(), 16);
  one.backward(scaler, 0), scaler.step(one.sgd);
  EXPECT_EQ(scaler.factor(), 32);
}
TEST(GradScaler, UnscalesOnceForClipping) {
  OneWeight one;
  tg::GradScaler scaler;
  one.backward(scaler, 4);
  scaler.unscale_(one.sgd);
  EXPECT_EQ(one.w.grad().item<float>(), 4);
  EXPECT_EQ(tg::message_of<tg::ArgumentError>([&] {
              scaler.unscale_(one.sgd);
            }).rfind("unscale_: the gradients were divided by the factor already", 0),
            0u);
  tg::optim::clip_grad_norm_({one.w}, 1);
  EXPECT_TRUE(scaler.step(one.sgd));
  EXPECT_NEAR(one.value(), 0.5, 1e-6);
  one.backward(scaler, 1);
  scaler.unscale_(one.sgd);  // and again in the next step
}
TEST(GradScaler, IsSavedAndLoaded) {
  OneWeight one;
  tg::GradScaler scaler({.growth_interval = 5}), other({.growth_interval = 5});
  for (double slope : {1e38, 0., 0., 0.}) one.backward(scaler, slope), scaler.step(one.sgd);
  other.load_state_dict(scaler.state_dict());
  EXPECT_EQ(other.factor(), scaler.factor());
  EXPECT_EQ(other.skips(), 1);
  EXPECT_EQ(other.steps(), 3);
  for (int i = 0; i < 2; ++i) one.backward(other, 0), other.step(one.sgd);
  EXPECT_EQ(other.factor(), 65536);  // the five good steps of both
  tg::NamedTensors wrong = scaler.state_dict();
  wrong.pop_back();
  EXPECT_NE(tg::message_of<tg::ArgumentError>([&] { other.load_state_dict(wrong); }).find("skips"),
            std::string::npos);
  EXPECT_EQ(other.factor(), 65536);
}
TEST(GradScaler, ChecksItsNumbers) {
  EXPECT_NE(tg::message_of<tg::ArgumentError>([] {
              tg::GradScaler({.scale = 0});
            }).find("scale must be finite and above 0, it is 0"),
            std::string::npos);
  EXPECT_NE(tg::message_of<tg::ArgumentError>([] { tg::GradScaler({.growth = 1}); }).find("growth"),
            std::string::npos);
  EXPECT_NE(
      tg::message_of<tg::ArgumentError>([] { tg::GradScaler({.backoff = 1}); }).find("backoff"),
      std::string::npos);
  EXPECT_NE(tg::message_of<tg::ArgumentError>([] {
              tg::GradScaler({.growth_interval = 0});
            }).find("growth_interval"),
            std::string::npos);
}

/// float16 loses gradients below 6e-8; the factor brings them back.
TEST(GradScaler, BringsSmallGradientsBack) {
  tg::Tensor w = tg::ones({4, 4}).requires_grad_();
  const auto gradient = [&](double factor) {
    w.set_grad({});
    tg::Tensor y;
    {
      const tg::Autocast autocast(tg::float16);
      y = tg::matmul(tg::ones({4, 4}), w);
    }
    (tg::sum(y.to(tg::float32) * 1e-9) * factor).backward();
    return w.grad().to_vector<float>()[0] / factor;
  };
  EXPECT_EQ(gradient(1), 0);
  EXPECT_NEAR(gradient(65536), 4e-9, 1e-11);
}

}  // namespace
