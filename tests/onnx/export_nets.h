// SPDX-License-Identifier: MIT
// Networks that are written as ONNX files by tests: those of the examples, transformers, and others
// with ops that those do not have. The weights are random.
#pragma once
#include <tinygrad/tinygrad.h>

#include <functional>

#include "../../examples/mnist/nets.h"

namespace export_nets {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

/// A network, what is given to it, and what is called.
struct Net {
  std::string name;
  std::shared_ptr<nn::Module> module;
  std::function<tg::Tensors(std::int64_t batch)> inputs;
  std::function<tg::Tensors(const tg::Tensors& inputs)> call;
  std::vector<int> batch_dims = {};
};

// ------------------------------------------------------------ networks of the examples

/// A block and the network of examples/cifar_resnet.cpp, with fewer channels.
struct Block : nn::Module {
  Block(int in, int out, int stride)
      : body(add("body", nn::Sequential(nn::Conv2d(in, out, 3,
                                                   {.stride = stride, .padding = 1, .bias = false}),
                                        nn::BatchNorm2d(out), nn::ReLU(),
                                        nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}),
                                        nn::BatchNorm2d(out)))),
        shortcut(add("shortcut",
                     in == out
                         ? nn::Sequential()
                         : nn::Sequential(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}),
                                          nn::BatchNorm2d(out)))) {}
  nn::Sequential body, shortcut;
  tg::Tensor forward(const tg::Tensor& x) override { return relu(body(x) + shortcut(x)); }
};
struct Resnet : nn::Module {
  explicit Resnet(int w)
      : layers(add("layers", nn::Sequential(nn::Conv2d(3, w, 3, {.padding = 1, .bias = false}),
                                            nn::BatchNorm2d(w), nn::ReLU(), Block(w, w, 1),
                                            Block(w, 2 * w, 2), Block(2 * w, 4 * w, 2)))),
        head(add("head", nn::Linear(4 * w, 10))),
        mean(add_buffer("mean", channels({125.3f, 123.0f, 113.9f}))),
        std(add_buffer("std", channels({63.0f, 62.1f, 66.7f}))) {}
  nn::Sequential layers;
  nn::Linear head;
  nn::Buffer mean, std;
  tg::Tensor forward(const tg::Tensor& x) override {
    return head(tg::mean(layers((x.to(tg::float32) - mean) / std), {2, 3}));
  }
  static tg::Tensor channels(const std::vector<float>& values) {
    return reshape(tg::tensor(values), {3, 1, 1});
  }
};

/// That of examples/vae.cpp.
struct Vae : nn::Module {
  nn::Sequential encoder = add("encoder", nn::Sequential(nn::Linear(784, 40), nn::ReLU()));
  nn::Linear mean = add("mean", nn::Linear(40, 16)),
             log_variance = add("log_variance", nn::Linear(40, 16));
  nn::Sequential decoder =
      add("decoder", nn::Sequential(nn::Linear(16, 40), nn::ReLU(), nn::Linear(40, 784)));
  tg::Tensors operator()(tg::In x) {
    return run(x.location, [&] {
      const tg::Tensor h = encoder(*x), m = mean(h), v = log_variance(h);
      const tg::Tensor z = training() ? m + exp(v / 2) * tg::randn_like(m) : m;
      return tg::Tensors{decoder(z), m, v};
    });
  }
};

/// That of examples/lstm_text.cpp: characters [B, T] and a state -> scores and the next state.
struct Text : nn::Module {
  nn::Embedding embedding = add("embedding", nn::Embedding(30, 8));
  nn::LSTM lstm = add("lstm", nn::LSTM(8, 12, {.num_layers = 2, .batch_first = true}));
  nn::Linear head = add("head", nn::Linear(12, 30));
  tg::Tensors operator()(tg::In x, tg::In h0, tg::In c0) {
    return run(x.location, [&] {
      const auto [all, h1, c1] = lstm(embedding(*x), *h0, *c0);
      return tg::Tensors{head(all), h1, c1};
    });
  }
};

/// That of examples/finetune.cpp.
struct Finetune : nn::Module {
  nn::Sequential features =
      add("features", nn::Sequential(nn::Conv2d(1, 16, 3, {.padding = 1}), nn::ReLU(),
                                     nn::MaxPool2d(2), nn::Conv2d(16, 32, 3, {.padding = 1}),
                                     nn::ReLU(), nn::MaxPool2d(2), nn::Flatten()));
  nn::Sequential head =
      add("head", nn::Sequential(nn::Linear(32 * 7 * 7, 32), nn::ReLU(), nn::Linear(32, 10)));
  tg::Tensor forward(const tg::Tensor& x) override { return head(features(x)); }
};

// ------------------------------------------------------------ transformers

