// SPDX-License-Identifier: MIT
// Learning rates that follow the number of steps, most of them computed from the one before.
#include "tinygrad/optim/lr_scheduler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "optim/check.h"
#include "optim/state.h"
#include "tinygrad/step_values.h"

namespace tinygrad::optim {
namespace {

using Count = std::int64_t;

std::string base_name(std::size_t group) { return "base_lr." + std::to_string(group); }

void check_at_least_1(const Call& call, const char* what, Count value) {
  require(value >= 1, call, what, " must be at least 1, it is ", value);
}
void check_factor(const Call& call, const char* what, double value) {
  require(value > 0 && value <= 1, call, what, " must lie in (0, 1], it is ", value);
}

/// 1 + cos(π part): from 2 down to 0 as part goes from 0 to 1.
double height(double part) { return 1 + std::cos(std::numbers::pi * part); }

}  // namespace

LRScheduler::LRScheduler(Optimizer& optimizer, Rate rate,
                         InlineFunction<double(Count), 64> momentum)
    : optimizer_(optimizer), rate_(std::move(rate)), momentum_(std::move(momentum)) {
  for (auto& group : optimizer.groups_) {
    if (!group.initial_lr) group.initial_lr = group.lr;
    base_.push_back(*group.initial_lr);
  }
}

void LRScheduler::step() {
  on_every_replay([this] { ++count_, set_rates(); });
}
void LRScheduler::set_rates() {
  for (std::size_t g = 0; g < base_.size(); ++g)
    optimizer_.set_lr(g, rate_(optimizer_.lr(g), base_[g], count_));
  set_momentum();
}
bool LRScheduler::has_momentum() const {
  for (std::size_t g = 0; g < base_.size(); ++g)
    if (const double* m = optimizer_.momentum(g); !m || *m == 0) return false;
  return true;
}
void LRScheduler::set_momentum() {
  for (std::size_t g = 0; momentum_ && g < base_.size(); ++g) {
    require<DeviceError>(!is_capturing() && !optimizer_.groups_[g].is_recorded, "OneCycleLR",
                         "momentum is a constant of recorded steps; use .cycle_momentum = false");
    *optimizer_.momentum(g) = momentum_(count_);
  }
}
void LRScheduler::restart() {
  for (std::size_t g = 0; g < base_.size(); ++g) optimizer_.set_lr(g, base_[g]);
  count_ = 0, set_rates();
}
void LRScheduler::begin_with(double base) {
  for (std::size_t g = 0; g < base_.size(); ++g) optimizer_.groups_[g].initial_lr = base_[g] = base;
  restart();
}

void LRScheduler::write(const std::string& prefix, NamedTensors& all) const {
  all.emplace_back(prefix + "count", count_tensor(count_));
  for (std::size_t g = 0; g < base_.size(); ++g)
    all.emplace_back(prefix + base_name(g), real_tensor(base_[g]));
}
NamedTensors LRScheduler::state_dict() const {
  NamedTensors all;
  write("", all);
  return all;
}

LRScheduler::Store LRScheduler::read(const std::string& prefix, StateReader& reader) {
  const Count count = reader.take_count(prefix + "count");
  std::vector<double> base;
  for (std::size_t g = 0; g < base_.size(); ++g)
    base.push_back(reader.take_real(prefix + base_name(g)));
  return [=, this] { count_ = count, base_ = base, set_momentum(); };
}
void LRScheduler::load_state_dict(const NamedTensors& state, SourceLocation location) {
  StateReader reader(state);
  const Store store = read("", reader);
  reader.finish({"schedule", location});
  store();
}

// ------------------------------------------------------------ by factors

StepLR::StepLR(Optimizer& optimizer, Count step_size, double gamma, SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        return n > 0 && n % step_size == 0 ? now * gamma : now;
      }) {
  check_at_least_1({"StepLR", location}, "step_size", step_size);
  check_not_negative({"StepLR", location}, "gamma", gamma);
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<Count> milestones, double gamma,
                         SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        return now * std::pow(gamma, std::count(milestones.begin(), milestones.end(), n));
      }) {
  for (const Count m : milestones) check_at_least_1({"MultiStepLR", location}, "a milestone", m);
  check_not_negative({"MultiStepLR", location}, "gamma", gamma);
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma, SourceLocation location)
    : LRScheduler(optimizer,
                  [=](double now, double, Count n) { return n == 0 ? now : now * gamma; }) {
  check_not_negative({"ExponentialLR", location}, "gamma", gamma);
}

