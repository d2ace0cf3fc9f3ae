// SPDX-License-Identifier: MIT
// x and y are independent; their derivatives are not. The Hessian says how the gradient by one
// parameter changes when another moves: of (a x + b)^y, of one layer, of two, and of a small CNN.
#include <fmt/format.h>
#include <tinygrad/functional.h>
#include <tinygrad/tinygrad.h>

#include "labs/lab.h"

namespace {

namespace tg = tinygrad;
using tg::Tensor, tg::Tensors;

/// The part [begin, begin + shape.count()) of a vector of parameters, in its shape.
struct Taker {
  const Tensor& all;
  std::int64_t begin = 0;
  Tensor operator()(const tg::Shape& shape) {
    begin += shape.count();
    return reshape(narrow(all, 0, begin - shape.count(), shape.count()), shape);
  }
};

/// A block of parameters of a network.
struct Block {
  std::string name;
  std::int64_t size;
};

Tensor random(const tg::Shape& shape) { return tg::randn(shape, {.dtype = tg::float64}); }

/// The mean |element| of each block of the Hessian.
std::vector<std::vector<double>> by_blocks(const Tensor& h, const std::vector<Block>& blocks) {
  std::vector<std::vector<double>> means;
  std::int64_t row = 0;
  for (auto& a : blocks) {
    means.emplace_back();
    std::int64_t column = 0;
    for (auto& b : blocks) {
      const Tensor part = narrow(narrow(h, 0, row, a.size), 1, column, b.size);
      means.back().push_back(mean(abs(part)).item<double>());
      column += b.size;
    }
    row += a.size;
  }
  return means;
}

/// Adds the Hessian of a loss to the table by blocks, and to the picture.
struct Study {
  std::vector<lab::Row> rows;
  std::vector<plot::Chart> charts;

  std::vector<std::vector<double>> add(const plot::Text& name, const std::vector<Block>& blocks,
                                       const tg::TensorFunction& loss) {
    std::int64_t n = 0;
    for (auto& b : blocks) n += b.size;
    const Tensor h = tg::hessian(loss, random({n}) * 0.5);
    const auto means = by_blocks(h, blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i)
      for (std::size_t k = i; k < blocks.size(); ++k)
        rows.push_back({name.en, blocks[i].name, blocks[k].name, means[i][k]});
    std::vector<std::vector<double>> map;
    for (std::int64_t i = 0; i < n; ++i)
      map.push_back(log10(abs(h.select(0, i)) + 1e-8).to_vector<double>());
    charts.push_back({.title = name,
                      .x = {"parameter", "参数"},
                      .y = {"parameter", "参数"},
                      .map = std::move(map),
                      .map_scale = "log10 |H|"});
    return means;
  }
};

void power(lab::Lab& lab) {
  const Tensor at = tg::tensor({1.5, 3.}, {.dtype = tg::float64});
  const Tensor h = tg::hessian(
      [](const Tensors& in) { return tg::pow(2 * in[0].select(0, 0) + 1, in[0].select(0, 1)); },
      at);
  const auto v = h.to_vector<double>();
  lab.table("power", {{"of (2x + 1)^y"}, {"∂/∂x", "{:.2f}"}, {"∂/∂y", "{:.2f}"}},
            {{"∂/∂x", v[0], v[1]}, {"∂/∂y", v[2], v[3]}});
  lab.claim("the derivative by x changes when y moves, and the other way round by the same amount",
            v[1] != 0 && v[1] == v[2]);
}

void layers(lab::Lab& lab) {
  Study study;
  const Tensor x = random({8, 3}), target = random({8, 2}), labels = tg::randint(0, 2, {8});
  const std::vector<Block> rows{{"weights of output 1", 3}, {"weights of output 2", 3}};
  const auto linear = [&](const Tensor& w) { return matmul(x, reshape(w, {2, 3}).t()); };

  const auto square = study.add({"one layer: squared error", "一层：平方误差"}, rows,
                                [&](auto& in) { return mse_loss(linear(in[0]), target); });
  const auto activated = study.add({"with tanh", "加 tanh"}, rows,
                                   [&](auto& in) { return mse_loss(tanh(linear(in[0])), target); });
  const auto entropy = study.add({"one layer: cross entropy", "一层，交叉熵"}, rows,
                                 [&](auto& in) { return cross_entropy(linear(in[0]), labels); });
  const auto two =
      study.add({"two layers", "两层"}, {{"layer 1", 12}, {"layer 2", 8}}, [&](auto& in) {
        Taker take{in[0]};
        const Tensor w1 = take({4, 3}), w2 = take({2, 4});
        return mse_loss(matmul(tanh(matmul(x, w1.t())), w2.t()), target);
      });
  const Tensor image = random({4, 1, 6, 6}), classes = tg::randint(0, 3, {4});
  study.add({"a small CNN", "小型 CNN"}, {{"conv 1", 18}, {"conv 2", 36}, {"fully connected", 24}},
            [&](auto& in) {
              Taker take{in[0]};
              const Tensor w1 = take({2, 1, 3, 3}), w2 = take({2, 2, 3, 3}), w3 = take({3, 8});
              const Tensor h = tanh(conv2d(tanh(conv2d(image, w1)), w2));  // [4, 2, 2, 2]
              return cross_entropy(matmul(flatten(h, 1), w3.t()), classes);
            });

  lab.table("blocks", {{"network"}, {"parameters"}, {"with"}, {"mean |H|", "{:.4f}", 2e-4}},
            study.rows);
  lab.picture("blocks", study.charts);
  lab.claim(
      "squared error: the outputs of one layer do not couple, with an activation or without: "
      "each weight reaches one output alone, and the loss adds the outputs",
      square[0][1] == 0 && activated[0][1] == 0);
  lab.claim("within one output the weights do couple: they share its error", square[0][0] > 0);
  lab.claim("softmax couples the outputs: their probabilities sum to 1", entropy[0][1] > 0);
  lab.claim("the layers of a network couple: each is a factor of the other's gradient",
            two[0][1] > 0);
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("coupling", "x and y are independent; why are their derivatives not?", argc, argv,
                  [](lab::Lab& lab) {
                    power(lab);
                    layers(lab);
                  });
}
