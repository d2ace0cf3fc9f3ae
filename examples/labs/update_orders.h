// SPDX-License-Identifier: MIT
// An MLP whose layers are updated at once or one after another.
#pragma once
#include "labs/digits.h"

namespace lab {

enum class Order { at_once, from_last, from_first, in_halves, stale };
inline constexpr std::pair<Order, const char*> orders[] = {
    {Order::at_once, "all at once"},
    {Order::from_last, "layer by layer from the last"},
    {Order::from_first, "layer by layer from the first"},
    {Order::in_halves, "in two halves"},
    {Order::stale, "all at once but a step late"}};

/// Layers of an MLP 196-64-64-64-10 on images of 14 x 14.
struct Mlp : tg::nn::Module {
  tg::nn::Linear l1 = add("l1", tg::nn::Linear(196, 64)), l2 = add("l2", tg::nn::Linear(64, 64)),
                 l3 = add("l3", tg::nn::Linear(64, 64)), l4 = add("l4", tg::nn::Linear(64, 10));
  Tensor forward(const Tensor& x) override {
    return l4(tanh(l3(tanh(l2(tanh(l1(flatten(avg_pool2d(x, 2), 1))))))));
  }
};

/// The groups of parameters in the order in which they are updated; each is the weight and the bias
/// of one layer or of several.
inline std::vector<tg::Tensors> groups_of(const Mlp& net, Order order) {
  const std::vector<Tensor> all = net.parameters();
  std::vector<tg::Tensors> groups;
  const std::size_t size = order == Order::in_halves                          ? 4
                           : order == Order::at_once || order == Order::stale ? 8
                                                                              : 2;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % size == 0) groups.emplace_back();
    groups.back().push_back(all[i]);
  }
  if (order == Order::from_last || order == Order::in_halves)
    std::reverse(groups.begin(), groups.end());
  return groups;
}

/// The training loss after each step, on the same batches for each order.
inline std::vector<double> descend(const Digits& data, Order order, double lr, int steps,
                                   std::uint64_t seed) {
  tg::manual_seed(seed);
  Mlp net;
  const auto groups = groups_of(net, order);
  tg::data::DataLoader loader(
      data.train, {.batch_size = 256, .shuffle = true, .drop_last = true, .seed = seed});
  std::vector<double> losses;
  tg::Tensors late;
  for (std::int64_t epoch = 0; std::ssize(losses) < steps; ++epoch) {
    loader.set_epoch(epoch);
    for (auto [x, y] : loader) {
      if (std::ssize(losses) == steps) break;
      for (auto& group : groups) {  // each group sees what those before it have become
        const Tensor loss = cross_entropy(net(x), y);
        if (&group == &groups[0]) losses.push_back(loss.item<double>());
        tg::Tensors g = tg::grad(loss, group);
        if (order == Order::stale) std::swap(g, late);
        const tg::NoGrad off;
        for (std::size_t i = 0; i < g.size(); ++i) Tensor(group[i]).sub_(lr * g[i]);
      }
    }
  }
  return losses;
}

}  // namespace lab
