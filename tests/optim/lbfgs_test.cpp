// SPDX-License-Identifier: MIT
// Compares 20 steps of L-BFGS with PyTorch's in a valley that bends, and tests that it goes on from
// a saved state with the same bits, and what it refuses.
#include "backends/common/required_kernels_only.h"
#include "support/optim_help.h"
#include "support/recording_backend.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

using namespace optim;

/// cos(frequency x) of each element, times height.
struct Waves {
  double height = 0, frequency = 0;
};
/// Rosenbrock's function of the ten elements of a and b, with waves, as in golden/make_optim.py.
Tensor valley(const Problem& problem, const Waves& waves) {
  const Tensor x = cat({reshape(problem.w[0], {-1}), reshape(problem.w[1], {-1})}, 0);
  const Tensor head = narrow(x, 0, 0, 9), tail = narrow(x, 0, 1, 9);
  return sum(10 * square(tail - square(head)) + square(1 - head)) +
         waves.height * sum(cos(waves.frequency * x));
}
Tensor step(LBFGS& optimizer, const Problem& problem, const Waves& waves = {}) {
  return optimizer.step([&] {
    optimizer.zero_grad();
    const Tensor loss = valley(problem, waves);
    loss.backward();
    return loss;
  });
}

const LbfgsOptions plain{.lr = 0.25, .max_iter = 2};
const LbfgsOptions wolfe{
    .max_iter = 2, .history_size = 3, .line_search_fn = LineSearch::strong_wolfe};
const LbfgsOptions short_steps{
    .lr = 0.01, .max_iter = 3, .max_eval = 9, .line_search_fn = LineSearch::strong_wolfe};

/// First lengths so large that the search has to come back, over hills.
LbfgsOptions far(double lr) {
  return {.lr = lr, .max_iter = 2, .max_eval = 20, .line_search_fn = LineSearch::strong_wolfe};
}

/// How far the values of twenty steps are from PyTorch's.
double distance(const std::string& name, const LbfgsOptions& options, DType dtype,
                const Device& device, const Waves& waves = {}) {
  const auto golden = golden_trajectory(name);
  EXPECT_EQ(golden.size(), 20u);
  const Problem problem(dtype, device);
  LBFGS optimizer(problem.w, options);
  double most = 0;
  for (auto& expected : golden) {
    step(optimizer, problem, waves);
    const auto values = problem.values();
    for (std::size_t i = 0; i < 10; ++i) most = std::max(most, std::abs(values[i] - expected[i]));
  }
  return most;
}

/// Forty iterations amplify roundings: by less than 1e5, the condition of the valley. Waves amplify
/// more: PyTorch's own values move by 3e-7 if the first ones move by a unit in the last place.
TEST(Lbfgs, FollowsPyTorch) {
  static const Device required =
      register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("required")))
          .device();
  for (const Device& device : and_tested_device({"cpu", required})) {
    SCOPED_TRACE(to_string(device));
    EXPECT_LT(distance("lbfgs", plain, float64, device), 1e-11);
    EXPECT_LT(distance("lbfgs_wolfe", wolfe, float64, device), 1e-11);
    EXPECT_LT(distance("lbfgs_short_steps", short_steps, float64, device), 1e-11);
    EXPECT_LT(distance("lbfgs_waves", far(1000), float64, device, {0.5, 3}), 1e-8);
    EXPECT_LT(distance("lbfgs_short_waves", far(30), float64, device, {1, 8}), 1e-5);
    EXPECT_LT(distance("lbfgs", plain, float32, device), 1e-2);
    EXPECT_LT(distance("lbfgs_wolfe", wolfe, float32, device), 1e-2);
  }
}

TEST(Lbfgs, FindsTheMinimumOfASquare) {
  const Problem problem;
  LBFGS optimizer(problem.w, {.line_search_fn = LineSearch::strong_wolfe});
  const auto closure = [&] {
    optimizer.zero_grad();
    const Tensor loss = sum(square(problem.w[0] - 3)) + sum(square(problem.w[1] + 1)) * 2;
    loss.backward();
    return loss;
  };
  EXPECT_GT(optimizer.step(closure).item<double>(), 50);    // the loss before
  EXPECT_LT(optimizer.step(closure).item<double>(), 1e-9);  // tolerance_change
}

