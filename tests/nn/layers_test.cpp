// SPDX-License-Identifier: MIT
// Tests the layers: their formulas, their parameters' shapes, their checks, and Dense against
// flatten, Linear, unflatten.
#include "support/nn_help.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

TEST(Layers, SampleOfTheReadmeRuns) {
  struct Net : nn::Module {
    nn::Conv2d conv1 = add("conv1", nn::Conv2d(1, 4, 3, {.padding = 1}));
    nn::Conv2d conv2 = add("conv2", nn::Conv2d(4, 8, 3, {.padding = 1}));
    nn::Dropout drop = add("drop", nn::Dropout(0.5));
    nn::Linear fc = add("fc", nn::Linear(8 * 7 * 7, 10));
    Tensor forward(const Tensor& x) override {
      auto h = max_pool2d(relu(conv1(x)), 2);
      h = max_pool2d(relu(conv2(h)), 2);
      return fc(drop(flatten(h, 1)));
    }
  };
  Net net;
  const Tensor loss = cross_entropy(net(rand({2, 1, 28, 28})), zeros({2}, {.dtype = int64}));
  loss.backward();
  for (auto& p : net.parameters()) EXPECT_EQ(p.grad().shape(), p.shape());
}

TEST(Layers, HaveParametersOfPyTorchsShapes) {
  EXPECT_EQ(nn::Linear(3, 5).weight.shape(), (Shape{5, 3}));
  EXPECT_EQ(nn::Linear(3, 5).bias.shape(), Shape{5});
  EXPECT_FALSE(nn::Linear(3, 5, {.bias = false}).bias.defined());
  EXPECT_EQ(nn::Conv2d(4, 6, {3, 5}, {.groups = 2}).weight.shape(), (Shape{6, 2, 3, 5}));
  EXPECT_FALSE(nn::Conv2d(1, 2, 3, {.bias = false}).bias.defined());
  EXPECT_EQ(nn::Embedding(10, 3).weight.shape(), (Shape{10, 3}));
  EXPECT_EQ(nn::LayerNorm({2, 3}).weight.shape(), (Shape{2, 3}));
  EXPECT_EQ(nn::LayerNorm(7).weight.shape(), Shape{7});
  EXPECT_EQ(nn::LayerNorm(7, {.affine = false}).parameters().size(), 0u);
  EXPECT_EQ(nn::Conv1d(4, 6, 3, {.groups = 2}).weight.shape(), (Shape{6, 2, 3}));
  EXPECT_EQ(nn::ConvTranspose2d(4, 6, {3, 5}, {.groups = 2}).weight.shape(), (Shape{4, 3, 3, 5}));
}

TEST(Layers, StartWithPyTorchsValues) {
  const nn::ConvTranspose1d conv(4, 60, 5);
  const double bound = 1 / std::sqrt(60. * 5);
  for (const Tensor& t : {Tensor(conv.weight), Tensor(conv.bias)}) {
    const double most = abs(t).max().item<double>();
    EXPECT_TRUE(most <= bound && most > 0.8 * bound) << most;
  }
  const nn::Embedding table(50, 8, {.padding_idx = -1});
  expect_close(table.weight.detach().select(0, 49), std::vector<double>(8, 0), 0);
  EXPECT_NEAR(tinygrad::std(table.weight.slice(0, 0, 49)).item<double>(), 1, 0.1);
  expect_close(nn::PReLU(3).weight, {0.25, 0.25, 0.25}, 0);
}

TEST(Layers, AreTheOpsWithTheirOptions) {
  const Tensor x = randn({2, 4, 9, 9});
  nn::Conv2d conv(4, 6, {3, 5}, {.stride = 2, .padding = {1, 2}, .groups = 2});
  expect_same(conv(x),
              conv2d(x, conv.weight, conv.bias, {.stride = 2, .padding = {1, 2}, .groups = 2}));
  EXPECT_EQ(nn::Conv2d(4, 1, 4, {.padding = same})(x).shape(), (Shape{2, 1, 9, 9}));
  expect_same(nn::MaxPool2d(3, {.stride = 2, .padding = 1})(x),
              max_pool2d(x, 3, {.stride = 2, .padding = 1}));
  expect_same(nn::AvgPool2d(2)(x), avg_pool2d(x, 2));
  expect_same(nn::Flatten()(x), flatten(x, 1));
  nn::LayerNorm norm({9, 9}, {.eps = 1e-3});
  expect_same(norm(x), layer_norm(x, {9, 9}, norm.weight, norm.bias, 1e-3));
  nn::Embedding table(5, 3);
  const Tensor index = tensor({{0, 4}, {2, 2}});
  expect_same(table(index), embedding(index, table.weight));
}

