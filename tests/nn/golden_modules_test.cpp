// SPDX-License-Identifier: MIT
// Tests the modules against PyTorch's: tests/golden/make_modules.py wrote states, inputs, outputs
// and gradients of each case. The states load unchanged and strictly.
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "support/nn_help.h"
#include "tinygrad/io.h"

namespace tinygrad {
namespace {

/// The file holds float32 of what PyTorch computed in float64.
constexpr double tolerance = 1e-6;

const NamedTensors& file() {
  static const NamedTensors all = load(TINYGRAD_SOURCE_DIR "/tests/golden/modules.safetensors");
  return all;
}
/// The tensors of the file whose names begin so, without that.
NamedTensors golden(const std::string& prefix) {
  NamedTensors found;
  for (auto& [name, t] : file())
    if (name.starts_with(prefix)) found.emplace_back(name.substr(prefix.size()), t);
  return found;
}
/// Those named "0", "1", ..., floating ones in float64.
std::map<std::string, Tensor> numbered(const std::string& prefix) {
  std::map<std::string, Tensor> found;
  for (auto& [name, t] : golden(prefix))
    found[name] = is_floating(t.dtype()) ? t.to(float64) : t.clone();
  return found;
}
std::set<std::string> tests_of_file() {
  std::set<std::string> names;
  for (auto& [name, t] : file()) names.insert(name.substr(0, name.find('/')));
  return names;
}

Tensors results(const Tensor& y) { return y; }
template <class A, class B> Tensors results(const std::pair<A, B>& y) {
  return nn::detail::tensors_of(y);
}
Tensors results(const std::tuple<Tensor, Tensor, Tensor>& y) { return nn::detail::tensors_of(y); }

using In = std::vector<Tensor>;
struct Case {
  std::string name;
  std::function<void()> check;
};

/// Runs a module on the inputs of a case and compares outputs, gradients and buffers.
template <class M, class F> void check(const std::string& name, M net, const F& call, bool train) {
  net.load_state_dict(golden(name + "/state/"));
  net.to(float64).train(train);
  In in;
  for (auto& [i, t] : numbered(name + "/in/"))
    in.push_back(is_floating(t.dtype()) ? Tensor(t).requires_grad_() : t);
  Tensor loss = zeros({}, {.dtype = float64});
  std::size_t count = 0;
  for (const Tensor& y : results(call(net, in))) {
    if (!y.defined()) continue;
    const auto expected = numbered(name + "/out/");
    ASSERT_LT(count, expected.size());
    expect_close(y, expected.at(std::to_string(count++)), tolerance);
    const Tensor weights = cos(arange(0, y.numel(), 1, {.dtype = float64})).reshape(y.shape());
    loss = loss + (y * weights).sum();
  }
  EXPECT_EQ(count, numbered(name + "/out/").size());
  loss.backward();
  for (auto& [i, gradient] : numbered(name + "/grad_in/")) {
    SCOPED_TRACE("gradient of input " + i);
    expect_close(in[std::stoul(i)].grad(), gradient, tolerance);
  }
  for (auto* all : {"/grad/", "/after/"}) {
    const NamedTensors own =
        *all == '/' && all[1] == 'g' ? net.named_parameters() : net.named_buffers();
    const auto expected = numbered(name + all);
    EXPECT_EQ(own.size(), expected.size());
    for (auto& [key, t] : own) {
      SCOPED_TRACE(all + key);
      expect_close(all[1] == 'g' ? t.grad() : t, expected.at(key), tolerance);
    }
  }
}

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
/// Adds a case: make() builds the module, call(module, inputs) runs it, on one input by default.
template <class Make, class F>
void add(const std::string& name, Make make, F call, bool train = true) {
  cases().push_back({name, [=] { check(name, make(), call, train); }});
}
template <class Make> void add(const std::string& name, Make make, bool train = true) {
  add(
      name, make, [](auto& m, const In& x) { return m(x[0]); }, train);
}

#define MODULE(Name, ...) add(#Name, [] { return nn::Name(__VA_ARGS__); })
#define NAMED(name, ...) add(name, [] { return nn::__VA_ARGS__; })

void add_layers() {
  MODULE(ReLU), MODULE(ReLU6), MODULE(LeakyReLU, 0.2), MODULE(ELU, 0.5), MODULE(CELU, 0.5);
  MODULE(SELU), MODULE(GELU), NAMED("GELU_tanh", GELU(GeluApproximation::tanh)), MODULE(SiLU);
  MODULE(Mish), MODULE(Softplus, 2, 3), MODULE(Softsign), MODULE(Sigmoid), MODULE(LogSigmoid);
  MODULE(Tanh), MODULE(Tanhshrink), MODULE(Hardtanh, -0.5, 0.25), MODULE(Hardsigmoid);
  MODULE(Hardswish), MODULE(Hardshrink, 0.3), MODULE(Softshrink, 0.3), MODULE(Threshold, 0.1, -2);
  MODULE(GLU, 1), MODULE(Softmax, 0), MODULE(Softmin, 1), MODULE(LogSoftmax, -1);
  MODULE(Identity), MODULE(PReLU), NAMED("PReLU_channels", PReLU(4)), MODULE(Flatten);
  MODULE(Unflatten, 1, {2, -1}), MODULE(PixelShuffle, 2), MODULE(PixelUnshuffle, 2);
  NAMED("Upsample",
        Upsample(
            {.scale_factor = {1.5}, .mode = InterpolationMode::bilinear, .align_corners = true}));
  NAMED("MaxPool1d", MaxPool1d(3, {.stride = 2, .padding = 1}));
  MODULE(MaxPool2d, 2), MODULE(AvgPool2d, {2, 3});
  NAMED("AvgPool1d", AvgPool1d(3, {.stride = 2, .padding = 1, .count_include_pad = false}));
  MODULE(AdaptiveAvgPool1d, 4), MODULE(AdaptiveAvgPool2d, {3, 4});
  MODULE(AdaptiveMaxPool1d, 4), MODULE(AdaptiveMaxPool2d, {3, 4});
}

void add_weighted() {
  NAMED("Conv1d", Conv1d(4, 6, 3, {.stride = 2, .padding = 1, .groups = 2}));
  NAMED("Conv2d", Conv2d(4, 2, {2, 3}, {.padding = same, .bias = false}));
  NAMED("ConvTranspose1d",
        ConvTranspose1d(
            4, 6, 3, {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2, .dilation = 2}));
  NAMED("ConvTranspose2d", ConvTranspose2d(4, 2, {2, 3}, {.stride = {1, 2}}));
  MODULE(BatchNorm1d, 4), MODULE(BatchNorm2d, 4);
  NAMED("BatchNorm1d_rows", BatchNorm1d(4, {.momentum = std::nullopt}));
  add(
      "BatchNorm1d_eval", [] { return nn::BatchNorm1d(4); }, false);
  MODULE(LayerNorm, {3, 3}), NAMED("LayerNorm_no_bias", LayerNorm(5, {.bias = false}));
  NAMED("GroupNorm", GroupNorm(2, 4, {.eps = 1e-3}));
  MODULE(InstanceNorm1d, 4), NAMED("InstanceNorm1d_one", InstanceNorm1d(4));
  NAMED("InstanceNorm2d", InstanceNorm2d(4, {.affine = true}));
  NAMED("RMSNorm", RMSNorm({3, 3}, {.eps = 1e-4}));
  MODULE(Embedding, 5, 3), NAMED("Embedding_padding", Embedding(5, 3, {.padding_idx = -3}));
}

void add_attention() {
  using Mha = nn::MultiheadAttention;
  const auto make = [] { return Mha(4, 2); };
  const auto all_three = [](Mha& m, const In& x) { return m(x[0], x[1], x[2]); };
  add("MultiheadAttention", make, all_three);
  add("MultiheadAttention_one", make, all_three);
  add(
      "MultiheadAttention_self", [] { return Mha(4, 2, {.bias = false, .batch_first = true}); },
      [](Mha& m, const In& x) { return m(x[0], x[0], x[0], {.is_causal = true}, true, false); });
  add("MultiheadAttention_masks", make, [](Mha& m, const In& x) {
    return m(x[0], x[1], x[2], {.attn_mask = x[3], .key_padding_mask = x[4].to(float64) * -9.});
  });
  add("MultiheadAttention_fast", make, [](Mha& m, const In& x) {
    return m(x[0], x[1], x[2], {.key_padding_mask = x[3]}, false).first;
  });
  static constexpr nn::TransformerOptions options{.dim_feedforward = 5, .dropout = 0};
  NAMED("TransformerEncoderLayer", TransformerEncoderLayer(4, 2, options));
  add(
      "TransformerEncoderLayer_first",
      [] {
        return nn::TransformerEncoderLayer(4, 2,
                                           {.dim_feedforward = 5,
                                            .dropout = 0,
                                            .activation = gelu,
                                            .layer_norm_eps = 1e-3,
                                            .batch_first = true,
                                            .norm_first = true,
                                            .bias = false});
      },
      [](auto& m, const In& x) { return m(x[0], {.is_causal = true}); });
  add(
      "TransformerDecoderLayer", [] { return nn::TransformerDecoderLayer(4, 2, options); },
      [](auto& m, const In& x) {
        return m(x[0], x[1], {.is_causal = true}, {.key_padding_mask = x[2]});
      });
  add(
      "TransformerDecoderLayer_first",
      [] {
        return nn::TransformerDecoderLayer(
            4, 2, {.dim_feedforward = 5, .dropout = 0, .norm_first = true});
      },
      [](auto& m, const In& x) { return m(x[0], x[1]); });
  add(
      "TransformerEncoder", [] { return nn::TransformerEncoder(4, 2, 2, options); },
      [](auto& m, const In& x) { return m(x[0], {.is_causal = true}); });
  add(
      "TransformerDecoder",
      [] {
        return nn::TransformerDecoder(4, 2, 2,
                                      {.dim_feedforward = 5, .dropout = 0, .final_norm = true});
      },
      [](auto& m, const In& x) { return m(x[0], x[1]); });
}

void add_recurrent() {
  static const nn::RNNOptions both{.num_layers = 2, .bidirectional = true};
  const auto with_state = [](auto& m, const In& x) { return m(x[0], x[1]); };
  MODULE(RNN, 3, 2), MODULE(GRU, 3, 2), NAMED("LSTM", LSTM(3, 2, {.batch_first = true}));
  add(
      "RNN_one", [] { return nn::RNN(3, 2); }, with_state);
  add(
      "RNN_relu",
      [] {
        return nn::RNN(3, 2,
                       {.num_layers = 2,
                        .nonlinearity = relu,
                        .bias = false,
                        .batch_first = true,
                        .bidirectional = true});
      },
      with_state);
  add(
      "GRU_lengths", [] { return nn::GRU(3, 2, both); },
      [](auto& m, const In& x) { return m(x[0], x[2], x[1]); });
  add(
      "LSTM_states", [] { return nn::LSTM(3, 2, both); },
      [](auto& m, const In& x) { return m(x[0], x[1], x[2]); });
  add(
      "LSTM_lengths", [] { return nn::LSTM(3, 2, both); },
      [](auto& m, const In& x) { return m(x[0], {}, {}, x[1]); });
  add(
      "RNNCell", [] { return nn::RNNCell(3, 2, {.nonlinearity = relu}); }, with_state);
  add(
      "GRUCell", [] { return nn::GRUCell(3, 2); }, with_state);
  NAMED("GRUCell_zeros", GRUCell(3, 2, {.bias = false}));
  add(
      "LSTMCell", [] { return nn::LSTMCell(3, 2); },
      [](auto& m, const In& x) { return m(x[0], x[1], x[2]); });
}

void add_more() {
  add(
      "RReLU", [] { return nn::RReLU(0.2, 0.6); }, false);
  NAMED("Conv1d_replicate", Conv1d(4, 2, 4, {.padding = same, .padding_mode = PadMode::replicate}));
  NAMED("Conv2d_reflect",
        Conv2d(4, 2, 3, {.stride = 2, .padding = {1, 2}, .padding_mode = PadMode::reflect}));
  NAMED("Conv2d_circular",
        Conv2d(4, 2, 3, {.padding = 1, .dilation = 2, .padding_mode = PadMode::circular}));
  NAMED("InstanceNorm1d_tracked", InstanceNorm1d(4, {.affine = true, .track_running_stats = true}));
  NAMED("InstanceNorm2d_tracked",
        InstanceNorm2d(4, {.track_running_stats = true, .momentum = 0.3}));
  add(
      "InstanceNorm2d_eval",
      [] { return nn::InstanceNorm2d(4, {.affine = true, .track_running_stats = true}); }, false);
  add(
      "LSTM_proj",
      [] { return nn::LSTM(3, 4, {.num_layers = 2, .bidirectional = true, .proj_size = 2}); },
      [](auto& m, const In& x) { return m(x[0], x[1], x[2]); });
  add(
      "MultiheadAttention_dims",
      [] { return nn::MultiheadAttention(4, 2, {.kdim = 3, .vdim = 5}); },
      [](auto& m, const In& x) { return m(x[0], x[1], x[2]); });
}

struct Lists : nn::Module {
  nn::ModuleList<nn::Linear> layers =
      add("layers", nn::ModuleList<nn::Linear>(nn::Linear(2, 2), nn::Linear(2, 2)));
  nn::ModuleDict<nn::Linear> heads = add("heads", nn::ModuleDict<nn::Linear>());
  Lists() { heads.insert("left", nn::Linear(2, 1)), heads.insert("right", nn::Linear(2, 1)); }
  std::pair<Tensor, Tensor> operator()(tinygrad::In x) {
    return run(x.location, [&] {
      Tensor h = *x;
      for (auto& layer : layers) h = tanh(layer(h));
      return std::pair(heads["left"](h), heads["right"](h));
    });
  }
};
struct WeightNorm : nn::Module {
  nn::Parameter g = add("weight_g", ones({3, 1, 1})), v = add("weight_v", ones({3, 2, 2}));
  Tensor forward(const Tensor& x) override { return conv1d(x, nn::weight_norm(v, g)); }
};

TEST(GoldenModules, AreThoseOfPyTorch) {
  add_layers(), add_weighted(), add_attention(), add_recurrent(), add_more();
  add("Lists", [] { return Lists(); }), add("WeightNorm", [] { return WeightNorm(); });
  std::set<std::string> names;
  for (auto& [name, run] : cases()) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(names.insert(name).second);
    run();
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(names, tests_of_file());
}

}  // namespace
}  // namespace tinygrad
