// SPDX-License-Identifier: MIT
// GradScaler: the factor on a loss that keeps float16's gradients in range.
#include <cmath>
#include <optional>

#include "optim/state.h"
#include "tinygrad/amp.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {

/// float32, shape []: 0 if all gradients are finite, otherwise NaN, since 0 times infinity or NaN
/// is NaN, and so is a sum with it. Undefined if there are no gradients.
static Tensor zero_if_finite(const std::vector<Tensor>& params) {
  const NoGrad off;
  Tensor zero;
  for (const Tensor& p : params) {
    if (!p.grad().defined()) continue;
    const Tensor one = sum(p.grad() * 0).to(DType::float32);
    zero = zero.defined() ? zero + one : one;
  }
  return zero;
}

GradScaler::GradScaler(const GradScalerOptions& o, SourceLocation location)
    : options_(o), factor_(o.scale) {
  const Call call{"GradScaler", location};
  require(std::isfinite(o.scale) && o.scale > 0, call, "scale must be finite and above 0, it is ",
          o.scale);
  require(std::isfinite(o.growth) && o.growth > 1, call, "growth must be above 1, it is ",
          o.growth);
  require(o.backoff > 0 && o.backoff < 1, call, "backoff must lie in (0, 1), it is ", o.backoff);
  require(o.growth_interval >= 1, call, "growth_interval must be at least 1, it is ",
          o.growth_interval);
}

Tensor GradScaler::scale(const Tensor& loss, SourceLocation location) const {
  const StepValue factor = step_value({"scale", location}, backend(loss.device()), DType::float64,
                                      [this] { return Scalar(factor_); });
  return mul({loss, location}, factor);
}

void GradScaler::unscale_(optim::Optimizer& optimizer, SourceLocation location) {
  require(unscaled_ != &optimizer, Call{"unscale_", location},
          "the gradients were divided by the factor already; step() comes next");
  const NoGrad off;
  std::optional<StepValue> inverse;
  for (Tensor p : optimizer.parameters()) {
    const Tensor g = p.grad();
    if (!g.defined()) continue;
    if (!inverse)
      inverse = step_value({"unscale_", location}, backend(g.device()), DType::float64,
                           [this] { return Scalar(1 / factor_); });
    p.set_grad(mul({g, location}, *inverse));
  }
  unscaled_ = &optimizer;
}

bool GradScaler::step(optim::Optimizer& optimizer, SourceLocation location) {
  require(!has_after_every_replay(), Call{"GradScaler", location},
          "a recorded step takes one step of a GradScaler: what comes of it is known only after "
          "the replay");
  if (unscaled_ != &optimizer) unscale_(optimizer, location);
  unscaled_ = nullptr;
  const Tensor zero = zero_if_finite(optimizer.parameters());
  const auto is_finite = [zero, location] {
    return !zero.defined() || zero.item<float>(location) == 0;
  };
  if (is_capturing()) {
    optimizer.step_unless(zero, location);
    after_every_replay([this, is_finite] { adapt(is_finite()); });
    return true;
  }
  const bool is_taken = is_finite();
  if (is_taken) optimizer.step(location);
  else postpone_capture();
  adapt(is_taken);
  return is_taken;
}

void GradScaler::adapt(bool was_finite) {
  if (!was_finite) {
    factor_ *= options_.backoff, good_ = 0, ++skips_;
    return;
  }
  ++steps_;
  if (++good_ == options_.growth_interval && std::isfinite(factor_ * options_.growth))
    factor_ *= options_.growth, good_ = 0;
}

NamedTensors GradScaler::state_dict() const {
  return {{"scale", optim::real_tensor(factor_)},
          {"growth_tracker", optim::count_tensor(good_)},
          {"steps", optim::count_tensor(steps_)},
          {"skips", optim::count_tensor(skips_)}};
}

void GradScaler::load_state_dict(const NamedTensors& state, SourceLocation location) {
  optim::StateReader reader(state);
  const double factor = reader.take_real("scale");
  const std::int64_t good = reader.take_count("growth_tracker"), steps = reader.take_count("steps"),
                     skips = reader.take_count("skips");
  reader.finish({"GradScaler", location});
  factor_ = factor, good_ = int(good % options_.growth_interval), steps_ = steps, skips_ = skips;
}

}  // namespace tinygrad
