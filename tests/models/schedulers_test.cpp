// SPDX-License-Identifier: MIT
// Tests the schedulers of diffusion models: their timesteps and steps are those of diffusers.
#include "tinygrad/models/schedulers.h"

#include <gtest/gtest.h>

#include "models/diffusion_fixtures.h"

namespace tinygrad::models {
namespace {

struct Case {
  std::string name;
  nlohmann::json config;
};
std::vector<Case> cases() {
  std::vector<Case> all;
  const auto fixture = read_json("diffusion.json");
  for (const auto& [name, config] : fixture["schedulers"].items()) all.push_back({name, config});
  return all;
}

class Schedulers : public testing::TestWithParam<Case> {};

/// The scheduler of a case, read as from a folder; the two options are those of diffusers' step().
std::unique_ptr<Scheduler> scheduler_of(const Case& c) {
  const std::string folder = testing::TempDir() + "tinygrad_scheduler_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/scheduler_config.json") << c.config.dump();
  auto scheduler = load_scheduler(folder);
  std::filesystem::remove_all(folder);
  SchedulerOptions options = scheduler->options;
  options.eta = c.config.value("eta", 0.);
  options.use_clipped_model_output = c.config.value("use_clipped_model_output", false);
  return make_scheduler(c.config["_class_name"], options);
}

// diffusers computes ᾱ and the coefficients in float32, from differences such as 1 - ᾱ_t / ᾱ_s.
TEST_P(Schedulers, take_the_steps_of_diffusers) {
  const Case& c = GetParam();
  const auto scheduler = scheduler_of(c);
  scheduler->set_timesteps(c.config["n"]);
  const Tensor samples = expected_diffusion(c.name),
               timesteps = expected_diffusion(c.name + ".timesteps");
  ASSERT_EQ(std::int64_t(scheduler->timesteps().size()), timesteps.numel());
  const Shape shape = {1, 2, 2, 3};
  Tensor x = input("x", shape) * scheduler->init_noise_sigma();
  for (std::int64_t i = 0; i < timesteps.numel(); ++i) {
    const double t = scheduler->timesteps()[std::size_t(i)];
    EXPECT_NEAR(t, timesteps[i].item<double>(), 1e-4);
    const std::string step = std::to_string(i);
    const Tensor y = input("model" + step, shape) + scheduler->scale_model_input(x, t) / 2;
    x = scheduler->step(y, t, x, input("noise" + step, shape));
    const double scale = abs(samples[i]).max().item<double>();
    EXPECT_LT(largest_difference(x, samples[i]), 2e-5 * scale) << "step " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(models, Schedulers, testing::ValuesIn(cases()), [](const auto& each) {
  std::string name = each.param.name;
  std::ranges::replace(name, '.', '_');
  return name;
});

TEST(Scheduler, adds_noise_and_tells_the_target) {
  const Tensor x = formula_weight("x", {3, 2, 2}), noise = formula_weight("noise", {3, 2, 2}),
               t = tensor({0, 400, 999});
  const DDPMScheduler scheduler;
  EXPECT_LT(difference(scheduler.add_noise(x, noise, t), "noisy"), 1e-6);
  EXPECT_EQ(largest_difference(scheduler.target(x, noise, t), noise), 0);
  const DDIMScheduler v({.prediction_type = PredictionType::v_prediction});
  EXPECT_LT(difference(v.target(x, noise, t), "velocity"), 1e-6);
}

TEST(Scheduler, draws_noise_of_its_own) {
  manual_seed(1);
  DDPMScheduler scheduler;
  const Tensor x = zeros({1, 1, 64, 64}), y = scheduler.step(x, 500, x);
  const double before = scheduler.alphas_cumprod[499], now = scheduler.alphas_cumprod[500];
  EXPECT_NEAR(y.var().item<double>(), (1 - before) / (1 - now) * (1 - now / before), 1e-3);
  EXPECT_EQ(abs(scheduler.step(x, 0, x)).max().item<double>(), 0);  // the last step adds none
}

TEST(Scheduler, refuses_bad_options_and_timesteps) {
  EXPECT_THROW(DDIMScheduler({.num_train_timesteps = 0}), ArgumentError);
  EXPECT_THROW(DDIMScheduler({.beta_start = 0.5, .beta_end = 0.1}), ArgumentError);
  EXPECT_THROW(PNDMScheduler({.prediction_type = PredictionType::sample}), ArgumentError);
  EXPECT_THROW(make_scheduler("HeunDiscreteScheduler"), ArgumentError);
  DDIMScheduler scheduler;
  EXPECT_THROW(scheduler.set_timesteps(0), ArgumentError);
  EXPECT_THROW(scheduler.set_timesteps(1001), ArgumentError);
  scheduler.set_timesteps(10);
  const Tensor x = zeros({1, 1, 2, 2});
  EXPECT_THROW(scheduler.step(x, 7, x), ArgumentError);
  PNDMScheduler in_order;
  in_order.set_timesteps(4);
  EXPECT_THROW(in_order.step(x, 0, x), ArgumentError);
}

}  // namespace
}  // namespace tinygrad::models
