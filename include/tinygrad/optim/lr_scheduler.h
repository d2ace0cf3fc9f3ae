// SPDX-License-Identifier: MIT
// Learning-rate schedules: the rates of an optimizer as the steps are counted. Each step computes
// the next rate from the current one, as PyTorch does: a rate that was set by hand, or by another
// schedule, is what the schedule goes on from.
#pragma once
#include <vector>

#include "tinygrad/optim/optimizer.h"

namespace tinygrad::optim {

/// Sets the learning rates of an optimizer, which must outlive it, from how often step() was
/// called: usually once an epoch.
class TINYGRAD_API LRScheduler {
 public:
  LRScheduler(const LRScheduler&) = delete;
  virtual ~LRScheduler() = default;
  /// Counts one and sets the rates of all groups.
  void step();
  std::int64_t count() const { return count_; }
  /// "count" (int64 []) and "base_lr.g" (float64 []). The rates of now are in the optimizer's
  /// state.
  NamedTensors state_dict() const;
  /// Throws ArgumentError that lists all that is wrong, and nothing has been loaded.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current());

 protected:
  explicit LRScheduler(Optimizer& optimizer);
  /// The rate after `count` steps, at least 1, of a group that began with `base` and whose rate is
  /// `now` before this step.
  virtual double next_rate(double now, double base, std::int64_t count) const = 0;

 private:
  Optimizer& optimizer_;
  std::vector<double> base_;
  std::int64_t count_ = 0;
};

/// Multiplies the rate by gamma every step_size steps.
class TINYGRAD_API StepLR : public LRScheduler {
 public:
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1,
         SourceLocation location = SourceLocation::current());

 private:
  double next_rate(double now, double base, std::int64_t count) const override;
  std::int64_t step_size_;
  double gamma_;
};

/// eta_min + (base - eta_min) (1 + cos(π count / t_max)) / 2: half a cosine from the first rate
/// down to eta_min at step t_max, and then up again to the first rate at step 2 t_max, as in
/// PyTorch. set_lr(r) scales the rest of the curve: the distance to eta_min goes on from r -
/// eta_min. Loshchilov and Hutter 2016, without restarts.
class TINYGRAD_API CosineAnnealingLR : public LRScheduler {
 public:
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min = 0,
                    SourceLocation location = SourceLocation::current());

 private:
  double next_rate(double now, double base, std::int64_t count) const override;
  std::int64_t t_max_;
  double eta_min_;
};

}  // namespace tinygrad::optim
