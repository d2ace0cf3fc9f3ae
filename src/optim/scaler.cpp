// The factor on a loss that keeps float16's gradients in range.
#include <cmath>

#include "core/changing.h"
#include "optim/state.h"
#include "tinygrad/amp.h"
#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad {

GradScaler::GradScaler(const GradScalerOptions& o, Where where) : options_(o), factor_(o.scale) {
  const Call call{"GradScaler", where};
  require(std::isfinite(o.scale) && o.scale > 0, call, "scale must be finite and above 0, it is ", o.scale);
  require(std::isfinite(o.growth) && o.growth > 1, call, "growth must be above 1, it is ", o.growth);
  require(o.backoff > 0 && o.backoff < 1, call, "backoff must lie in (0, 1), it is ", o.backoff);
  require(o.growth_interval >= 1, call, "growth_interval must be at least 1, it is ", o.growth_interval);
}

Tensor GradScaler::scale(const Tensor& loss, Where where) const {
  const Changing factor = changing({"scale", where}, backend_of(loss), DType::float64, [this] { return Scalar(factor_); });
  if (!factor.place.defined()) return mul({loss, where}, factor.number);
  return mul({loss, where}, factor.place.to(loss.dtype()));
}

void GradScaler::unscale_(optim::Optimizer& optimizer, Where where) {
  require(unscaled_ != &optimizer, Call{"unscale_", where}, "the gradients were divided by the factor already; step() comes next");
  const NoGrad off;
  for (Tensor p : optimizer.parameters())
    if (const Tensor g = p.grad(); g.defined()) p.set_grad(g * (1 / factor_));
  unscaled_ = &optimizer;
}

/// Whether all gradients are: 0 times anything else is NaN, and so is its sum. One number is read.
bool GradScaler::is_finite(const optim::Optimizer& optimizer, Where where) const {
  const NoGrad off;
  Tensor zero;
  for (const Tensor& p : optimizer.parameters()) {
    if (!p.grad().defined()) continue;
    const Tensor one = sum(p.grad() * 0).to(DType::float32);
    zero = zero.defined() ? zero + one : one;
  }
  return !zero.defined() || zero.item<float>(where) == 0;
}

bool GradScaler::step(optim::Optimizer& optimizer, Where where) {
  if (unscaled_ != &optimizer) unscale_(optimizer, where);
  unscaled_ = nullptr;
  if (!is_finite(optimizer, where)) {
    factor_ *= options_.backoff, good_ = 0, ++skips_;
    return false;
  }
  optimizer.step(where);
  ++steps_;
  if (++good_ == options_.growth_interval && std::isfinite(factor_ * options_.growth)) factor_ *= options_.growth, good_ = 0;
  return true;
}

NamedTensors GradScaler::state_dict() const {
  return {{"scale", optim::real_tensor(factor_)},
          {"growth_tracker", optim::count_tensor(good_)},
          {"steps", optim::count_tensor(steps_)},
          {"skips", optim::count_tensor(skips_)}};
}

void GradScaler::load_state_dict(const NamedTensors& state, Where where) {
  optim::StateReader reader(state);
  const double factor = reader.take_real("scale");
  const std::int64_t good = reader.take_count("growth_tracker"), steps = reader.take_count("steps"), skips = reader.take_count("skips");
  reader.finish({"GradScaler", where});
  factor_ = factor, good_ = int(good % options_.growth_interval), steps_ = steps, skips_ = skips;
}

}  // namespace tinygrad
