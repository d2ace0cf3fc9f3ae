// SPDX-License-Identifier: MIT
// Learning-rate schedules: the rates of an optimizer as the steps are counted. Most compute the
// next rate from the current one, as PyTorch does: a rate that was set by hand, or by another
// schedule, is what the schedule goes on from. Several schedules of one optimizer are chained by
// stepping each.
#pragma once
#include <vector>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

class StateReader;

/// Sets the learning rates of an optimizer, which must outlive it, from how often step() was
/// called: usually once an epoch.
class TINYGRAD_API LRScheduler {
 public:
  /// The rate after `count` steps of a group that began with `base` and whose rate is `now` before
  /// this step. count 0: the rate to begin with.
  using Rate = InlineFunction<double(double now, double base, std::int64_t count), 64>;
  LRScheduler(const LRScheduler&) = delete;
  virtual ~LRScheduler() = default;
  /// Counts one and sets the rates of all groups.
  void step();
  std::int64_t count() const { return count_; }
  /// "count" (int64 []) and "base_lr.g" (float64 []). The rates of now are in the optimizer's
  /// state. SequentialLR adds those of its schedules, as "i.count" and so on.
  NamedTensors state_dict() const;
  /// Throws ArgumentError that lists all that is wrong, and nothing has been loaded.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 protected:
  /// A schedule passes its rule. base is a group's rate when the optimizer's first schedule began.
  /// momentum: that of all groups after `count` steps, if the schedule sets it.
  explicit LRScheduler(
      Optimizer& optimizer, Rate rate = [](double now, double, std::int64_t) { return now; },
      InlineFunction<double(std::int64_t count), 64> momentum = {});
  /// Sets the rates of count(). Constructors call it if the first rate is not the current one.
  virtual void set_rates();
  void begin_with(double base);  // for all groups
  bool has_momentum() const;     // in all groups, and above 0

 private:
  friend class CombinedLR;
  friend class SequentialLR;
  friend class ChainedScheduler;
  void restart();  // from the base rates
  void set_momentum();
  virtual void write(const std::string& prefix, NamedTensors& all) const;
  /// Returns what stores the state that it read.
  using Store = InlineFunction<void(), 64>;
  virtual Store read(const std::string& prefix, StateReader& reader);
  Optimizer& optimizer_;
  Rate rate_;
  InlineFunction<double(std::int64_t), 64> momentum_;
  std::vector<double> base_;
  std::int64_t count_ = 0;
};

#define SCHEDULE(Name, ...)                                             \
  struct TINYGRAD_API Name : LRScheduler {                              \
    explicit Name(Optimizer& optimizer, __VA_ARGS__,                    \
                  SourceLocation location = SourceLocation::current()); \
  }
/// Multiplies the rate by gamma every step_size steps.
SCHEDULE(StepLR, std::int64_t step_size, double gamma = 0.1);
/// Multiplies the rate by gamma at each milestone, a count of steps.
SCHEDULE(MultiStepLR, std::vector<std::int64_t> milestones, double gamma = 0.1);
/// Multiplies the rate by gamma every step.
SCHEDULE(ExponentialLR, double gamma);
/// base factor for total_iters steps, then base. factor must lie in (0, 1].
SCHEDULE(ConstantLR, double factor = 1. / 3, std::int64_t total_iters = 5);
/// Linear from base start_factor to base end_factor in total_iters steps. start_factor must lie in
/// (0, 1], end_factor in [0, 1].
SCHEDULE(LinearLR, double start_factor = 1. / 3, double end_factor = 1,
         std::int64_t total_iters = 5);
/// base (1 - count / total_iters)^power, then 0.
SCHEDULE(PolynomialLR, std::int64_t total_iters = 5, double power = 1);
/// base factor(count).
struct TINYGRAD_API LambdaLR : LRScheduler {
  LambdaLR(Optimizer& optimizer, InlineFunction<double(std::int64_t count), 64> factor);
};
/// Multiplies the rate by factor(count) every step.
struct TINYGRAD_API MultiplicativeLR : LRScheduler {
  MultiplicativeLR(Optimizer& optimizer, InlineFunction<double(std::int64_t count), 64> factor);
};

