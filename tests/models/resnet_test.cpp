// SPDX-License-Identifier: MIT
// Tests ResNet-18: its size, names and outputs are torchvision's, and it learns.
#include "tinygrad/models/resnet.h"

#include <gtest/gtest.h>

#include "models/fixtures.h"

namespace tinygrad::models {
namespace {

// Scores are sums that grow to some 1e8, so the tolerance is relative.
TEST(ResNet18, computes_what_torchvision_computes) {
  const NoGrad off;
  ResNet18 net(10);
  net.load_state_dict(formula_state(read_json("resnet18.json")["shapes"]));
  net.eval();
  const Tensor y = net(formula_weight("x", {2, 3, 33, 40})), judge = expected("resnet18");
  EXPECT_LT(largest_difference(y, judge), 1e-5 * abs(judge).max().item<double>());
}

TEST(ResNet18, has_the_papers_size_and_learns) {
  manual_seed(1);
  ResNet18 net;
  std::int64_t count = 0;
  for (const Tensor& p : net.parameters()) count += p.numel();
  EXPECT_EQ(count, 11'689'512);  // torchvision's
  const Tensor x = rand({4, 3, 32, 32}), y = tensor({1, 2, 3, 4});
  optim::Adam adam(net.parameters(), {.lr = 0.003});
  std::vector<float> losses;
  for (int i = 0; i < 6; ++i) {
    adam.zero_grad();
    const Tensor loss = cross_entropy(net(x), y);
    loss.backward();
    adam.step();
    losses.push_back(loss.item<float>());
  }
  EXPECT_NEAR(losses.front(), 6.9, 2);  // about log 1000
  EXPECT_LT(losses.back(), losses.front() - 1);
}

}  // namespace
}  // namespace tinygrad::models