/// x [N, T, 16] -> [N, 4], the mean over the steps of an encoder's result.
struct Encoder : nn::Module {
  nn::TransformerEncoder encoder = add("encoder", nn::TransformerEncoder(16, 2, 2,
                                                                         {.dim_feedforward = 32,
                                                                          .activation = tg::gelu,
                                                                          .batch_first = true,
                                                                          .norm_first = true,
                                                                          .final_norm = true}));
  nn::Linear head = add("head", nn::Linear(16, 4));
  tg::Tensor forward(const tg::Tensor& x) override { return head(tg::mean(encoder(x), 1)); }
};

/// Tokens [N, T] -> scores of the next ones [N, T, 30]; the head's weight is the embedding's.
struct Gpt : nn::Module {
  nn::Embedding tokens = add("tokens", nn::Embedding(30, 16)),
                positions = add("positions", nn::Embedding(10, 16));
  nn::TransformerEncoder blocks = add("blocks", nn::TransformerEncoder(16, 2, 2,
                                                                       {.dim_feedforward = 64,
                                                                        .activation = tg::gelu,
                                                                        .batch_first = true,
                                                                        .norm_first = true,
                                                                        .final_norm = true}));
  tg::Tensor forward(const tg::Tensor& x) override {
    const tg::Tensor h = tokens(x) + positions(tg::arange(0, x.size(1)));
    return tg::linear(blocks(h, {.is_causal = true}), tokens.weight);
  }
};

/// Attention with rotary embeddings and RMS norms, as in Llama.
struct Llama : nn::Module {
  nn::RMSNorm norm = add("norm", nn::RMSNorm(16, {.eps = 1e-6}));
  nn::Linear qkv = add("qkv", nn::Linear(16, 48, {.bias = false})),
             out = add("out", nn::Linear(16, 16, {.bias = false})),
             gate = add("gate", nn::Linear(16, 32, {.bias = false})),
             up = add("up", nn::Linear(16, 32, {.bias = false})),
             down = add("down", nn::Linear(32, 16, {.bias = false}));
  tg::Tensor forward(const tg::Tensor& x) override {
    const auto parts = chunk(qkv(norm(x)), 3, -1);
    const auto heads = [](const tg::Tensor& t) {
      return transpose(unflatten(t, -1, {2, 8}), 1, 2);
    };
    const tg::Tensor q = rotary_embedding(heads(parts[0])), k = rotary_embedding(heads(parts[1]));
    const tg::Tensor y =
        scaled_dot_product_attention(q, k, heads(parts[2]), {}, {.is_causal = true});
    const tg::Tensor h = x + out(flatten(transpose(y, 1, 2), 2));
    return h + down(silu(gate(h)) * up(h));
  }
};

// ------------------------------------------------------------ what those do not use

/// Convolutions of sequences, transposed ones, and poolings that do not fit.
struct Windows : nn::Module {
  nn::Conv2d a =
      add("a", nn::Conv2d(2, 4, {3, 2},
                          {.stride = {2, 1}, .padding = {1, 0}, .dilation = {1, 2}, .groups = 2}));
  nn::ConvTranspose2d b = add(
      "b",
      nn::ConvTranspose2d(4, 6, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2}));
  nn::GroupNorm norm = add("norm", nn::GroupNorm(3, 6));
  nn::Conv1d c = add("c", nn::Conv1d(6, 5, 3, {.padding = tg::same}));
  nn::PReLU prelu = add("prelu", nn::PReLU(5));
  tg::Tensor forward(const tg::Tensor& x) override {
    tg::Tensor h = norm(b(leaky_relu(a(x), 0.1)));
    h = max_pool2d(h, 3, {.stride = 2, .padding = 1, .ceil_mode = true}) +
        avg_pool2d(h, 3, {.stride = 2, .padding = 1, .ceil_mode = true});
    h = adaptive_avg_pool2d(h, {1, int(h.size(3))});
    return prelu(c(squeeze(h, 2)));
  }
};

/// Functions of x [N, 6, 8], one file each.
using Function = tg::Tensor (*)(const tg::Tensor& x);
struct NamedFunction {
  const char* name;
  Function f;
};
#define F(name, y)                                            \
  {                                                           \
    name, [](const tg::Tensor& x) -> tg::Tensor { return y; } \
  }
