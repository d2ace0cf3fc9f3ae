// SPDX-License-Identifier: MIT
// Compares 20 steps of each optimizer with PyTorch's, in float64 and float32, with the kernels and
// with only the formulas.
#include <functional>
#include <memory>

#include "backends/common/required_kernels_only.h"
#include "support/optim_help.h"
#include "support/tested_device.h"

namespace tinygrad {
namespace {

using namespace optim;
using Make = std::function<std::unique_ptr<Optimizer>(const std::vector<Tensor>&)>;
using Extra = std::function<void(const Problem&, int step)>;

/// The CPU without its optional kernels.
const Device& required_kernels_device() {
  static const Device device =
      register_backend(std::make_unique<RequiredKernelsOnly>(backend("cpu"), Device("required")))
          .device();
  return device;
}

void follow(const std::string& name, const Make& make, DType dtype, const Device& device,
            double tolerance, const Extra& before, const Extra& after, bool columns = false) {
  SCOPED_TRACE(name + " in " + to_string(dtype) + " on " + to_string(device));
  const auto golden = golden_trajectory(name);
  ASSERT_EQ(golden.size(), 20u);
  const Problem problem(dtype, device, columns);
  const auto optimizer = make(problem.w);
  for (int step = 0; step < 20; ++step) {
    optimizer->zero_grad();
    problem.backward();
    if (before) before(problem, step);
    optimizer->step();
    if (after) after(problem, step);
    const auto values = problem.values();
    ASSERT_EQ(golden[std::size_t(step)].size(), values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      ASSERT_NEAR(values[i], golden[std::size_t(step)][i], tolerance)
          << "element " << i << " after step " << step;
  }
}

void follows_pytorch(const std::string& name, const Make& make, const Extra& before = {},
                     bool columns = false) {
  for (const Device& device : and_tested_device({"cpu", required_kernels_device()})) {
    follow(name, make, float64, device, 1e-10, before, {}, columns);
    follow(name, make, float32, device, 1e-5, before, {}, columns);
  }
}
template <class Kind, class Options> Make make(const Options& options) {
  return [=](const std::vector<Tensor>& w) { return std::make_unique<Kind>(w, options); };
}
void forget_b(const Problem& problem, int step) {
  if (step % 3 == 0) Tensor(problem.w[1]).set_grad({});
}

TEST(Trajectory, Sgd) {
  follows_pytorch("sgd", make<SGD>(SgdOptions{.lr = 0.1}));
  follows_pytorch("sgd_decay", make<SGD>(SgdOptions{.lr = 0.1, .weight_decay = 0.05}));
}
TEST(Trajectory, SgdWithMomentum) {
  follows_pytorch("sgd_momentum", make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9}));
  follows_pytorch(
      "sgd_dampening",
      make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .dampening = 0.25, .weight_decay = 0.05}));
  follows_pytorch(
      "sgd_nesterov",
      make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.05, .nesterov = true}));
}
TEST(Trajectory, Adam) {
  follows_pytorch("adam", make<Adam>(AdamOptions{.lr = 0.05}));
  follows_pytorch("adam_decay",
                  make<Adam>(AdamOptions{
                      .lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-6, .weight_decay = 0.1}));
}
TEST(Trajectory, AdamW) {
  follows_pytorch("adamw", make<AdamW>(AdamWOptions{.lr = 0.05, .weight_decay = 0.1}));
}