MultiplicativeLR::MultiplicativeLR(Optimizer& optimizer, InlineFunction<double(Count), 64> factor)
    : LRScheduler(optimizer, [f = std::move(factor)](double now, double, Count n) {
        return n == 0 ? now : now * f(n);
      }) {}

LambdaLR::LambdaLR(Optimizer& optimizer, InlineFunction<double(Count), 64> factor)
    : LRScheduler(optimizer,
                  [f = std::move(factor)](double, double base, Count n) { return base * f(n); }) {
  set_rates();
}

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, Count total_iters,
                       SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        return n == 0 ? now * factor : n == total_iters ? now / factor : now;
      }) {
  check_factor({"ConstantLR", location}, "factor", factor);
  check_at_least_1({"ConstantLR", location}, "total_iters", total_iters);
  set_rates();
}

/// The factor is f = start_factor + (end_factor - start_factor) n / total_iters.
LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor, Count total_iters,
                   SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        if (n == 0) return now * start_factor;
        const double rise = end_factor - start_factor;
        const double before = double(total_iters) * start_factor + double(n - 1) * rise;
        return n > total_iters ? now : now * (1 + rise / before);
      }) {
  const Call call{"LinearLR", location};
  check_factor(call, "start_factor", start_factor);
  require(end_factor >= 0 && end_factor <= 1, call, "end_factor must lie in [0, 1], it is ",
          end_factor);
  check_at_least_1(call, "total_iters", total_iters);
  set_rates();
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, Count total_iters, double power,
                           SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        const double left = double(total_iters - n);
        return n == 0 || left < 0 ? now : now * std::pow(left / (left + 1), power);
      }) {
  check_at_least_1({"PolynomialLR", location}, "total_iters", total_iters);
  check_not_negative({"PolynomialLR", location}, "power", power);
}

// ------------------------------------------------------------ along cosines

/// (now - eta_min) (1 + cos(π count / t_max)) / (1 + cos(π (count - 1) / t_max)) + eta_min, and not
/// below 0. The curve leaves a minimum, where that is 0 / 0, by its first step from `base`.
CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, Count t_max, double eta_min,
                                     SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double base, Count n) {
        if (n == 0) return now;
        const auto at = [&](Count count) { return height(double(count) / double(t_max)); };
        const bool at_minimum = (n - 1) % t_max == 0 && (n - 1) / t_max % 2 == 1;
        if (at_minimum) return now + (base - eta_min) * at(t_max - 1) / 2;
        return std::max((now - eta_min) * at(n) / at(n - 1) + eta_min, 0.);
      }) {
  check_at_least_1({"CosineAnnealingLR", location}, "t_max", t_max);
  check_not_negative({"CosineAnnealingLR", location}, "eta_min", eta_min);
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, Count t_0,
                                                         Count t_mult, double eta_min,
                                                         SourceLocation location)
    : LRScheduler(optimizer, [=](double, double base, Count n) {
        Count period = t_0;
        if (t_mult == 1) n %= period;
        for (; n >= period; period *= t_mult) n -= period;
        return eta_min + (base - eta_min) * height(double(n) / double(period)) / 2;
      }) {
  const Call call{"CosineAnnealingWarmRestarts", location};
  check_at_least_1(call, "t_0", t_0), check_at_least_1(call, "t_mult", t_mult);
  check_not_negative(call, "eta_min", eta_min);
  set_rates();
}

