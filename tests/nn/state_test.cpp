// SPDX-License-Identifier: MIT
// Tests saving and loading a module's state: everything is checked first, and nothing is loaded in
// part.
#include "support/nn_help.h"

namespace tinygrad {
namespace {

struct Net : nn::Module {
  nn::Linear fc = add("fc", nn::Linear(3, 2));
  nn::BatchNorm2d norm = add("norm", nn::BatchNorm2d(2));
};
NamedTensors copy_of(const nn::Module& module) {
  NamedTensors all = module.state_dict();
  for (auto& [name, t] : all) t = t.clone();
  return all;
}
void expect_same_state(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(names(a), names(b));
  for (std::size_t i = 0; i < a.size(); ++i) expect_same(a[i].second, b[i].second);
}

TEST(State, GoesFromOneModuleToAnother) {
  Net one, other;
  nn::init::constant_(one.norm.running_mean, 3);
  const Tensor held = other.fc.weight;
  const nn::LoadReport report = other.load_state_dict(one.state_dict());
  EXPECT_TRUE(report.missing.empty() && report.unexpected.empty());
  expect_same_state(one.state_dict(), other.state_dict());
  EXPECT_EQ(held.impl(), other.fc.weight.impl());
  EXPECT_TRUE(held.requires_grad() && held.is_leaf());
}

TEST(State, IsOutsideTheGraphAndSharesMemory) {
  Net net;
  const NamedTensors state = net.state_dict();
  EXPECT_EQ(names(state),
            (std::vector<std::string>{"fc.weight", "fc.bias", "norm.weight", "norm.bias",
                                      "norm.running_mean", "norm.running_var",
                                      "norm.num_batches_tracked"}));
  EXPECT_FALSE(state[0].second.requires_grad());
  nn::init::constant_(net.fc.weight, 5);
  expect_close(state[0].second, std::vector<double>(6, 5), 0);
}

TEST(State, IsConvertedToWhatIsThere) {
  Net one, other;
  one.to(float64);
  other.load_state_dict(one.state_dict());
  EXPECT_EQ(other.fc.weight.dtype(), float32);
  expect_close(other.fc.weight, one.fc.weight, 1e-7);
  EXPECT_EQ(other.norm.num_batches_tracked.dtype(), int64);
}

TEST(State, SaysAllThatIsWrongAtOnceAndLoadsNothing) {
  Net net;
  const NamedTensors before = copy_of(net);
  NamedTensors state = copy_of(Net());
  state[1].second = ones({7});      // fc.bias
  state[2].first = "norm.scale\n";  // norm.weight
  state.push_back(state[0]);        // fc.weight again
  state[3].second = Tensor();       // norm.bias
  const std::string message = message_of<ArgumentError>([&] { net.load_state_dict(state); });
  expect_says(message, "load_state_dict: the state does not fit, and nothing was loaded:\n");
  expect_says(message, "\n    \"fc.weight\" occurs twice");
  expect_says(message, "\n    \"fc.bias\" has shape [7], the module's [2]");
  expect_says(message, "\n    \"norm.bias\" is an undefined tensor");
  expect_says(message, "\n    \"norm.weight\" is missing");
  expect_says(message, "\n    \"norm.scale\\x0a\" is not in the module");
  expect_says(message, "use {.strict = false}");
  expect_same_state(net.state_dict(), before);
}

TEST(State, TakesWhatFitsWhereNotStrict) {
  Net net;
  NamedTensors state{{"fc.bias", tensor({5., 6.})}, {"head.bias", ones({1})}};
  const nn::LoadReport report = net.load_state_dict(state, {.strict = false});
  expect_close(net.fc.bias, {5, 6}, 0);
  EXPECT_EQ(report.unexpected, std::vector<std::string>{"head.bias"});
  EXPECT_EQ(report.missing.size(), 6u);
  EXPECT_EQ(report.missing[0], "fc.weight");
  state[0].second = ones({3});
  expect_says(message_of<ArgumentError>([&] { net.load_state_dict(state, {.strict = false}); }),
              "\"fc.bias\" has shape [3], the module's [2]");
}

}  // namespace
}  // namespace tinygrad