TEST(Trajectory, Amsgrad) {
  follows_pytorch("adam_amsgrad",
                  make<Adam>(AdamOptions{.lr = 0.05, .beta1 = 0.8, .beta2 = 0.5, .amsgrad = true}));
  follows_pytorch(
      "adamw_amsgrad",
      make<AdamW>(AdamWOptions{
          .lr = 0.05, .beta1 = 0.8, .beta2 = 0.5, .weight_decay = 0.1, .amsgrad = true}));
}
TEST(Trajectory, RMSprop) {
  follows_pytorch("rmsprop", make<RMSprop>(RmspropOptions{.lr = 0.05}));
  follows_pytorch("rmsprop_centered",
                  make<RMSprop>(RmspropOptions{.lr = 0.02,
                                               .alpha = 0.9,
                                               .eps = 1e-4,
                                               .weight_decay = 0.1,
                                               .momentum = 0.8,
                                               .centered = true}),
                  forget_b);
}
TEST(Trajectory, Adagrad) {
  follows_pytorch("adagrad", make<Adagrad>(AdagradOptions{.lr = 0.2}));
  follows_pytorch("adagrad_options",
                  make<Adagrad>(AdagradOptions{.lr = 0.2,
                                               .lr_decay = 0.1,
                                               .weight_decay = 0.05,
                                               .initial_accumulator_value = 0.5,
                                               .eps = 1e-3}),
                  forget_b);
}
TEST(Trajectory, NAdam) {
  follows_pytorch("nadam", make<NAdam>(NAdamOptions{.lr = 0.05}));
  follows_pytorch("nadam_decoupled", make<NAdam>(NAdamOptions{.lr = 0.05,
                                                              .beta1 = 0.8,
                                                              .beta2 = 0.95,
                                                              .eps = 1e-6,
                                                              .weight_decay = 0.1,
                                                              .momentum_decay = 0.2,
                                                              .decoupled_weight_decay = true}));
  follows_pytorch("nadam_decay", make<NAdam>(NAdamOptions{.lr = 0.05, .weight_decay = 0.1}),
                  forget_b);
}
TEST(Trajectory, Maximize) {
  follows_pytorch(
      "sgd_maximize",
      make<SGD>(SgdOptions{.lr = 0.01, .momentum = 0.5, .weight_decay = 0.05, .maximize = true}));
  follows_pytorch("adam_maximize", make<Adam>(AdamOptions{.lr = 0.05, .maximize = true}));
  follows_pytorch("rmsprop_maximize", make<RMSprop>(RmspropOptions{.lr = 0.02, .maximize = true}));
}
/// PyTorch has no Lion: this is the program of the paper (algorithm 2), element by element.
TEST(Trajectory, LionFollowsItsPaper) {
  const double lr = 0.02, beta1 = 0.8, beta2 = 0.95, decay = 0.3;
  for (const Device& device : and_tested_device({"cpu", required_kernels_device()})) {
    const Problem problem(float64, device);
    Lion lion(problem.w, {.lr = lr, .beta1 = beta1, .beta2 = beta2, .weight_decay = decay});
    std::vector<double> theta = problem.values(), m(10);
    for (int step = 0; step < 20; ++step) {
      for (int i = 0; i < 10; ++i) {
        double& x = theta[std::size_t(i)];
        const double g = (i % 3 + 1) / 2. * (x - (i % 5) / 4.);
        const double c = beta1 * m[std::size_t(i)] + (1 - beta1) * g;
        x -= lr * ((c > 0 ? 1 : c < 0 ? -1 : 0) + decay * x);
        m[std::size_t(i)] = beta2 * m[std::size_t(i)] + (1 - beta2) * g;
      }
      problem.step(lion);
      const auto values = problem.values();
      for (std::size_t i = 0; i < 10; ++i) ASSERT_NEAR(values[i], theta[i], 1e-14) << step;
    }
  }
}
/// The golden iterations of these three were computed in float64.
TEST(Trajectory, Muon) {
  follows_pytorch("muon", make<Muon>(MuonOptions{.lr = 0.05}), {}, true);
  follows_pytorch("muon_options",
                  make<Muon>(MuonOptions{.lr = 0.05,
                                         .weight_decay = 0.2,
                                         .momentum = 0.8,
                                         .nesterov = false,
                                         .ns_coefficients = {3, -3.2, 1.2},
                                         .ns_steps = 3,
                                         .adjust_lr_fn = AdjustLr::match_rms_adamw}),
                  {}, true);
  follows_pytorch("muon_spectral",
                  make<Muon>(MuonOptions{.lr = 0.05, .adjust_lr_fn = AdjustLr::spectral_unclamped}),
                  {}, true);
}
/// PyTorch's are in bfloat16, of 8 bits: a step of 0.05 * 2 may be wrong by some 2^-8 of it.
TEST(Trajectory, MuonInBfloat16IsNear) {
  follow("muon_bfloat16", make<Muon>(MuonOptions{.lr = 0.05}), float32, "cpu", 0.01, {}, {}, true);
}

TEST(Trajectory, ParametersWithoutGradientAreLeftAlone) {
  follows_pytorch("sgd_skip", make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9}), forget_b);
  follows_pytorch("adam_skip", make<Adam>(AdamOptions{.lr = 0.05}), forget_b);
}

TEST(Trajectory, GroupsHaveTheirOwnOptions) {
  follows_pytorch("sgd_groups", [](const std::vector<Tensor>& w) {
    return std::make_unique<SGD>(std::vector<ParamGroup<SgdOptions>>{
        {{w[0]}, {.lr = 0.1}}, {{w[1]}, {.lr = 0.01, .momentum = 0.5}}});
  });
}

TEST(Trajectory, ClippedGradients) {
  follows_pytorch("sgd_clip", make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9}),
                  [](const Problem& problem, int) { clip_grad_norm_(problem.w, 0.75); });
}

TEST(Trajectory, ClippedElements) {
  follows_pytorch("sgd_clip_value", make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9}),
                  [](const Problem& problem, int) { clip_grad_value_(problem.w, 0.25); });
}

/// Beside an optimizer, the schedule made for it.
template <class S, class Kind = SGD, class Options = SgdOptions, class... A>
void follows_schedule(const std::string& name, const Options& options, A... arguments) {
  std::unique_ptr<S> schedule;
  const Make both = [&](const std::vector<Tensor>& w) {
    auto optimizer = std::make_unique<Kind>(w, options);
    schedule = std::make_unique<S>(*optimizer, arguments...);
    return optimizer;
  };
  follow(name, both, float64, "cpu", 1e-10, {}, [&](const Problem&, int) { schedule->step(); });
}
const SgdOptions fast{.lr = 0.2};
TEST(Trajectory, StepSchedule) { follows_schedule<StepLR>("sgd_step_lr", fast, 6, 0.5); }
TEST(Trajectory, CosineSchedule) {
  follows_schedule<CosineAnnealingLR>("sgd_cosine_lr", fast, 20, 0.01);
}
TEST(Trajectory, OneCycleWithMomentum) {
  follows_schedule<OneCycleLR>("sgd_one_cycle", SgdOptions{.lr = 0.2, .momentum = 0.9}, 0.2, 25,
                               OneCycleOptions{.cycle_momentum = true});
  follows_schedule<OneCycleLR, Adam>("adam_one_cycle", AdamOptions{.lr = 0.2}, 0.2, 20,
                                     OneCycleOptions{.anneal_strategy = AnnealStrategy::linear,
                                                     .three_phase = true,
                                                     .cycle_momentum = true,
                                                     .base_momentum = 0.7,
                                                     .max_momentum = 0.9});
}

TEST(Trajectory, HalvesFollowRoughly) {
  for (DType dtype : {float16, bfloat16})
    for (const Device& device : and_tested_device({"cpu", required_kernels_device()}))
      follow("sgd_momentum", make<SGD>(SgdOptions{.lr = 0.1, .momentum = 0.9}), dtype, device, 0.1,
             {}, {});
}

}  // namespace
}  // namespace tinygrad
