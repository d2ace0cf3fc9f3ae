// SPDX-License-Identifier: MIT
// Learning rates that follow the number of steps, each computed from the one before.
#include "tinygrad/optim/lr_scheduler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "optim/check.h"
#include "optim/state.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

std::string base_name(std::size_t group) { return "base_lr." + std::to_string(group); }

}  // namespace

LRScheduler::LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {
  for (std::size_t g = 0; g < optimizer.groups(); ++g) base_.push_back(optimizer.lr(g));
}

void LRScheduler::step() {
  on_every_replay([this] {
    ++count_;
    for (std::size_t g = 0; g < base_.size(); ++g)
      optimizer_.set_lr(g, next_rate(optimizer_.lr(g), base_[g], count_));
  });
}

NamedTensors LRScheduler::state_dict() const {
  NamedTensors all{{"count", count_tensor(count_)}};
  for (std::size_t g = 0; g < base_.size(); ++g)
    all.emplace_back(base_name(g), real_tensor(base_[g]));
  return all;
}

void LRScheduler::load_state_dict(const NamedTensors& state, SourceLocation location) {
  StateReader reader(state);
  const std::int64_t count = reader.take_count("count");
  std::vector<double> base;
  for (std::size_t g = 0; g < base_.size(); ++g) base.push_back(reader.take_real(base_name(g)));
  reader.finish({"schedule", location});
  count_ = count, base_ = std::move(base);
}

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma, SourceLocation location)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  require(step_size >= 1, Call{"StepLR", location}, "step_size must be at least 1, it is ",
          step_size);
  check_not_negative({"StepLR", location}, "gamma", gamma);
}
double StepLR::next_rate(double now, double, std::int64_t count) const {
  return count % step_size_ == 0 ? now * gamma_ : now;
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min,
                                     SourceLocation location)
    : LRScheduler(optimizer), t_max_(t_max), eta_min_(eta_min) {
  require(t_max >= 1, Call{"CosineAnnealingLR", location}, "t_max must be at least 1, it is ",
          t_max);
  check_not_negative({"CosineAnnealingLR", location}, "eta_min", eta_min);
}
/// (now - eta_min) (1 + cos(π count / t_max)) / (1 + cos(π (count - 1) / t_max)) + eta_min, and not
/// below 0. The curve leaves a minimum, where that is 0 / 0, by its first step from `base`.
double CosineAnnealingLR::next_rate(double now, double base, std::int64_t count) const {
  const auto height = [&](std::int64_t at) {
    return 1 + std::cos(std::numbers::pi * double(at) / double(t_max_));
  };
  const bool at_minimum = (count - 1) % t_max_ == 0 && (count - 1) / t_max_ % 2 == 1;
  if (at_minimum) return now + (base - eta_min_) * height(t_max_ - 1) / 2;
  const double next = (now - eta_min_) * height(count) / height(count - 1) + eta_min_;
  return std::max(next, 0.);
}

}  // namespace tinygrad::optim
