// SPDX-License-Identifier: MIT
// Tests functions that change what a module returns.
#include "tinygrad/nn/output_hook.h"

#include "support/nn_help.h"

namespace tinygrad {
namespace {

TEST(OutputHook, ChangesTheOutputAsLongAsItLives) {
  nn::Sequential net(nn::Linear(3, 2), nn::ReLU());
  const Tensor x = randn({4, 3}), before = net(x);
  const NamedTensors p = net.named_parameters();
  std::vector<std::string> seen;
  {
    nn::Submodule layer = std::move(net.named_modules()[1]);
    const auto doubled =
        nn::register_output_hook(layer, [&](nn::Module& m, const Tensor& in, const Tensor& y) {
          seen.push_back(m.name() + to_string(in.shape()));
          return 2 * y;
        });
    const auto moved = nn::register_output_hook(
        layer, [](nn::Module&, const Tensor&, const Tensor& y) { return y + 1; });
    EXPECT_TRUE(equal(net(x), relu(2 * linear(x, p[0].second, p[1].second) + 1)));
    EXPECT_EQ(seen, (std::vector<std::string>{"0[4, 3]"}));
  }
  EXPECT_TRUE(equal(net(x), before));
  EXPECT_EQ(seen.size(), 1u);
  message_of<ArgumentError>([&] { (void)nn::register_output_hook(net, {}); });
}

}  // namespace
}  // namespace tinygrad
