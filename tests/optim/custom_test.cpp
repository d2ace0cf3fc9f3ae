// SPDX-License-Identifier: MIT
// Tests an optimizer written outside the library (examples/lion.h): its rule, its state, and
// recorded steps, which have the bits of those that are not recorded.
#include "../examples/lion.h"

#include <limits>

#include "support/optim_help.h"
#include "support/recording_backend.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

const Device& recorder() {
  static const Device device =
      register_backend(std::make_unique<test::RecordingCpu>(Device("recorder"))).device();
  return device;
}
std::vector<Device> devices() { return and_tested_device({"cpu", recorder()}); }

void expect_near(const Tensor& t, const std::vector<double>& expected) {
  const std::vector<double> found = t.to_vector<double>();
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-15) << i;
}

TEST(CustomOptimizer, TakesTheStepsOfItsRule) {
  Tensor w = tensor({1., -2., 0.5}, {.dtype = float64}).requires_grad_();
  Lion lion({w}, {.lr = 0.1, .weight_decay = 0.5});
  w.set_grad(tensor({0.3, -0.2, 0.}, {.dtype = float64}));
  lion.step();  // m = 0: the sign of g
  expect_near(w, {0.85, -1.8, 0.475});
  expect_near(lion.state_dict()[2].second, {0.003, -0.002, 0});
  w.set_grad(tensor({-1., 0.001, 2.}, {.dtype = float64}));
  lion.step();  // signs of -0.0973, -0.0017 and 0.2
  expect_near(w, {0.9075, -1.61, 0.35125});
  expect_near(lion.state_dict()[2].second, {-0.00703, -0.00197, 0.02});
}

TEST(CustomOptimizer, HasTheBitsOfTheLibrarysOwn) {
  const Problem one, other;
  Lion outside(one.w, {.lr = 0.01, .weight_decay = 0.1});
  optim::Lion inside(other.w, {.lr = 0.01, .weight_decay = 0.1});
  for (int i = 0; i < 5; ++i) one.step(outside), other.step(inside);
  EXPECT_EQ(one.values(), other.values());
}

TEST(CustomOptimizer, SavesAndLoadsItsState) {
  Problem one, other;
  Lion lion(one.w, {.lr = 0.01}), resumed(other.w, {.lr = 1});
  for (int i = 0; i < 3; ++i) one.step(lion);
  NamedTensors state = lion.state_dict();
  EXPECT_EQ(state[2].first, "0.exp_avg");
  {
    const NoGrad off;
    for (std::size_t i = 0; i < 2; ++i) other.w[i].copy_(one.w[i]);
  }
  resumed.load_state_dict(state);
  for (int i = 0; i < 3; ++i) one.step(lion), other.step(resumed);
  EXPECT_EQ(one.values(), other.values());
}

/// Returns the parameters after twenty steps with a schedule, one of whose gradients overflows.
std::vector<float> train(const Device& device, bool is_captured) {
  Tensor w = tensor({1.f, -2.f, 3.f}).to(device).requires_grad_();
  Tensor x = zeros({3}, {.device = device});
  Lion lion({w}, {.lr = 0.1, .weight_decay = 0.1});
  optim::StepLR schedule(lion, 4, 0.5);
  GradScaler scaler({.scale = 4, .growth_interval = 3});
  auto step = capture(
      [&] {
        lion.zero_grad();
        scaler.scale(sum(w * w * x)).backward();
        scaler.step(lion);
        schedule.step();
      },
      {.device = device});
  auto plain = [&] {
    lion.zero_grad();
    scaler.scale(sum(w * w * x)).backward();
    scaler.step(lion);
    schedule.step();
  };
  for (int i = 0; i < 20; ++i) {
    {
      const NoGrad off;
      const float last = i == 9 ? std::numeric_limits<float>::infinity() : float(i % 3) - 1;
      x.copy_(tensor({1.f, float(i % 5), last}).to(device));
    }
    if (is_captured) step();
    else plain();
  }
  EXPECT_EQ(scaler.skips(), 1);
  EXPECT_EQ(step.is_recorded(), is_captured && device != Device("cpu"));
  std::vector<float> all = w.to_vector<float>();
  for (auto& [name, t] : lion.state_dict())
    for (float value : t.to_vector<float>()) all.push_back(value);
  return all;
}

TEST(CustomOptimizer, RecordedStepsHaveTheBitsOfSteps) {
  for (const Device& device : devices()) {
    SCOPED_TRACE(to_string(device));
    EXPECT_EQ(train(device, true), train(device, false));
  }
}

}  // namespace
}  // namespace tinygrad