TEST(Layers, ActivationsAreTheFunctions) {
  const Tensor x = randn({3, 4});
  expect_same(nn::ReLU()(x), relu(x));
  expect_same(nn::LeakyReLU(0.2)(x), leaky_relu(x, 0.2));
  expect_same(nn::ELU(0.5)(x), elu(x, 0.5));
  expect_same(nn::SELU()(x), selu(x));
  expect_same(nn::GELU()(x), gelu(x));
  expect_same(nn::SiLU()(x), silu(x));
  expect_same(nn::Softplus(2, 10)(x), softplus(x, 2, 10));
  expect_same(nn::Hardtanh(-0.5, 0.25)(x), hardtanh(x, -0.5, 0.25));
  expect_same(nn::Mish()(x), mish(x));
  expect_same(nn::Sigmoid()(x), sigmoid(x));
  expect_same(nn::Tanh()(x), tanh(x));
  expect_same(nn::Softmax(0)(x), softmax(x, 0));
  expect_same(nn::LogSoftmax(-1)(x), log_softmax(x, -1));
  expect_same(nn::Lambda([](const Tensor& t) { return 2 * t; })(x), 2 * x);
}

TEST(Layers, DropoutFollowsTheModeAndTheSeed) {
  nn::Dropout drop(0.25);
  const Tensor x = ones({40, 50});
  manual_seed(7);
  const Tensor y = drop(x);
  manual_seed(7);
  expect_same(y, dropout(x, 0.25));
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.1);
  drop.eval();
  expect_same(drop(x), x);
}

TEST(Layers, RefuseSizesThatMakeNoSense) {
  expect_says(message_of<ArgumentError>([] { nn::Linear(0, 3); }),
              "Linear: the number of inputs must be at least 1, not 0");
  expect_says(message_of<ArgumentError>([] { nn::Conv2d(3, 4, 3, {.groups = 2}); }),
              "Conv2d: 3 input and 4 output channels cannot be split into 2");
  expect_says(message_of<ArgumentError>([] { nn::Conv2d(3, 4, 0); }),
              "Conv2d: the kernel must be at least 1 in both directions, not [0, 0]");
  expect_says(message_of<ArgumentError>([] { nn::Conv2d(3, 4, same); }), "not same");
  expect_says(
      message_of<ArgumentError>([] { nn::Conv2d(3, 4, 3, {.stride = 2, .padding = same}); }),
      "requires stride 1");
  expect_says(message_of<ArgumentError>([] { nn::Dropout(1.5); }),
              "Dropout: p must be in [0, 1], got 1.5\n  called at layers_test.cpp");
  expect_says(message_of<ArgumentError>([] { nn::BatchNorm2d(-1); }),
              "BatchNorm2d: each size must be at least 1, not -1");
  expect_says(message_of<ArgumentError>([] { nn::Embedding(3, 0); }),
              "embedding_dim must be at least 1");
  expect_says(message_of<IndexError>([] { nn::Embedding(3, 2, {.padding_idx = 3}); }),
              "Embedding: padding_idx must be in [-3, 3), got 3");
  expect_says(message_of<ArgumentError>([] { nn::Conv1d(3, 4, 3, {.dilation = 0}); }),
              "Conv1d: dilation must be at least 1, not [0]");
  expect_says(message_of<ArgumentError>([] { nn::ConvTranspose2d(3, 4, 3, {.padding = same}); }),
              "ConvTranspose2d: padding must be at least 0 in both directions, not same");
  expect_says(
      message_of<ArgumentError>([] { nn::ConvTranspose1d(3, 4, 3, {.output_padding = -1}); }),
      "ConvTranspose1d: output_padding must be at least 0, not [-1]");
  expect_says(message_of<ArgumentError>([] { nn::GroupNorm(3, 4); }),
              "GroupNorm: 4 channels cannot be split into 3 groups");
  expect_says(message_of<ArgumentError>([] { nn::RMSNorm(4, {.eps = -1}); }),
              "RMSNorm: eps must not be negative, it is -1");
  expect_says(message_of<ArgumentError>([] { nn::PReLU(0); }),
              "PReLU: num_parameters must be at least 1, not 0");
  expect_says(message_of<ShapeError>([] {
                nn::Dense({1, 2, 3, 4, 5}, {1, 2, 3, 4});
              }),
              "has more than 8 dimensions");
}