namespace {

struct Phase {
  double end, from, to;  // the count of its last step; the rates there and at the end before
};
/// From `first` to `middle`, with three phases back again, and to `last`.
std::vector<Phase> phases(double first, double middle, double last, Count total_steps,
                          const OneCycleOptions& o) {
  const double top = o.pct_start * double(total_steps) - 1;
  std::vector<Phase> all{{top, first, middle}};
  if (o.three_phase) all.push_back({2 * top, middle, first});
  all.push_back({double(total_steps - 1), all.back().to, last});
  return all;
}
double at_step(const std::vector<Phase>& all, AnnealStrategy way, Count n) {
  double begin = 0;
  auto p = all.begin();
  for (; double(n) > p->end && p + 1 != all.end(); ++p) begin = p->end;
  const double part = std::fmin((double(n) - begin) / (p->end - begin), 1);
  const double left = way == AnnealStrategy::cos ? height(part) / 2 : 1 - part;
  return p->to + (p->from - p->to) * left;
}
/// The momentum of each step; empty if it is not cycled.
InlineFunction<double(Count), 64> momentum_of(Count total_steps, const OneCycleOptions& o) {
  if (!o.cycle_momentum) return {};
  return [all = phases(o.max_momentum, o.base_momentum, o.max_momentum, total_steps, o),
          way = o.anneal_strategy](Count n) { return at_step(all, way, n); };
}

}  // namespace

SWALR::SWALR(Optimizer& optimizer, double swa_lr, Count anneal_epochs, AnnealStrategy strategy,
             SourceLocation location)
    : LRScheduler(optimizer, [=](double now, double, Count n) {
        const auto share = [=](Count step) {  // of swa_lr
          const double t = double(step) / double(std::max<Count>(1, anneal_epochs)),
                       part = std::min(1., std::max(0., t));
          return strategy == AnnealStrategy::cos ? (1 - std::cos(std::numbers::pi * part)) / 2
                                                 : part;
        };
        const Count step = anneal_epochs == 0 ? std::max<Count>(1, n) : n;
        const double before = share(step - 1), to = share(step);
        const double first = before == 1 ? swa_lr : (now - before * swa_lr) / (1 - before);
        return swa_lr * to + first * (1 - to);
      }) {
  const Call call{"SWALR", location};
  check_not_negative(call, "swa_lr", swa_lr);
  require(anneal_epochs >= 0, call, "anneal_epochs must not be negative, it is ", anneal_epochs);
  set_rates();
}

OneCycleLR::OneCycleLR(Optimizer& optimizer, double max_lr, Count total_steps,
                       const OneCycleOptions& o, SourceLocation location)
    : LRScheduler(
          optimizer,
          [all = phases(max_lr / o.div_factor, max_lr, max_lr / o.div_factor / o.final_div_factor,
                        total_steps, o),
           way = o.anneal_strategy](double, double, Count n) { return at_step(all, way, n); },
          momentum_of(total_steps, o)) {
  const Call call{"OneCycleLR", location};
  check_not_negative(call, "max_lr", max_lr), check_at_least_1(call, "total_steps", total_steps);
  require(o.pct_start >= 0 && o.pct_start <= 1, call, "pct_start must lie in [0, 1], it is ",
          o.pct_start);
  require(o.div_factor > 0 && o.final_div_factor > 0, call, "expected factors above 0");
  check_beta(call, "base_momentum", o.base_momentum);
  check_beta(call, "max_momentum", o.max_momentum);
  require(!o.cycle_momentum || has_momentum(), call,
          "the optimizer has no momentum to cycle; construct it with one");
  begin_with(max_lr / o.div_factor);
}

// ------------------------------------------------------------ made of schedules

CombinedLR::CombinedLR(const Call& call, Optimizer& optimizer, std::vector<LRScheduler*> schedules)
    : LRScheduler(optimizer), schedules_(std::move(schedules)) {
  require(!schedules_.empty(), call, "expected at least one schedule");
  for (const LRScheduler* s : schedules_)
    require(s && &s->optimizer_ == &optimizer, call, "expected schedules of the same optimizer");
}
void CombinedLR::write(const std::string& prefix, NamedTensors& all) const {
  LRScheduler::write(prefix, all);
  for (std::size_t i = 0; i < schedules_.size(); ++i)
    schedules_[i]->write(prefix + std::to_string(i) + ".", all);
}
LRScheduler::Store CombinedLR::read(const std::string& prefix, StateReader& reader) {
  std::vector<Store> stores;
  stores.push_back(LRScheduler::read(prefix, reader));
  for (std::size_t i = 0; i < schedules_.size(); ++i)
    stores.push_back(schedules_[i]->read(prefix + std::to_string(i) + ".", reader));
  return [stores = std::move(stores)] {
    for (auto& store : stores) store();
  };
}

