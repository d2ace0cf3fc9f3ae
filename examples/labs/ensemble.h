// SPDX-License-Identifier: MIT
// A CNN for an ensemble, its training and its prediction.
#pragma once
#include <tinygrad/vision/transforms.h>
#include "labs/digits.h"

namespace lab {

/// Batch-normalized convolutions, 32-32-64-64, as one finds them in the examples of every library.
inline Net member(int c) {
  Net net;
  const auto conv = [&](int in, int out) {
    net.push(nn::Conv2d(in, out, 3, {.padding = 1, .bias = false}));
    net.push(nn::BatchNorm2d(out)), net.push(nn::ReLU());
  };
  conv(1, c), conv(c, c), net.push(nn::MaxPool2d(2));
  conv(c, 2 * c), conv(2 * c, 2 * c), net.push(nn::MaxPool2d(2));
  net.push(nn::Flatten()), net.push(nn::Dropout(0.4)), net.push(nn::Linear(98 * c, 10));
  return net;
}

/// Trains with a learning rate that rises and falls once (OneCycleLR).
inline void train_member(
    Net& net, const tg::data::Dataset& data, int epochs, std::uint64_t seed, bool augment,
    const tg::SharedFunction<Tensor(const Tensor&, const Tensor&, const Tensor&)>& loss_of = {}) {
  tg::optim::AdamW adam(net.parameters(), {.lr = 1e-3, .weight_decay = 0.02});
  const std::int64_t steps = epochs * (data.size() / 64);
  tg::optim::OneCycleLR schedule(adam, 4e-3, steps);
  tg::data::DataLoader loader(
      data, {.batch_size = 64,
             .shuffle = true,
             .drop_last = true,
             .seed = seed,
             .augment = augment ? tg::vision::random_shift(2) : tg::data::Augment{}});
  net.train();
  for (int epoch = 0; epoch < epochs; ++epoch) {
    loader.set_epoch(epoch);
    for (auto [x, y] : loader) {
      adam.zero_grad();
      const Tensor scores = net(x);
      (loss_of ? loss_of(scores, x, y) : cross_entropy(scores, y)).backward();
      adam.step();
      schedule.step();
    }
  }
  net.eval();
}

/// Probabilities [N, 10] of all images; averaged over small shifts if asked.
inline Tensor predict(Net& net, const Tensor& x, bool shifts = false) {
  const tg::NoGrad off;
  tg::Tensors parts;
  for (std::int64_t i = 0; i < x.size(0); i += 500) {
    const Tensor some = narrow(x, 0, i, std::min<std::int64_t>(500, x.size(0) - i));
    Tensor p = softmax(net(some), 1);
    if (shifts) {
      for (const auto& [dy, dx] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}})
        p = p + softmax(net(tg::roll(some, {dy, dx}, {2, 3})), 1);
      p = p / 5;
    }
    parts.push_back(p);
  }
  return cat(parts, 0);
}

}  // namespace lab
