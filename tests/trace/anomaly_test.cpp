// SPDX-License-Identifier: MIT
// Tests that DetectAnomaly names the op that made the first NaN or infinity, lets legitimate
// infinities pass, and changes no value.
#include "tinygrad/trace/anomaly.h"

#include "backends/common/required_kernels_only.h"
#include "support/nn_help.h"
#include "tinygrad/op.h"
#include "tinygrad/optim.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

const float nan_value = std::numeric_limits<float>::quiet_NaN();

const Device& without_kernels() {
  static const Device device = register_backend(std::make_unique<RequiredKernelsOnly>(
                                                    backend("cpu"), Device("without_kernels")))
                                   .device();
  return device;
}
template <class F> std::string anomaly(const F& f, const AnomalyOptions& options = {}) {
  const DetectAnomaly detect(options);
  return message_of<Error>(f);
}

struct Net : nn::Module {
  nn::Linear fc = add("fc", nn::Linear(2, 2));
  Tensor forward(const Tensor& x) override { return log(relu(fc(x))); }
};

TEST(DetectAnomaly, NamesTheOpOfTheForwardPass) {
  const Tensor x = tensor({2.f, 0.f, 1.f});
  try {
    const DetectAnomaly detect;
    log(x);
    FAIL();
  } catch (const Error& e) {
    const std::string text = e.what();
    expect_says(text,
                "DetectAnomaly: log made an infinity in 1 of 3 elements, the first at [1], in the "
                "forward pass");
    expect_says(text, "input 0: float32 [3]  min 0  max 2");
    expect_says(text, "output 0: float32 [3]");
    expect_says(text, "called at anomaly_test.cpp:");
    EXPECT_EQ(e.op, "log");
    EXPECT_GT(e.location.line, 0);
  }
  EXPECT_EQ(log(x).numel(), 3);  // no longer
}

TEST(DetectAnomaly, NamesTheModule) {
  Net net;
  {
    const NoGrad off;
    net.fc.weight.fill_(nan_value);
  }
  const std::string text = anomaly([&] { net(ones({1, 2})); });
  expect_says(text, "linear passes on a NaN in 2 of 2 elements");
  expect_says(text, "an input had a NaN already");
  expect_says(text, "in fc (Linear) of Net");
  expect_says(text, "input 1: float32 [2, 2]  min nan");
}

TEST(DetectAnomaly, NamesTheOpWhoseDerivativeItIs) {
  const Tensor x = tensor({4.f, 0.f}).requires_grad_();
  const Tensor y = sum(sqrt(x));
  const std::string text = anomaly([&] { y.backward(); });
  expect_says(text, "in the derivative of sqrt");
  expect_says(text, "infinity");
  EXPECT_FALSE(x.grad().defined());
}

TEST(DetectAnomaly, NamesTheOptimizer) {
  nn::Linear fc(2, 2);
  optim::SGD sgd(fc.parameters(), {.lr = 0.1});
  sum(fc(ones({1, 2}))).backward();
  fc.bias.grad().fill_(nan_value);
  const std::string text = anomaly([&] { sgd.step(); });
  expect_says(text, "sgd passes on a NaN in 2 of 2 elements");
  expect_says(text, "writes in place");
  expect_says(text, "(overwritten)");
}

TEST(DetectAnomaly, NamesTheInnermostOpOfAFormula) {
  const float large = 3e38f;
  const Tensor x = tensor({{large, large}}).to(without_kernels());
  const Tensor w = tensor({{2.f, 2.f}}).to(without_kernels()), b = zeros({1}).to(without_kernels());
  const std::string text = anomaly([&] { linear(x, w, b); });
  expect_says(text, "matmul made an infinity in 1 of 1 elements");
  expect_says(text, "in the formula of linear");
}

TEST(DetectAnomaly, LetsPassWhatAFormulaLeavesOut) {
  const auto safe_log = [](const Tensor& x) -> Tensor {
    return apply({.name = "safe_log", .inputs = {x}, .formula = [](const Tensors& in) {
                    return Tensors(where(in[0] > 0, log(in[0]), 0));
                  }});
  };
  const DetectAnomaly detect;
  expect_close(safe_log(tensor({1.f, 0.f, -1.f})), {0, 0, 0}, 0);
}

TEST(DetectAnomaly, LetsMasksPass) {
  for (const Device& device : {Device("cpu"), without_kernels()}) {
    const Tensor q = randn({1, 2, 4, 8}).to(device).requires_grad_();
    const Tensor causal = triu(ones({4, 4}), 1).to(boolean).to(device);
    const DetectAnomaly detect;
    const Tensor scores = matmul(q, transpose(q, -2, -1));
    const Tensor weights = softmax(masked_fill(scores, causal, -INFINITY), -1);
    const Tensor added = where(causal, -INFINITY, zeros({4, 4}).to(device));
    const Tensor same = softmax(scores + added, -1);
    sum(square(weights) + square(same)).backward();
    sum(square(scaled_dot_product_attention(q, q, q, {}, {.is_causal = true}))).backward();
    max_pool2d(q, 2, {.padding = 1});
    nn::TransformerEncoderLayer layer(8, 2, {.dim_feedforward = 8, .dropout = 0});
    layer.to(device);
    const Tensor x = randn({3, 2, 8}).to(device);
    const Tensor padding = tensor({{false, false, true}, {false, true, true}}).to(device);
    sum(square(layer(x, {.key_padding_mask = padding, .is_causal = true}))).backward();
    full({2}, -INFINITY, {.device = device}).add_(1);
  }
}

TEST(DetectAnomaly, MayAllowInfinities) {
  const DetectAnomaly detect({.infinities = false});
  const Tensor x = exp(tensor({1000.f}));
  EXPECT_EQ(x.item<float>(), INFINITY);
  expect_says(message_of<Error>([&] { x - x; }), "sub made a NaN in 1 of 1 elements");
}

TEST(DetectAnomaly, SeesOverflowOfHalves) {
  const Tensor x = full({2}, 60000, {.dtype = float16});
  expect_says(anomaly([&] { x + x; }), "add made an infinity");
}

TEST(DetectAnomaly, IgnoresViewsIntegersAndEmptyTensors) {
  const Tensor x = tensor({1.f, nan_value});
  const DetectAnomaly detect;
  x.reshape({2, 1});
  argmax(x);
  isnan(x);
  exp(zeros({0, 3}));
  full({2}, nan_value);
}

TEST(DetectAnomaly, DoesNotChangeATrainingStep) {
  const auto trained = [](bool detected) {
    manual_seed(4);
    nn::Sequential net(nn::Conv2d(1, 3, 3), nn::BatchNorm2d(3), nn::ReLU(), nn::Flatten(),
                       nn::Dropout(0.5), nn::Linear(48, 4));
    optim::Adam adam(net.parameters());
    const Tensor x = randn({5, 1, 6, 6}), y = randint(0, 4, {5});
    std::optional<DetectAnomaly> detect;
    if (detected) detect.emplace();
    for (int i = 0; i < 3; ++i) {
      adam.zero_grad();
      cross_entropy(net(x), y).backward();
      adam.step();
    }
    return net.state_dict();
  };
  const NamedTensors plain = trained(false), detected = trained(true);
  ASSERT_EQ(plain.size(), detected.size());
  for (std::size_t i = 0; i < plain.size(); ++i) expect_same(plain[i].second, detected[i].second);
}

}  // namespace
}  // namespace tinygrad
