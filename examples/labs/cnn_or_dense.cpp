// SPDX-License-Identifier: MIT
// Is a CNN an architecture? LeNet, the CNN of the examples, an all-convolutional net, an MLP, an
// MLP-Mixer and a small ViT, at about equal numbers of parameters and at equal compute.
#include <fmt/format.h>

#include <functional>
#include <map>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
using tg::Tensor;

/// [N, 1, 28, 28] -> [N, 16, 49]: 16 patches of 7 x 7.
Tensor patches(const Tensor& x) { return transpose(tg::unfold(x, {7, 7}, {.stride = 7}), 1, 2); }

/// MLP-Mixer (Tolstikhin et al. 2021): a layer over patches, then one over channels, in turn.
struct Mixer : nn::Module {
  struct Block : nn::Module {
    explicit Block(int width)
        : norm1(add("norm1", nn::LayerNorm(width))),
          norm2(add("norm2", nn::LayerNorm(width))),
          tokens1(add("tokens1", nn::Linear(16, 32))),
          tokens2(add("tokens2", nn::Linear(32, 16))),
          channels1(add("channels1", nn::Linear(width, 2 * width))),
          channels2(add("channels2", nn::Linear(2 * width, width))) {}
    Tensor forward(const Tensor& x) override {
      const Tensor mixed = x + transpose(tokens2(gelu(tokens1(transpose(norm1(x), 1, 2)))), 1, 2);
      return mixed + channels2(gelu(channels1(norm2(mixed))));
    }
    nn::LayerNorm norm1, norm2;
    nn::Linear tokens1, tokens2, channels1, channels2;
  };
  explicit Mixer(int width)
      : embed(add("embed", nn::Linear(49, width))),
        block1(add("block1", Block(width))),
        block2(add("block2", Block(width))),
        head(add("head", nn::Linear(width, 10))) {}
  Tensor forward(const Tensor& x) override {
    return head(block2(block1(embed(patches(x)))).mean(1));
  }
  nn::Linear embed;
  Block block1, block2;
  nn::Linear head;
};

/// ViT (Dosovitskiy et al. 2021): patches with a learned place, two blocks of attention, their
/// mean.
struct ViT : nn::Module {
  explicit ViT(int width)
      : embed(add("embed", nn::Linear(49, width))),
        place(add("place", 0.02 * tg::randn({16, width}))),
        block1(add("block1", nn::TransformerEncoderLayer(width, 4, options(width)))),
        block2(add("block2", nn::TransformerEncoderLayer(width, 4, options(width)))),
        head(add("head", nn::Linear(width, 10))) {}
  static nn::TransformerOptions options(int width) {
    return {.dim_feedforward = 2 * width, .dropout = 0, .batch_first = true, .norm_first = true};
  }
  Tensor forward(const Tensor& x) override {
    return head(block2(block1(embed(patches(x)) + place)).mean(1));
  }
  nn::Linear embed;
  nn::Parameter place;
  nn::TransformerEncoderLayer block1, block2;
  nn::Linear head;
};

lab::Net lenet(int c) {
  return lab::Net(nn::Conv2d(1, c, 5, {.padding = 2}), nn::Tanh(), nn::AvgPool2d(2),
                  nn::Conv2d(c, 2 * c, 5), nn::Tanh(), nn::AvgPool2d(2), nn::Flatten(),
                  nn::Linear(50 * c, 60), nn::Tanh(), nn::Linear(60, 10));
}
lab::Net all_convolutional(int c) {
  return lab::Net(nn::Conv2d(1, c, 3, {.padding = 1}), nn::ReLU(),
                  nn::Conv2d(c, 2 * c, 3, {.stride = 2, .padding = 1}), nn::ReLU(),
                  nn::Conv2d(2 * c, 4 * c, 3, {.stride = 2, .padding = 1}), nn::ReLU(),
                  nn::Conv2d(4 * c, 10, 7), nn::Flatten());
}

/// Two sizes of each: about 30,000 parameters, and about 2 million multiply-adds an image.
struct Architecture {
  const char* name;
  std::function<lab::Net(int)> make;
  int same_size, same_compute;
};
const Architecture architectures[] = {
    {"LeNet", lenet, 8, 20},
    {"CNN", [](int c) { return lab::cnn(c); }, 16, 20},
    {"all convolutional", all_convolutional, 8, 10},
    {"MLP", [](int h) { return lab::mlp(h); }, 38, 2500},
    {"MLP-Mixer", [](int w) { return lab::Net(Mixer(w)); }, 52, 84},
    {"ViT", [](int w) { return lab::Net(ViT(w)); }, 40, 84}};

double parameters(const nn::Module& net) {
  double n = 0;
  for (auto& p : net.parameters()) n += double(p.numel());
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run(
      "cnn_or_dense", "Is a CNN an architecture? Are convolution and dense layers its own?", argc,
      argv, [](lab::Lab& lab) {
        const lab::Digits data = lab::digits(lab, lab.choose(10000, 2000), lab.choose(10000, 1000));
        for (const bool same_compute : {false, true}) {
          std::vector<lab::Row> rows;
          std::map<std::string, double> result;
          plot::Chart chart{.title = same_compute ? plot::Text("equal compute", "计算量相同")
                                                  : plot::Text("equal size", "参数量相同"),
                            .x = {"architecture", "架构"},
                            .y = {"errors, %", "错误率，%"}};
          std::vector<lab::Mean> errors;
          for (auto& a : architectures) {
            const int size = same_compute ? a.same_compute : a.same_size;
            lab::Net one = a.make(size);
            const Tensor image = narrow(data.test.x, 0, 0, 1);
            const lab::Mean m = lab::learn(lab, data, [&] { return a.make(size); },
                                           {.epochs = lab.choose(4, 2), .lr = 2e-3});
            result[a.name] = m.mean;
            rows.push_back({a.name, parameters(one), lab::multiply_adds([&] { one(image); }) / 1e6,
                            m.mean, m.spread});
            chart.categories.emplace_back(a.name), errors.push_back({100 - m.mean, m.spread});
          }
          chart.series = {lab::series("", {}, errors)};
          const char* name = same_compute ? "same_compute" : "same_size";
          lab.table(name,
                    {{"architecture"},
                     {"parameters", "{:.0f}"},
                     {"million multiply-adds", "{:.2f}"},
                     {"accuracy %", "{:.2f}", 1},
                     lab::spread},
                    rows);
          lab.picture(name, {chart});
          lab.claim("nets that share weights over places are ahead of the MLP",
                    result["CNN"] > result["MLP"]);
        }
      });
}