inline const NamedFunction functions[] = {
    F("signs", neg(x) + sign(x) * abs(x)),
    F("exponentials", exp(x) - log(abs(x) + 1) + sqrt(abs(x)) / reciprocal(square(x) + 1)),
    F("waves", sin(x) + cos(x) * atan(x)),
    F("sigmoids", tanh(x) + sigmoid(x) - erf(x) + erfc(x)),
    F("rounded", floor(x) + ceil(x * 2) - round(x * 3)),
    F("relus", relu(x) + leaky_relu(x, 0.1) + elu(x, 0.7) + selu(x) + relu6(x * 3)),
    F("gelus", gelu(x) + gelu(x, tg::GeluApproximation::tanh) + silu(x) + mish(x)),
    F("softplus", softplus(x) + softplus(x, 2, 20) + hardswish(x) + logsigmoid(x)),
    F("logarithms",
      log1p(abs(x)) + expm1(x) + log2(abs(x) + 1) + log10(abs(x) + 1) + rsqrt(x * x + 1)),
    F("binary", maximum(x, 0.5) + minimum(x, 2 - x) + pow(abs(x), 1.5) + 1 / (x * x + 1)),
    F("remainders", remainder(x, 0.7) + fmod(x, 0.7) + floor_divide(x, 0.7)),
    F("chosen", where((x > 0.5) | (x <= -0.5), x, -1) + where((x == 0) ^ (x >= 0.1), x, x * 2)),
    F("clamped",
      clamp(x, -1, 0.5) + hardtanh(x, -0.5, 1) + addcmul(x, x, x, 2) + lerp(x, x* x, 0.3)),
    F("sums",
      sum(x, {1}, tg::keepdim) + mean(x, {0, 2}, tg::keepdim) + prod(x, {2}, tg::keepdim) + sum(x)),
    F("extremes",
      amax(x, {1, 2}, tg::keepdim) - amin(x, {2}, tg::keepdim) + tg::max(x, 1, tg::keepdim).values),
    F("arguments", argmax(x, 2) + argmin(x, -1)),
    F("spread",
      var(x, 2, 1, tg::keepdim) + x.std(1, 1, tg::keepdim) + logsumexp(x, {1, 2}, tg::keepdim)),
    F("softmaxes", softmax(x, 1) + log_softmax(x, 2) + cumsum(x, 1)),
    F("integers", ((x * 10).to(tg::int64) % 3 + 2) * 5),
    F("parts", x.slice(1, 1, 6, 2) + select(x, 2, -1).unsqueeze(2).slice(1, 0, 3)),
    F("orders", permute(x, {2, 0, 1}).transpose(0, 1).flatten(1) + reshape(x, {-1, 48})),
    F("joined",
      tg::cat({x, flip(x, {1, 2}), roll(x, 2, 2), pad(x, {1, -1, 2, 0}, 0.5).slice(1, 0, 6)}, 1)),
    F("stacked", tg::stack({x, x * 2}, 1).flatten(0, 1)),
    F("split",
      [&] {
        const auto p = chunk(x, 3, 1);
        return p[0] * p[2] + p[1];
      }()),
    F("unbound",
      [&] {
        const auto p = unbind(x, 1);
        return p[0] - p[5];
      }()),
    F("indexed", index_select(x, 1, tg::tensor({4, 0, 0})) +
                     gather(x, 1, (abs(x) * 2).to(tg::int64).clamp(0, 5).slice(1, 0, 3))),
    F("filled", x + tg::ones({x.size(0), 1, 1}) + tg::arange(0, 8)),
    F("in_place",
      [&] {
        tg::Tensor y = tg::zeros_like(x);
        y += x;
        y *= 2;
        return y + x;
      }()),
    F("scattered", scatter(x, 2, argsort(x, 2).slice(2, 0, 3), x.slice(2, 0, 3) * 2) +
                       scatter_add(x, 1, abs(x).to(tg::int64).clamp(0, 5), x)),
    F("slices_written", index_add(x, 1, tg::tensor({4, 0, 0}), x.slice(1, 1, 4)) -
                            index_copy(x, 2, tg::tensor({3, 1}), x.slice(2, 0, 2) * 3) +
                            index_fill(x, 2, tg::tensor({7, 2}), 0.5)),
    F("one_hot", tg::one_hot(abs(x).to(tg::int64).clamp(0, 3), 4)),
    F("sorted", tg::sort(x, 2, true).values* tg::sort(x, 1).values + tg::topk(x, 6, 1).values +
                    tg::kthvalue(x, 2, 2, true).values - tg::median(x, 1, true).values),
    F("order", argsort(x, 1) + tg::topk(x, 8, 2, false).indices),
    F("reflected", pad(x, {2, 3, 1, 0}, tg::PadMode::reflect)),
    F("replicated", pad(x, {2, 3, 1, 0}, tg::PadMode::replicate)),
    F("wrapped", pad(x, {2, 3, 1, 0}, tg::PadMode::circular)),
    F("unfolded", x.unfold(2, 3, 2).unfold(1, 4, 2)),
    F("columns", unfold(unsqueeze(x, 1), {3, 2}, {.dilation = {1, 2}, .padding = 1, .stride = 2})),
    F("interpolated",
      interpolate(x.unsqueeze(1), {.size = {9, 5}, .mode = tg::InterpolationMode::bilinear}) +
          interpolate(x.unsqueeze(1), {.size = {9, 5}, .mode = tg::InterpolationMode::bicubic}) +
          interpolate(x.unsqueeze(1), {.size = {9, 5}, .mode = tg::InterpolationMode::nearest})),
    F("aligned", interpolate(x, {.scale_factor = {2.5},
                                 .mode = tg::InterpolationMode::linear,
                                 .align_corners = true})),
    F("batch_inside", transpose(x, 0, 1).contiguous().reshape({6, -1}).mean(1) + x.sum({0, 2})),
};
#undef F