SequentialLR::SequentialLR(Optimizer& optimizer, std::vector<LRScheduler*> schedules,
                           std::vector<Count> milestones, SourceLocation location)
    : CombinedLR({"SequentialLR", location}, optimizer, std::move(schedules)),
      milestones_(std::move(milestones)) {
  const Call call{"SequentialLR", location};
  require(schedules_.size() == milestones_.size() + 1, call,
          "expected a milestone between each two ", "of ", schedules_.size(), " schedules, got ",
          milestones_.size());
  for (std::size_t i = 0; i < milestones_.size(); ++i)
    require(milestones_[i] > (i ? milestones_[i - 1] : 0), call, "milestones must rise from 1 on");
  set_rates();
}
void SequentialLR::set_rates() {
  const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), count());
  LRScheduler& now = *schedules_[std::size_t(next - milestones_.begin())];
  if (count() == (next == milestones_.begin() ? 0 : next[-1])) now.restart();
  else ++now.count_, now.set_rates();
}

ChainedScheduler::ChainedScheduler(Optimizer& optimizer, std::vector<LRScheduler*> schedules,
                                   SourceLocation location)
    : CombinedLR({"ChainedScheduler", location}, optimizer, std::move(schedules)) {}
void ChainedScheduler::set_rates() {
  for (LRScheduler* s : schedules_) s->count_ = count() ? s->count_ + 1 : 0, s->set_rates();
}

// ------------------------------------------------------------ by a metric

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, const PlateauOptions& o,
                                     SourceLocation location)
    : optimizer_(optimizer), options_(o), best_(o.mode == PlateauMode::min ? INFINITY : -INFINITY) {
  const Call call{"ReduceLROnPlateau", location};
  check_beta(call, "factor", o.factor), check_not_negative(call, "min_lr", o.min_lr);
  require(o.patience >= 0 && o.cooldown >= 0, call, "patience and cooldown must not be negative");
}

void ReduceLROnPlateau::step(double metric, SourceLocation location) {
  const PlateauOptions& o = options_;
  require<DeviceError>(!is_capturing(), Call{"ReduceLROnPlateau", location},
                       "a recorded step has no new metric; call step() after it");
  const double sign = o.mode == PlateauMode::min ? -1 : 1;
  const double bound = o.threshold_mode == ThresholdMode::rel ? best_ * (1 + sign * o.threshold)
                                                              : best_ + sign * o.threshold;
  const bool is_better = sign * metric > sign * bound;
  if (is_better) best_ = metric;
  bad_ = is_better || cooldown_ > 0 ? 0 : bad_ + 1;
  if (cooldown_ > 0) --cooldown_;
  if (bad_ <= o.patience) return;
  for (std::size_t g = 0; g < optimizer_.groups(); ++g) {
    const double next = std::max(optimizer_.lr(g) * o.factor, o.min_lr);
    if (optimizer_.lr(g) - next > o.eps) optimizer_.set_lr(g, next);
  }
  cooldown_ = o.cooldown, bad_ = 0;
}

NamedTensors ReduceLROnPlateau::state_dict() const {
  return {{"best", real_tensor(best_)},
          {"num_bad_epochs", count_tensor(bad_)},
          {"cooldown_counter", count_tensor(cooldown_)}};
}
void ReduceLROnPlateau::load_state_dict(const NamedTensors& state, SourceLocation location) {
  StateReader reader(state);
  const double best = reader.take_scalar("best");
  const Count bad = reader.take_count("num_bad_epochs"),
              cooldown = reader.take_count("cooldown_counter");
  reader.finish({"ReduceLROnPlateau", location});
  best_ = best, bad_ = bad, cooldown_ = cooldown;
}

}  // namespace tinygrad::optim
