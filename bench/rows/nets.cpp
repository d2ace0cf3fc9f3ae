// SPDX-License-Identifier: MIT
// The networks of the rows `train` and `infer`, and random data for them.
#include <tinygrad/models/gpt2.h>
#include <tinygrad/models/resnet.h>

#include "mnist/nets.h"
#include "row.h"

namespace bench {
namespace {

using namespace tg::nn;

/// 784-512-256-10.
Sequential mlp() {
  return Sequential(Linear(784, 512), ReLU(), Linear(512, 256), ReLU(), Linear(256, 10));
}
Sequential cnn() {
  return Sequential(Conv2d(1, 32, 3, {.padding = 1}), ReLU(), MaxPool2d(2),
                    Conv2d(32, 64, 3, {.padding = 1}), ReLU(), MaxPool2d(2), Flatten(), Dropout(),
                    Linear(3136, 128), ReLU(), Linear(128, 10));
}
/// Six residual blocks of 16, 32 and 64 channels: ResNet-14 of He et al. 2015, for CIFAR-10.
Sequential resnet14() {
  Sequential net(Conv2d(3, 16, 3, {.padding = 1, .bias = false}), BatchNorm2d(16), ReLU());
  for (const auto& [in, out] :
       {std::pair{16, 16}, {16, 16}, {16, 32}, {32, 32}, {32, 64}, {64, 64}})
    net.push(tg::models::ResidualBlock(in, out, in == out ? 1 : 2));
  net.push(AdaptiveAvgPool2d(1)), net.push(Flatten()), net.push(Linear(64, 10));
  return net;
}

/// Wide inside, depthwise in the middle; x is added if the shapes are equal. Sandler et al. 2018.
struct InvertedResidual : Module {
  InvertedResidual(int in, int out, int stride)
      : body(add(
            "body",
            Sequential(Conv2d(in, 6 * in, 1, {.bias = false}), BatchNorm2d(6 * in), ReLU6(),
                       Conv2d(6 * in, 6 * in, 3,
                              {.stride = stride, .padding = 1, .groups = 6 * in, .bias = false}),
                       BatchNorm2d(6 * in), ReLU6(), Conv2d(6 * in, out, 1, {.bias = false}),
                       BatchNorm2d(out)))),
        is_added(in == out) {}
  Sequential body;
  bool is_added;
  Tensor forward(const Tensor& x) override { return is_added ? x + body(x) : body(x); }
};
Sequential mobilenet() {
  Sequential net(Conv2d(3, 16, 3, {.padding = 1, .bias = false}), BatchNorm2d(16), ReLU6());
  for (const auto& [in, out] :
       {std::pair{16, 24}, {24, 24}, {24, 32}, {32, 32}, {32, 64}, {64, 64}})
    net.push(InvertedResidual(in, out, in == out ? 1 : 2));
  net.push(AdaptiveAvgPool2d(1)), net.push(Flatten()), net.push(Linear(64, 10));
  return net;
}

/// Patches of 4 x 4 pixels as tokens of 128 features. Dosovitskiy et al. 2021.
struct Vit : Module {
  explicit Vit(std::int64_t side) : tokens((side / 4) * (side / 4)) {}
  std::int64_t tokens;
  Conv2d patches = add("patches", Conv2d(3, 128, 4, {.stride = 4}));
  Parameter places = add("places", tg::zeros({tokens, 128}));
  TransformerEncoder encoder = add("encoder", TransformerEncoder(128, 4, 4,
                                                                 {.dim_feedforward = 512,
                                                                  .dropout = 0,
                                                                  .activation = gelu,
                                                                  .batch_first = true,
                                                                  .norm_first = true}));
  Linear head = add("head", Linear(128, 10));
  static Tensor gelu(tg::In x) { return tg::gelu(*x); }
  Tensor forward(const Tensor& x) override {
    return head(tg::mean(encoder(tg::transpose(tg::flatten(patches(x), 2), 1, 2) + places), 1));
  }
};

Sequential double_conv(int in, int out) {
  return Sequential(Conv2d(in, out, 3, {.padding = 1}), GroupNorm(8, out), SiLU(),
                    Conv2d(out, out, 3, {.padding = 1}), GroupNorm(8, out), SiLU());
}
/// Three levels of 32, 64 and 128 channels. Ronneberger et al. 2015.
struct Unet : Module {
  Sequential down1 = add("down1", double_conv(3, 32)), down2 = add("down2", double_conv(32, 64)),
             middle = add("middle", double_conv(64, 128)), up2 = add("up2", double_conv(192, 64)),
             up1 = add("up1", double_conv(96, 32));
  Conv2d last = add("last", Conv2d(32, 3, 1));
  static Tensor twice(const Tensor& x) { return tg::interpolate(x, {.scale_factor = {2}}); }
  Tensor forward(const Tensor& x) override {
    const Tensor fine = down1(x), half = down2(tg::max_pool2d(fine, 2));
    const Tensor h = up2(tg::cat({half, twice(middle(tg::max_pool2d(half, 2)))}, 1));
    return last(up1(tg::cat({fine, twice(h)}, 1)));
  }
};

tg::models::GPT2 gpt(const Row& row) {
  return tg::models::GPT2({.vocab_size = row.number("words", 65),
                           .n_positions = row.number("context", 128),
                           .n_embd = row.number("width", 128),
                           .n_layer = row.number("layers", 4),
                           .n_head = row.number("heads", 4),
                           .gelu = tg::GeluApproximation::none});
}

Tensor integers(std::int64_t below, const tg::Shape& shape, const Setting& s) {
  return tg::randint(0, below, shape, {.dtype = tg::int64, .device = s.device});
}
/// A net of inputs of this shape, and labels.
template <class Net>
Task classifier(Net net, const tg::Shape& shape, int classes, const Setting& s) {
  return {std::make_shared<Net>(std::move(net)), tg::rand(shape, {.device = s.device}),
          integers(classes, {shape[0]}, s)};
}

}  // namespace

Task task_of(const Row& row, const Setting& s) {
  const std::string net = row.word("net");
  const std::int64_t n = row.number("batch", 64), side = row.number("side", 32);
  const tg::Shape digits = {n, 1, 28, 28}, pictures = {n, 3, side, side};
  if (net == "mlp") return classifier(mlp(), {n, 784}, 10, s);
  if (net == "cnn") return classifier(cnn(), digits, 10, s);
  if (net == "mnist_mlp") return classifier(mnist::Mlp(), digits, 10, s);
  if (net == "mnist_cnn") return classifier(mnist::Cnn(), digits, 10, s);
  if (net == "resnet14") return classifier(resnet14(), pictures, 10, s);
  if (net == "resnet18") return classifier(tg::models::ResNet18(), pictures, 1000, s);
  if (net == "mobilenet") return classifier(mobilenet(), pictures, 10, s);
  if (net == "vit") return classifier(Vit(side), pictures, 10, s);
  if (net == "unet") {
    Task task = classifier(Unet(), pictures, 10, s);
    task.y = tg::rand(pictures, {.device = s.device});
    return task;
  }
  tg::require(net == "gpt", "bench_rows", "knows no network ", net);
  auto made = std::make_shared<tg::models::GPT2>(gpt(row));
  const std::int64_t words = made->options.vocab_size, length = made->options.n_positions;
  return {made, integers(words, {n, length}, s), integers(words, {n * length}, s)};
}

}  // namespace bench