/// eta_min + (base - eta_min) (1 + cos(π count / t_max)) / 2: half a cosine from the first rate
/// down to eta_min at step t_max, and then up again to the first rate at step 2 t_max, as in
/// PyTorch. set_lr(r) scales the rest of the curve: the distance to eta_min goes on from r -
/// eta_min. Loshchilov and Hutter 2016, without restarts.
SCHEDULE(CosineAnnealingLR, std::int64_t t_max, double eta_min = 0);
/// Half a cosine from base down to eta_min in t_0 steps, then again in t_0 t_mult steps, and so on,
/// whatever the current rate is. Loshchilov and Hutter 2016.
SCHEDULE(CosineAnnealingWarmRestarts, std::int64_t t_0, std::int64_t t_mult = 1,
         double eta_min = 0);

enum class AnnealStrategy { cos, linear };
/// From the current rate to swa_lr in anneal_epochs steps, and then swa_lr. Izmailov et al. 2018.
SCHEDULE(SWALR, double swa_lr, std::int64_t anneal_epochs = 10,
         AnnealStrategy anneal_strategy = AnnealStrategy::cos);
struct OneCycleOptions {
  double pct_start = 0.3;  ///< the part of the steps in which the rate rises: in [0, 1]
  AnnealStrategy anneal_strategy = AnnealStrategy::cos;
  double div_factor = 25;         ///< the first rate is max_lr / div_factor
  double final_div_factor = 1e4;  ///< the last one is the first / final_div_factor
  bool three_phase = false;       ///< falls to the first rate as it rose, and only then to the last
  /// Momentum, or Adam's beta1, falls from max_momentum to base_momentum as the rate rises, and
  /// rises again. It is a constant of recorded steps: setting it then throws DeviceError.
  bool cycle_momentum = false;
  double base_momentum = 0.85, max_momentum = 0.95;
};
/// Smith and Topin 2017: the rates of all groups rise to max_lr and fall in total_steps steps,
/// and stay at the last.
SCHEDULE(OneCycleLR, double max_lr, std::int64_t total_steps, const OneCycleOptions& options = {});
#undef SCHEDULE

/// The base of the next two, whose state has those of their schedules.
class TINYGRAD_API CombinedLR : public LRScheduler {
 protected:
  CombinedLR(const Call& call, Optimizer& optimizer, std::vector<LRScheduler*> schedules);
  std::vector<LRScheduler*> schedules_;

 private:
  void write(const std::string& prefix, NamedTensors& all) const override;
  Store read(const std::string& prefix, StateReader& reader) override;
};
/// Follows schedules of one optimizer, which must outlive it, one after another: milestones[i] is
/// the count of steps at which schedules[i + 1] begins, from the base rates.
class TINYGRAD_API SequentialLR : public CombinedLR {
 public:
  SequentialLR(Optimizer& optimizer, std::vector<LRScheduler*> schedules,
               std::vector<std::int64_t> milestones,
               SourceLocation location = SourceLocation::current());

 private:
  void set_rates() override;
  std::vector<std::int64_t> milestones_;
};
/// Steps all of its schedules in order, each of which goes on from the rates of the one before.
class TINYGRAD_API ChainedScheduler : public CombinedLR {
 public:
  ChainedScheduler(Optimizer& optimizer, std::vector<LRScheduler*> schedules,
                   SourceLocation location = SourceLocation::current());

 private:
  void set_rates() override;
};

enum class PlateauMode { min, max };
enum class ThresholdMode { rel, abs };
struct PlateauOptions {
  PlateauMode mode = PlateauMode::min;
  double factor = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  ThresholdMode threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;
  double min_lr = 0;
  double eps = 1e-8;  ///< a smaller change of the rate is left out
};
/// Multiplies the rates by factor if a metric, such as the validation loss, has not become better
/// by the threshold for more than `patience` steps; the next `cooldown` steps do not count.
class TINYGRAD_API ReduceLROnPlateau {
 public:
  explicit ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& options = {},
                             SourceLocation location = SourceLocation::current());
  /// Throws DeviceError in a recorded step, which could not read a new metric.
  void step(double metric, SourceLocation location = SourceLocation::current());
  /// "best" (float64 []), "num_bad_epochs" and "cooldown_counter" (int64 []).
  NamedTensors state_dict() const;
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 private:
  Optimizer& optimizer_;
  PlateauOptions options_;
  double best_;
  std::int64_t bad_ = 0, cooldown_ = 0;
};

}  // namespace tinygrad::optim
