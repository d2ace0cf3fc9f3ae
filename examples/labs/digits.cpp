// SPDX-License-Identifier: MIT
// Trains and tests classifiers of digits.
#include "labs/digits.h"

namespace lab {
namespace {

tg::data::Dataset first(const tg::data::Dataset& data, std::int64_t n) {
  const std::int64_t size = std::min(n, data.size());
  return {data.x.narrow(0, 0, size), data.y.narrow(0, 0, size), data.classes, data.name};
}

}  // namespace

Digits digits(const Lab& lab, std::int64_t train, std::int64_t test) {
  using tg::vision::Split;
  const std::string folder = tg::vision::data_folder(lab.data(), "mnist");
  if (folder.empty()) return {tg::vision::digits(train, 1), tg::vision::digits(test, 2)};
  return {first(tg::vision::mnist(folder, Split::train), train),
          first(tg::vision::mnist(folder, Split::test), test)};
}

Net mlp(int hidden) {
  return Net(nn::Flatten(), nn::Linear(784, hidden), nn::ReLU(), nn::Linear(hidden, 10));
}
Net cnn(int channels) {
  return Net(nn::Conv2d(1, channels, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2),
             nn::Conv2d(channels, 2 * channels, 3, {.padding = 1}), nn::ReLU(), nn::MaxPool2d(2),
             nn::Flatten(), nn::Linear(98 * channels, 10));
}

std::vector<double> train(const Classifier& net, tg::optim::Optimizer& optimizer,
                          const tg::data::Dataset& data, const TrainOptions& o) {
  tg::data::DataLoader loader(
      data, {.batch_size = o.batch, .shuffle = true, .seed = o.seed, .augment = o.augment});
  std::vector<double> losses;
  for (int epoch = 0; epoch < o.epochs; ++epoch) {
    loader.set_epoch(epoch);
    for (auto [x, y] : loader) {
      optimizer.zero_grad();
      const tg::Tensor scores = net(x),
                       loss = o.loss ? o.loss(scores, y) : cross_entropy(scores, y);
      loss.backward();
      if (o.on_step) o.on_step(std::int64_t(losses.size()));
      optimizer.step();
      losses.push_back(loss.item<double>());
    }
  }
  return losses;
}

double accuracy(const Classifier& net, const tg::data::Dataset& data) {
  const tg::NoGrad off;
  double right = 0;
  for (auto [x, y] : tg::data::DataLoader(data, {.batch_size = 500}))
    right += (net(x).argmax(1) == y).sum().item<double>();
  return 100 * right / double(data.size());
}

Mean learn(const Lab& lab, const Digits& data, const tg::SharedFunction<Net()>& make,
           TrainOptions options) {
  std::vector<double> accuracies;
  for (const std::uint64_t seed : lab.seeds()) {
    tg::manual_seed(seed);
    Net net = make();
    net.to(tg::default_device());
    tg::optim::Adam adam(net.parameters(), {.lr = options.lr});
    const auto run = [&](const tg::Tensor& x) { return net(x); };
    options.seed = seed;
    train(run, adam, data.train, options);
    net.eval();
    accuracies.push_back(accuracy(run, data.test));
  }
  return mean_of(accuracies);
}

}  // namespace lab
