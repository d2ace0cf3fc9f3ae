// SPDX-License-Identifier: MIT
// Trainer: the parts of the loop that do not depend on the type of the batches.
#include "tinygrad/train/trainer.h"

#include <algorithm>
#include <cmath>

#include "tinygrad/ops.h"
#include "tinygrad/train/signals.h"

namespace tinygrad::train {

using Clock = std::chrono::steady_clock;

Trainer::Trainer(nn::Module& model, optim::Optimizer& optimizer, TrainerOptions options,
                 SourceLocation location)
    : model_(model),
      optimizer_(optimizer),
      options_(std::move(options)),
      scaler_(options_.scaler, location) {
  const Call call{"Trainer", location};
  require(options_.epochs >= 0, call, "epochs must not be negative, got ", options_.epochs);
  require(options_.accumulate >= 1, call, "accumulate must be at least 1, got ",
          options_.accumulate);
  require(options_.max_norm > 0, call, "max_norm must be above 0, got ", options_.max_norm);
  require(options_.patience >= 0, call, "patience must not be negative, got ", options_.patience);
  if (!options_.checkpoint.empty()) folder_.emplace(options_.checkpoint, location);
}

bool Trainer::begin_epoch() {
  if (epoch_ >= options_.epochs || !is_patient()) return false;
  model_.train();
  if (!std::exchange(is_resumed_, false)) begin_pass();
  samples_before_ = samples_, begun_ = Clock::now();
  return true;
}

void Trainer::begin_pass() {
  loss_sum_ = {}, samples_ = samples_before_ = 0, begun_ = Clock::now();
  for (auto& [name, metric] : options_.metrics) metric.reset();
}

void Trainer::begin_evaluation() {
  require(batch_ == 0, {"evaluate"}, "an epoch is under way, whose sums would be lost: evaluate ",
          "after fit(), or as its validation");
  model_.eval();
  begin_pass();
}

void Trainer::learn(const Tensor& loss, std::int64_t samples) {
  require<ShapeError>(loss.numel() == 1, {"fit"}, "expected a loss of a single element, got ",
                      loss.shape());
  if (options_.backward) {
    const Tensor share = options_.accumulate > 1 ? loss / options_.accumulate : loss;
    (options_.autocast == DType::float16 ? scaler_.scale(share) : share).backward();
  }
  add(loss, samples);
  ++batch_;
  if (++pending_ == options_.accumulate) step();
  if (options_.on_step) options_.on_step(*this);
}

void Trainer::add(const Tensor& loss, std::int64_t samples) {
  const NoGrad off;
  const DType wide = loss.dtype() == DType::float64 ? DType::float64 : DType::float32;
  if (!loss_sum_.defined()) loss_sum_ = zeros({}, {.dtype = wide, .device = loss.device()});
  loss_sum_ = loss_sum_.to(loss.device());  // a resumed sum is on the CPU
  loss_sum_ = loss_sum_ + reshape(loss.detach(), {}).to(wide) * samples;
  samples_ += samples;
}

void Trainer::step() {
  if (std::exchange(pending_, 0) == 0) return;
  if (options_.before_step) options_.before_step();
  const bool is_scaled = options_.autocast == DType::float16;
  if (std::isfinite(options_.max_norm)) {
    if (is_scaled) scaler_.unscale_(optimizer_);
    optim::clip_grad_norm_(optimizer_.parameters(), options_.max_norm);
  }
  if (is_scaled) scaler_.step(optimizer_);
  else optimizer_.step();
  if (options_.schedule && options_.schedule_every == ScheduleEvery::step)
    options_.schedule->step();
}

Pass Trainer::pass() const {
  const double seconds = std::chrono::duration<double>(Clock::now() - begun_).count();
  Pass p{.samples = samples_};
  if (loss_sum_.defined() && samples_) p.loss = loss_sum_.item<double>() / double(samples_);
  for (auto& [name, metric] : options_.metrics) p.metrics.push_back(metric.value());
  p.samples_per_second = seconds > 0 ? double(samples_ - samples_before_) / seconds : 0;
  return p;
}

void Trainer::end_epoch(const SharedFunction<Pass()>& validate) {
  EpochReport report{epoch_, pass()};
  batch_ = 0;
  if (validate) report.validation = validate();
  if (options_.on_epoch) options_.on_epoch(report);
  if (options_.schedule && options_.schedule_every == ScheduleEvery::epoch)
    options_.schedule->step();
  compare(report.validation.value_or(report.train).loss);
  ++epoch_;
  begin_pass();
  save();
}

void Trainer::compare(double loss) {
  bad_epochs_ = loss < lowest_ - options_.min_delta ? 0 : bad_epochs_ + 1;
  lowest_ = std::min(lowest_, loss);
}

bool Trainer::is_patient() const { return !options_.patience || bad_epochs_ < options_.patience; }

bool Trainer::is_interrupted() const {
  if (pending_) return false;  // a checkpoint holds no gradients
  if (!(options_.is_interrupted ? options_.is_interrupted() : interrupted() != 0)) return false;
  save();
  return true;
}

}  // namespace tinygrad::train
