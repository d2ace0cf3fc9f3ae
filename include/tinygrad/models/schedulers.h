// SPDX-License-Identifier: MIT
// Schedulers of diffusion models: how much noise each timestep has, and how a sample goes from one
// timestep to the one before it. Names and defaults are those of Hugging Face's diffusers.
//
//   models::DDIMScheduler scheduler({.beta_schedule = models::BetaSchedule::squaredcos_cap_v2});
//   Tensor noisy = scheduler.add_noise(x, randn_like(x), randint(0, 1000, {x.size(0)}));
//   scheduler.set_timesteps(50);
//   Tensor sample = randn({1, 3, 32, 32}) * scheduler.init_noise_sigma();
//   for (double t : scheduler.timesteps())
//     sample = scheduler.step(net(scheduler.scale_model_input(sample, t), t), t, sample);
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::models {

/// β_t for t = 0 ... T - 1: evenly spaced from beta_start to beta_end; evenly spaced roots; or such
/// that ᾱ_t falls as cos² does, and at most 0.999 (Nichol and Dhariwal 2021,
/// https://arxiv.org/abs/2102.09672).
enum class BetaSchedule { linear, scaled_linear, squaredcos_cap_v2 };
/// What a model computes from x_t = √ᾱ_t x_0 + √(1 - ᾱ_t) ε: the noise ε, the velocity
/// v = √ᾱ_t ε - √(1 - ᾱ_t) x_0 (Salimans and Ho 2022, https://arxiv.org/abs/2202.00512), or x_0.
enum class PredictionType { epsilon, v_prediction, sample };
/// The n timesteps of T: multiples of T / n from 0 on, evenly spaced from 0 to T - 1, or multiples
/// from T - 1 down. (Lin et al. 2023, https://arxiv.org/abs/2305.08891, Table 2.)
enum class TimestepSpacing { leading, linspace, trailing };

struct SchedulerOptions {
  std::int64_t num_train_timesteps = 1000;  ///< T
  double beta_start = 0.0001, beta_end = 0.02;
  BetaSchedule beta_schedule = BetaSchedule::linear;
  PredictionType prediction_type = PredictionType::epsilon;
  TimestepSpacing timestep_spacing = TimestepSpacing::leading;
  std::int64_t steps_offset = 0;  ///< is added to leading timesteps
  bool clip_sample = false;       ///< DDPM, DDIM: clamp each estimate of x_0
  double clip_sample_range = 1;   ///< to ± this
  /// DDIM: ε is computed anew from x_t and the clamped x_0; otherwise both do not make x_t, and
  /// with much guidance what is drawn drowns in noise.
  bool use_clipped_model_output = false;
  /// DDIM, PNDM: after the last step ᾱ is 1; otherwise it is ᾱ_0.
  bool set_alpha_to_one = true;
  bool fixed_large =
      false;       ///< DDPM: the noise has the variance β_t, not that of q(x_s | x_t, x_0)
  double eta = 0;  ///< DDIM: this part of DDPM's noise is added
};

/// The base of the next four. step() must be called for the timesteps() in their order.
class TINYGRAD_API Scheduler {
 public:
  virtual ~Scheduler() = default;
  /// Chooses n of the T timesteps for sampling, and begins anew; before, all T are chosen. Throws
  /// ArgumentError unless 1 <= n <= T.
  virtual void set_timesteps(std::int64_t n, SourceLocation location = SourceLocation::current());
  /// From the noisiest on. Those of EulerDiscreteScheduler may be fractions.
  const std::vector<double>& timesteps() const { return timesteps_; }
  /// The standard deviation of the noise that sampling begins with.
  virtual double init_noise_sigma() const { return 1; }
  /// What the model is given for a sample.
  virtual Tensor scale_model_input(In sample, double t) const;
  /// The sample of the next timestep, from what the model computed for this one. `noise`, of the
  /// sample's shape, is used instead of randn() where the scheduler adds noise. Throws
  /// ArgumentError for a t that is not among the timesteps().
  virtual Tensor step(In model_output, double t, In sample, In noise = {}) = 0;

  /// √ᾱ_t x + √(1 - ᾱ_t) noise, for x and noise [N, ...] and t int64 [N] or [].
  virtual Tensor add_noise(In x, In noise, In t) const;
  /// What the model should compute for add_noise(x, noise, t): see PredictionType.
  Tensor target(In x, In noise, In t) const;

  const SchedulerOptions options;
  const std::vector<double> alphas_cumprod;  ///< ᾱ_t = Π_{s <= t} (1 - β_s)

 protected:
  /// The x_0 and the noise that a model output for the sample x at ᾱ = alpha means.
  struct Estimate {
    Tensor x0, epsilon;
  };
  Scheduler(const SchedulerOptions& options, const char* name, SourceLocation location);
  Estimate estimate(const Tensor& model_output, const Tensor& x, double alpha) const;
  double alpha_bar(std::int64_t t) const;  ///< ᾱ_t, or that after the last step if t < 0
  std::size_t index_of(double t, const Call& call) const;
  std::int64_t stride() const;  ///< T / n, rounded down
  virtual bool has_fractions() const { return false; }
  std::vector<double> timesteps_;

 private:
  std::int64_t steps_;  // n
};

/// Ancestral sampling. Ho, Jain and Abbeel 2020, https://arxiv.org/abs/2006.11239.
class TINYGRAD_API DDPMScheduler : public Scheduler {
 public:
  explicit DDPMScheduler(const SchedulerOptions& options = {},
                         SourceLocation location = SourceLocation::current());
  Tensor step(In model_output, double t, In sample, In noise = {}) override;
};

/// Sampling without noise, in few steps. Song, Meng and Ermon 2021,
/// https://arxiv.org/abs/2010.02502.
class TINYGRAD_API DDIMScheduler : public Scheduler {
 public:
  explicit DDIMScheduler(const SchedulerOptions& options = {},
                         SourceLocation location = SourceLocation::current());
  Tensor step(In model_output, double t, In sample, In noise = {}) override;
};

/// A linear multistep method of up to four values of the noise; n timesteps take n + 1 steps, since
/// the first is taken twice. Liu et al. 2022, https://arxiv.org/abs/2202.09778, without its
/// Runge-Kutta steps ("skip_prk_steps"), as in Stable Diffusion.
class TINYGRAD_API PNDMScheduler : public Scheduler {
 public:
  explicit PNDMScheduler(const SchedulerOptions& options = {},
                         SourceLocation location = SourceLocation::current());
  void set_timesteps(std::int64_t n, SourceLocation location = SourceLocation::current()) override;
  Tensor step(In model_output, double t, In sample, In noise = {}) override;

 private:
  std::vector<Tensor> outputs_;  // of the last steps, the newest last
  Tensor first_;                 // the sample of the first step
  std::size_t count_ = 0;        // steps so far
};

/// Euler's method for x = x_0 + σ ε with σ = √((1 - ᾱ) / ᾱ). Karras et al. 2022,
/// https://arxiv.org/abs/2206.00364, Algorithm 2 without churn.
class TINYGRAD_API EulerDiscreteScheduler : public Scheduler {
 public:
  explicit EulerDiscreteScheduler(const SchedulerOptions& options = {},
                                  SourceLocation location = SourceLocation::current());
  double init_noise_sigma() const override;
  Tensor scale_model_input(In sample, double t) const override;  ///< x / √(σ² + 1)
  Tensor step(In model_output, double t, In sample, In noise = {}) override;
  Tensor add_noise(In x, In noise, In t) const override;  ///< x + σ_t noise

 private:
  bool has_fractions() const override { return true; }
  double sigma(double t) const;
};

/// The scheduler of this name of a class ("DDIMScheduler"). Throws ArgumentError for another.
TINYGRAD_API std::unique_ptr<Scheduler> make_scheduler(
    const std::string& name, const SchedulerOptions& options = {},
    SourceLocation location = SourceLocation::current());
/// The scheduler of a folder with scheduler_config.json; `name`, if it is not empty, is used
/// instead of the class in the file. Throws IoError for a class or an option that is not known.
TINYGRAD_API std::unique_ptr<Scheduler> load_scheduler(
    const std::string& folder, const std::string& name = "",
    SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::models