TEST(Lbfgs, GoesOnBitForBit) {
  for (const LbfgsOptions& options : {plain, wolfe, short_steps})
    for (DType dtype : {float32, float64})
      for (const int first : {0, 1, 5}) {
        const Problem problem(dtype), resumed(dtype);
        LBFGS optimizer(problem.w, options), restored(resumed.w, options);
        for (int i = 0; i < first; ++i) step(optimizer, problem);
        optimizer.set_lr(0.5);
        NamedTensors state = optimizer.state_dict();
        for (auto& [name, t] : state) t = t.clone();
        {
          const NoGrad off;
          for (std::size_t i = 0; i < 2; ++i) Tensor(resumed.w[i]).copy_(problem.w[i]);
        }
        restored.load_state_dict(state);
        EXPECT_EQ(restored.lr(), 0.5);
        for (int i = 0; i < 4; ++i) step(optimizer, problem), step(restored, resumed);
        EXPECT_EQ(problem.values(), resumed.values());
        EXPECT_EQ(names(optimizer.state_dict()), names(restored.state_dict()));
      }
}

TEST(Lbfgs, LoadsNothingIfTheStateDoesNotFit) {
  const Problem problem;
  LBFGS optimizer(problem.w, wolfe);
  step(optimizer, problem), step(optimizer, problem);
  NamedTensors state = optimizer.state_dict();
  EXPECT_EQ(names(state),
            (std::vector<std::string>{"group.0.lr", "n_iter", "func_evals", "history",
                                      "prev_flat_grad", "prev_step", "old_dirs", "old_stps"}));
  state[4].second = ones({3}), state[6].first = "old";
  const std::string message = message_of<ArgumentError>([&] { optimizer.load_state_dict(state); });
  expect_says(message,
              "LBFGS: the state does not fit, and nothing was loaded:\n    "
              "\"prev_flat_grad\" has shape [3], not [10]");
  expect_says(message, "\"old_dirs\" is missing");
  expect_says(message, "\"old\" belongs to nothing here");
}

TEST(Lbfgs, LeavesParametersWithoutAGradientAlone) {
  Problem problem;
  problem.w[1].requires_grad_(false);
  const auto before = problem.w[1].to_vector<double>();
  LBFGS optimizer(problem.w, wolfe);
  const double first = step(optimizer, problem).item<double>();
  EXPECT_LT(step(optimizer, problem).item<double>(), first);
  EXPECT_EQ(problem.w[1].to_vector<double>(), before);
  problem.w[0].requires_grad_(false);
  expect_says(message_of<AutogradError>([&] { step(optimizer, problem); }),
              "LBFGS: none of the parameters requires a gradient, so a step trains nothing");
}

TEST(Lbfgs, SaysWhatIsWrong) {
  const Problem problem;
  expect_says(message_of<ArgumentError>([&] { LBFGS(problem.w, {.max_iter = 0}); }),
              "LBFGS: max_iter, max_eval and history_size must be at least 1\n  called at "
              "lbfgs_test.cpp");
  expect_says(message_of<ArgumentError>([&] { LBFGS(problem.w, {.tolerance_grad = -1}); }),
              "LBFGS: tolerance_grad must be finite and not negative, it is -1");
  expect_says(message_of<ArgumentError>([&] { LBFGS(std::vector<Tensor>{}); }),
              "LBFGS: the list of parameters is empty");
  LBFGS optimizer(problem.w);
  problem.backward();
  Optimizer& any = optimizer;
  expect_says(message_of<ArgumentError>([&] { any.step(); }),
              "LBFGS: a step computes the loss several times; pass a closure: step(closure)\n  "
              "called at lbfgs_test.cpp");
}

TEST(Lbfgs, IsRefusedInARecordedStep) {
  const Device device =
      register_backend(std::make_unique<test::RecordingCpu>(Device("recorder"))).device();
  const Problem problem(float32, device);
  LBFGS optimizer(problem.w, wolfe);
  auto recorded = capture([&] { step(optimizer, problem); }, {.warm_up = 1, .device = device});
  recorded();
  expect_says(message_of<DeviceError>([&] { recorded(); }),
              "LBFGS: cannot be recorded: the host decides how often the closure runs\n  called at "
              "lbfgs_test.cpp");
}

}  // namespace
}  // namespace tinygrad
