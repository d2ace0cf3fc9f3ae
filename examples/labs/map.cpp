// SPDX-License-Identifier: MIT
// The whole of machine learning in one page: data, model, loss, gradient, optimizer, evaluation.
// Each part is then replaced by another while the rest stays as it is.
#include <fmt/format.h>

#include <functional>
#include <memory>

#include "labs/digits.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
namespace optim = tinygrad::optim;
using tg::Tensor;

/// The six parts of a training.
struct Parts {
  std::function<lab::Digits()> data;
  std::function<lab::Net()> model;
  std::function<Tensor(const Tensor& scores, const Tensor& labels)> loss;
  /// Puts a gradient into each parameter, for a loss that it may compute as often as it likes.
  std::function<void(const std::vector<Tensor>&, const std::function<Tensor()>&)> gradient;
  std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>&)> optimizer;
  std::function<double(const Tensor& scores, const Tensor& labels)> evaluation;
  int epochs = 1;
};

/// The whole: everything else in this file says what its parts are.
double learn(const Parts& p) {
  const lab::Digits data = p.data();
  lab::Net net = p.model();
  const auto optimizer = p.optimizer(net.parameters());
  for (int epoch = 0; epoch < p.epochs; ++epoch)
    for (auto [x, y] : tg::data::DataLoader(data.train, {.batch_size = 64, .shuffle = true})) {
      optimizer->zero_grad();
      p.gradient(net.parameters(), [&, x = x, y = y] { return p.loss(net(x), y); });
      optimizer->step();
    }
  net.eval();
  const tg::NoGrad off;
  return p.evaluation(net(data.test.x), data.test.y);
}

void backpropagation(const std::vector<Tensor>&, const std::function<Tensor()>& loss) {
  loss().backward();
}

/// No derivative at all: the slope along a random direction, times that direction (SPSA, Spall
/// 1992). Right on average, and so noisy that it hardly learns.
void random_direction(const std::vector<Tensor>& params, const std::function<Tensor()>& loss) {
  const tg::NoGrad off;
  const double h = 1e-3;
  std::vector<Tensor> directions;
  for (auto& p : params) directions.push_back(sign(tg::randn_like(p)));
  const auto move = [&](double by) {
    for (std::size_t i = 0; i < params.size(); ++i) Tensor(params[i]).add_(by * directions[i]);
  };
  move(h);
  const double above = loss().item<double>();
  move(-2 * h);
  const double below = loss().item<double>();
  move(h);
  for (std::size_t i = 0; i < params.size(); ++i)
    Tensor(params[i]).set_grad(directions[i] * ((above - below) / (2 * h)));
}

double percent_right(const Tensor& scores, const Tensor& y) {
  return 100 * (scores.argmax(1) == y).to(tg::float32).mean().item<double>();
}
double worst_class(const Tensor& scores, const Tensor& y) {
  double worst = 100;
  for (int c = 0; c < 10; ++c) {
    const Tensor of = (y == c).to(tg::float32);
    worst = std::min(
        worst, 100 * (of * (scores.argmax(1) == y)).sum().item<double>() / of.sum().item<double>());
  }
  return worst;
}

void run(lab::Lab& lab) {
  const std::int64_t train = lab.choose(20000, 3000), test = lab.choose(10000, 1000);
  const auto sgd = [](auto& p) {
    return std::make_unique<optim::SGD>(p, optim::SgdOptions{.lr = 0.1});
  };
  const Parts basis{.data = [&] { return lab::digits(lab, train, test); },
                    .model = [] { return lab::mlp(64); },
                    .loss = [](auto& x, auto& y) { return cross_entropy(x, y); },
                    .gradient = backpropagation,
                    .optimizer = sgd,
                    .evaluation = percent_right,
                    .epochs = 3};
  struct Change {
    const char *part, *now;
    Parts parts;
  };
  std::vector<Change> all{{"-", "the basis", basis}};
  const auto change = [&](const char* part, const char* now) -> Parts& {
    return all.emplace_back(Change{part, now, basis}).parts;
  };
  change("data", "a tenth of the images").data = [&] { return lab::digits(lab, train / 10, test); };
  change("data", "digits drawn by code").data = [&] {
    return lab::Digits{tg::vision::digits(train, 1), lab::digits(lab, 1, test).test};
  };
  change("model", "one linear map").model = [] {
    return lab::Net(nn::Flatten(), nn::Linear(784, 10));
  };
  change("model", "a CNN").model = [] { return lab::cnn(8); };
  change("loss", "squared error").loss = [](auto& x, auto& y) {
    return square(softmax(x, 1) - one_hot(y, 10)).sum(1).mean();
  };
  change("gradient", "slope along a random direction").gradient = random_direction;
  all.back().parts.optimizer = [](auto& p) {
    return std::make_unique<optim::SGD>(p, optim::SgdOptions{.lr = 1e-4});
  };
  change("optimizer", "Adam").optimizer = [](auto& p) {
    return std::make_unique<optim::Adam>(p, optim::AdamOptions{.lr = 2e-3});
  };
  change("optimizer", "SGD that never steps").optimizer = [](auto& p) {
    return std::make_unique<optim::SGD>(p, optim::SgdOptions{.lr = 0});
  };
  change("evaluation", "the digit it reads worst").evaluation = worst_class;

  std::vector<lab::Row> rows;
  std::vector<lab::Mean> results;
  plot::Chart chart{.title = {"Each part replaced in turn", "逐个替换各部分"},
                    .x = {"row of the table", "表中的行"},
                    .y = {"read right, %", "正确率，%"}};
  for (auto& c : all) {
    std::vector<double> of_seeds;
    for (const std::uint64_t seed : lab.seeds())
      tg::manual_seed(seed), of_seeds.push_back(learn(c.parts));
    results.push_back(lab::mean_of(of_seeds));
    rows.push_back({c.part, c.now, results.back().mean, results.back().spread});
    chart.categories.emplace_back(std::to_string(rows.size()));
  }
  chart.series = {lab::series("", {}, results)};
  lab.table("parts", {{"part"}, {"replaced by"}, {"read right %", "{:.1f}", 4}, lab::spread}, rows);
  lab.picture("parts", {chart});
  const auto right = [&](std::size_t row) { return results[row].mean; };
  lab.claim("the basis reads digits", right(0) > 80);
  lab.claim("a better model and more data help", right(4) > right(3) && right(0) > right(1));
  lab.claim("without steps nothing is learned; without true gradients, little",
            right(8) < 30 && right(6) < right(0));
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("map", "What is the whole of machine learning, and where does each term belong?",
                  argc, argv, run);
}