// ------------------------------------------------------------ all of them

/// Running statistics and biases that are not what they begin with, and evaluation mode.
inline void randomize(nn::Module& net) {
  const tg::NoGrad off;
  for (auto& [key, t] : net.state_dict())
    if (key.ends_with("running_var")) tg::Tensor(t).copy_(tg::rand(t.shape()) + 0.5);
    else if (key.ends_with("running_mean") || key.ends_with("bias"))
      tg::Tensor(t).copy_(tg::randn(t.shape()) * 0.1);
  net.eval();
}

/// A net of one tensor, which make(batch) gives.
template <class M, class Make>
Net one_input(const std::string& name, std::shared_ptr<M> net, const Make& make,
              std::vector<int> batch_dims = {}) {
  const auto call = [net](const tg::Tensors& in) { return tg::Tensors((*net)(in[0])); };
  return {name, net, [make](std::int64_t n) { return tg::Tensors(make(n)); }, call, batch_dims};
}
/// A net of random values of this shape, after the batch.
template <class M> Net of_shape(const std::string& name, std::shared_ptr<M> net, tg::Shape shape) {
  shape.insert(0, 0);
  return one_input(name, net, [shape](std::int64_t n) {
    tg::Shape all = shape;
    all[0] = n;
    return tg::randn(all);
  });
}

inline std::vector<Net> all() {
  tg::manual_seed(7);
  const auto vae = std::make_shared<Vae>();
  const auto text = std::make_shared<Text>();
  const auto gru = std::make_shared<nn::GRU>(4, 5, nn::RNNOptions{.bidirectional = true});
  const auto tokens = [](std::int64_t n) { return tg::randint(0, 30, {n, 7}); };
  std::vector<Net> nets = {
      of_shape("mnist_mlp", std::make_shared<mnist::Mlp>(), {1, 28, 28}),
      of_shape("mnist_cnn", std::make_shared<mnist::Cnn>(), {1, 28, 28}),
      one_input("cifar_resnet", std::make_shared<Resnet>(4),
                [](std::int64_t n) {
                  return tg::randint(0, 256, {n, 3, 32, 32}, {.dtype = tg::uint8});
                }),
      of_shape("vae", vae, {784}),
      {"vae_decoder", vae,
       [](std::int64_t n) {
         return tg::Tensors(tg::randn({n, 16}));
       },
       [vae](const tg::Tensors& in) { return tg::Tensors(vae->decoder(in[0])); }},
      {"lstm_text",
       text,
       [tokens](std::int64_t n) {
         return tg::Tensors{tokens(n), tg::randn({2, n, 12}), tg::randn({2, n, 12})};
       },
       [text](const tg::Tensors& in) { return (*text)(in[0], in[1], in[2]); },
       {0, 1, 1}},
      {"lstm", text, [tokens](std::int64_t n) { return tg::Tensors(tokens(n)); },
       [text](const tg::Tensors& in) {
         return tg::Tensors(std::get<0>(text->lstm(text->embedding(in[0]))));
       }},
      {"gru",
       gru,
       [](std::int64_t n) {
         return tg::Tensors(tg::randn({6, n, 4}));
       },
       [gru](const tg::Tensors& in) { return tg::Tensors((*gru)(in[0]).first); },
       {1}},
      of_shape("finetune", std::make_shared<Finetune>(), {1, 28, 28}),
      of_shape("encoder", std::make_shared<Encoder>(), {5, 16}),
      one_input("gpt", std::make_shared<Gpt>(), tokens),
      of_shape("llama", std::make_shared<Llama>(), {6, 16}),
      of_shape("windows", std::make_shared<Windows>(), {2, 9, 8}),
  };
  for (const auto& [name, f] : functions)
    nets.push_back(of_shape(
        std::string("functions_") + name,
        std::make_shared<nn::Lambda>([f = f](const tg::Tensor& x) { return f(x); }), {6, 8}));
  for (const Net& net : nets) randomize(*net.module);
  return nets;
}

}  // namespace export_nets
