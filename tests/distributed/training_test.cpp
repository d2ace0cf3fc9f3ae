// SPDX-License-Identifier: MIT
// What depends on all ranks beside gradients: batch norm over the whole batch, and an optimizer
// whose state is divided, also after a restart.
#include "nets.h"

namespace tinygrad::distributed {
namespace {

template <class Norm> struct NormNet : nn::Module {
  nn::Linear in;
  Norm norm;
  nn::Linear out;
  template <class... Args>
  explicit NormNet(Args... group)
      : in(add("in", nn::Linear(features, 8))),
        norm(add("norm", Norm(8, {}, group...))),
        out(add("out", nn::Linear(8, classes))) {}
  Tensor forward(const Tensor& x) override { return out(tanh(norm(in(x)))); }
};

/// Trains for 5 steps in float64; returns all of the state, one after another.
template <class Net> Tensor trained_state(Net& net, const Group& g) {
  net.to(float64);
  DataParallel parallel(net, {}, g);
  optim::SGD optimizer(net.parameters(), {.lr = 0.1});
  const std::int64_t size = global_batch / g.size();
  for (int step = 0; step < 5; ++step) {
    optimizer.zero_grad();
    const auto [x, y] = examples(step, g.rank() * size, size, float64);
    cross_entropy(net(x), y).backward();
    parallel.step_ready();
    optimizer.step();
  }
  Tensors all;
  for (auto& [name, t] : net.state_dict()) all.push_back(flatten(t.to(float64)));
  return cat(all);
}

TEST(training, sync_batch_norm_is_batch_norm_of_the_whole_batch) {
  manual_seed(2);
  NormNet<nn::BatchNorm1d> whole;
  const Tensor expected = trained_state(whole, Group());
  on_ranks([&](const Group& g) {
    manual_seed(2);
    NormNet<SyncBatchNorm1d> net(g);
    EXPECT_LE(difference(trained_state(net, g), expected), 1e-12) << g.size();
  });
  manual_seed(2);
  NormNet<SyncBatchNorm1d> one{Group()};
  EXPECT_LE(difference(trained_state(one, Group()), expected), 1e-12);
}

TEST(training, sync_batch_norm_takes_images_and_unequal_batches) {
  manual_seed(5);
  const Tensor x = randn({10, 3, 2, 2}, {.dtype = float64}) * 3 + 1;
  nn::BatchNorm2d whole(3);
  whole.to(float64);
  const Tensor y = whole(x);
  on_ranks([&](const Group& g) {
    SyncBatchNorm2d norm(3, {}, g);
    norm.to(float64);
    const std::int64_t start = g.rank(), size = g.rank() + 1 < g.size() ? 1 : 10 - start;
    EXPECT_LE(difference(norm(narrow(x, 0, start, size)), narrow(y, 0, start, size)), 1e-12);
    EXPECT_LE(difference(norm.running_var, whole.running_var), 1e-12);
    EXPECT_THROW(norm(zeros({2, 4, 2, 2})), ShapeError);
  });
}

template <class Optimizer> void take_step(Mlp& net, Optimizer& optimizer, int step) {
  const auto [x, y] = examples(step, 0, global_batch, float32);
  optimizer.zero_grad();
  cross_entropy(net(x), y).backward();
  optimizer.step();
}
bool same(const NamedTensors& a, const NamedTensors& b) {
  bool is_same = a.size() == b.size();
  for (std::size_t i = 0; is_same && i < a.size(); ++i)
    is_same = a[i].first == b[i].first && equal(a[i].second, b[i].second);
  return is_same;
}

TEST(training, a_divided_state_gives_the_same_bits) {
  manual_seed(7);
  Mlp whole;
  optim::AdamW adam(whole.parameters(), {.lr = 0.01});
  for (int step = 0; step < 3; ++step) take_step(whole, adam, step);
  on_ranks([&](const Group& g) {
    manual_seed(7);
    Mlp net;
    ZeroRedundancyOptimizer<optim::AdamW> divided(net.parameters(), {.lr = 0.01}, g);
    for (int step = 0; step < 2; ++step) take_step(net, divided, step);
    // The last step is another optimizer's, as after a restart.
    ZeroRedundancyOptimizer<optim::AdamW> resumed(net.parameters(), {.lr = 1}, g);
    resumed.load_state_dict(divided.state_dict());
    EXPECT_EQ(resumed.lr(), 0.01);
    take_step(net, resumed, 2);
    EXPECT_TRUE(same(net.state_dict(), whole.state_dict()));
    EXPECT_TRUE(same(resumed.state_dict(), adam.state_dict()));
    const double bytes = double(resumed.state_bytes());
    const double total = all_reduce(full({}, bytes), Reduce::sum, g).item<double>();
    EXPECT_LE(total, 2 * 4 * 1349 + 4 * 8 + g.size() * 8);  // m and v, steps, learning rates
  });
}

}  // namespace
}  // namespace tinygrad::distributed
