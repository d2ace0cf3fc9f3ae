// SPDX-License-Identifier: MIT
// Small nets and batches, the same on every rank, and training on a part of each batch.
#pragma once
#include "ranks.h"

namespace tinygrad::distributed {

inline constexpr std::int64_t global_batch = 24, features = 36, classes = 5;

struct Mlp : nn::Module {
  nn::Linear in = add("in", nn::Linear(features, 32)), out = add("out", nn::Linear(32, classes));
  Tensor forward(const Tensor& x) override { return out(tanh(in(x))); }
};
struct Cnn : nn::Module {
  nn::Conv2d conv = add("conv", nn::Conv2d(1, 4, 3));
  nn::Linear out = add("out", nn::Linear(64, classes));
  Tensor forward(const Tensor& x) override {
    return out(flatten(tanh(conv(reshape(x, {-1, 1, 6, 6}))), 1));
  }
};

struct Examples {
  Tensor x, y;
};
/// Rows [start, start + size) of the global batch of a step.
inline Examples examples(int step, std::int64_t start, std::int64_t size, DType dtype) {
  const ThreadStream stream({100 + std::uint64_t(step), 0});
  const Tensor x = randn({global_batch, features}), y = randint(0, classes, {global_batch});
  return {narrow(x, 0, start, size).to(dtype), narrow(y, 0, start, size)};
}

/// Trains for 20 steps; each rank takes `passes` micro-batches of its part of the batch. Returns
/// the parameters, one after another.
template <class Net>
Tensor trained(const Group& g, int passes = 1, DType dtype = float32,
               const DataParallelOptions& options = {.bucket_bytes = 4096,
                                                     .first_bucket_bytes = 128}) {
  manual_seed(std::uint64_t(g.rank()));  // rank 0 decides
  Net net;
  net.to(dtype);
  DataParallel parallel(net, options, g);
  optim::SGD optimizer(net.parameters(), {.lr = 0.1, .momentum = 0.9});
  const std::int64_t size = global_batch / g.size() / passes;
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    for (int pass = 0; pass < passes; ++pass) {
      const auto [x, y] = examples(step, (g.rank() * passes + pass) * size, size, dtype);
      std::optional<DataParallel::NoSync> without;
      if (pass + 1 < passes) without.emplace(parallel);
      (cross_entropy(net(x), y) / passes).backward();
    }
    parallel.step_ready();
    optimizer.step();
  }
  Tensors all;
  for (auto& p : net.parameters()) all.push_back(flatten(p.detach()));
  return cat(all);
}

/// The largest difference, relative to the largest element.
inline double difference(const Tensor& a, const Tensor& b) {
  return max(abs(a - b)).item<double>() / max(abs(b)).item<double>();
}

}  // namespace tinygrad::distributed