TEST(Layers, RefuseInputsThatDoNotFit) {
  expect_says(message_of<ShapeError>([] {
                nn::BatchNorm1d(3)(ones({2, 4}));
              }),
              "batch_norm: expected x of shape [N, 3] or [N, 3, L], got [2, 4]\n  in BatchNorm1d");
  expect_says(message_of<ShapeError>([] {
                nn::InstanceNorm1d(3)(ones({2, 4, 5}));
              }),
              "instance_norm: expected x of shape [N, 3, L], with or without N, got [2, 4, 5]");
  expect_says(message_of<ShapeError>([] {
                nn::InstanceNorm2d(3)(ones({4, 5}));
              }),
              "expected x of shape [N, 3, H, W], with or without N, got [4, 5]");
}

// ------------------------------------------------------------ Sequential

TEST(Sequential, RunsItsLayersAndNamesThem) {
  nn::Sequential net(nn::Linear(4, 3), nn::ReLU());
  net.push(nn::Linear(3, 2));
  EXPECT_EQ(net.size(), 3u);
  EXPECT_EQ(names(net.named_parameters()),
            (std::vector<std::string>{"0.weight", "0.bias", "2.weight", "2.bias"}));
  const Tensor x = randn({5, 4});
  expect_same(net(x), net[2](net[1](net[0](x))));
  expect_says(message_of<ShapeError>([&] {
                net(zeros({5, 9}));
              }),
              "\n  in 0 (Linear) of Sequential, called at layers_test.cpp");
  expect_says(message_of<IndexError>([&] { net[3]; }), "Sequential: there is no layer 3, only 3");
  nn::Sequential moved = std::move(net);
  EXPECT_EQ(moved(x).shape(), (Shape{5, 2}));
}

// ------------------------------------------------------------ Dense

TEST(Dense, IsFlattenLinearUnflattenDerivativesIncluded) {
  nn::Dense dense({3, 4}, {2, 5});
  dense.to(float64);
  EXPECT_EQ(dense.weight.shape(), (Shape{3, 4, 2, 5}));
  EXPECT_EQ(dense.bias.shape(), (Shape{2, 5}));
  nn::Linear flat(12, 10);
  flat.to(float64);
  flat.load_state_dict({{"weight", dense.weight.detach().reshape({12, 10}).t()},
                        {"bias", dense.bias.detach().reshape({10})}});
  Tensor x = randn({7, 3, 4}, {.dtype = float64, .requires_grad = true}),
         same_x = x.detach().clone().requires_grad_();
  const Tensor dy = randn({7, 2, 5}, {.dtype = float64});

  const Tensor y = dense(x), same_y = unflatten(flat(flatten(same_x, 1)), 1, {2, 5});
  expect_close(y, same_y, 1e-13);
  y.backward(dy), same_y.backward(dy);
  expect_close(x.grad(), same_x.grad(), 1e-13);
  expect_close(dense.weight.grad().reshape({12, 10}).t(), flat.weight.grad(), 1e-13);
  expect_close(dense.bias.grad().reshape({10}), flat.bias.grad(), 1e-13);
}

TEST(Dense, TakesAnyRankAndAnyBatch) {
  EXPECT_EQ(nn::Dense({28, 28}, {10, 10})(zeros({5, 28, 28})).shape(), (Shape{5, 10, 10}));
  EXPECT_EQ(nn::Dense({4}, {2, 2, 2})(zeros({3, 5, 4})).shape(), (Shape{3, 5, 2, 2, 2}));
  EXPECT_EQ(nn::Dense({4, 3}, {2}, {.bias = false})(zeros({4, 3})).shape(), Shape{2});
  nn::Dense map({28, 28}, {10});
  expect_says(message_of<ShapeError>([&] {
                map(zeros({5, 28, 27}));
              }),
              "dense: the last dimensions of x must be [28, 28], got [5, 28, 27]");
  nn::Dense one({2}, {2});
  one.to(float64);
  const Tensor x = randn({3, 2}, {.dtype = float64, .requires_grad = true});
  const GradcheckResult result = gradcheck([&](const Tensors& in) { return tanh(one(in[0])); }, x);
  EXPECT_TRUE(result) << result.message;
}

}  // namespace
}  // namespace tinygrad
