// SPDX-License-Identifier: MIT
// The steps of diffusion models from noise to a sample. Coefficients are computed in float64 on the
// host; a step is one linear combination of tensors.
#include "tinygrad/models/schedulers.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tinygrad/ops.h"

namespace tinygrad::models {
namespace {

/// ᾱ of the schedule squaredcos_cap_v2 after a share of all timesteps.
double squared_cosine(double share) {
  const double c = std::cos((share + 0.008) / 1.008 * std::numbers::pi / 2);
  return c * c;
}

double beta(const SchedulerOptions& o, std::int64_t i) {
  const double steps = double(o.num_train_timesteps), share = double(i) / std::max(steps - 1, 1.);
  const double a = std::sqrt(o.beta_start), b = std::sqrt(o.beta_end);
  switch (o.beta_schedule) {
    case BetaSchedule::linear: return std::lerp(o.beta_start, o.beta_end, share);
    case BetaSchedule::scaled_linear: return std::pow(std::lerp(a, b, share), 2);
    default:
      return std::min(1 - squared_cosine(double(i + 1) / steps) / squared_cosine(double(i) / steps),
                      0.999);
  }
}

std::vector<double> products(const SchedulerOptions& o, const Call& call) {
  require(o.num_train_timesteps > 0, call, "num_train_timesteps must be positive, got ",
          o.num_train_timesteps);
  require(o.beta_start > 0 && o.beta_start <= o.beta_end && o.beta_end < 1, call,
          "expected 0 < beta_start <= beta_end < 1, got ", o.beta_start, " and ", o.beta_end);
  std::vector<double> all;
  double product = 1;
  for (std::int64_t i = 0; i < o.num_train_timesteps; ++i) all.push_back(product *= 1 - beta(o, i));
  return all;
}

/// values[t], for each sample of x.
Tensor at_samples(const std::vector<double>& values, const Tensor& t, const Tensor& x) {
  const Tensor table = tensor(values, {.dtype = float32, .device = x.device()});
  Shape shape = {t.numel()};
  while (shape.rank() < x.dim()) shape.push_back(1);
  return table.index_select(0, t.reshape({t.numel()})).reshape(shape).to(x.dtype());
}

Tensor given_or_randn(const Tensor& noise, const Tensor& like) {
  return noise.defined() ? noise : randn_like(like);
}

}  // namespace

// -------------------------------------------------------------- what all schedulers share

Scheduler::Scheduler(const SchedulerOptions& o, const char* name, SourceLocation location)
    : options(o), alphas_cumprod(products(o, {name, location})), steps_(o.num_train_timesteps) {
  for (std::int64_t t = steps_; t-- > 0;) timesteps_.push_back(double(t));
}

void Scheduler::set_timesteps(std::int64_t n, SourceLocation location) {
  const std::int64_t all = options.num_train_timesteps;
  require(n >= 1 && n <= all, Call{"set_timesteps", location}, "expected 1 to ", all,
          " timesteps, got ", n);
  steps_ = n;
  timesteps_.clear();
  const auto timestep = [&](std::int64_t i) {  // std::nearbyint rounds halves to even, as NumPy
    switch (options.timestep_spacing) {
      case TimestepSpacing::leading: return double((n - 1 - i) * stride() + options.steps_offset);
      case TimestepSpacing::linspace:
        return n == 1 ? 0. : double(all - 1) * double(n - 1 - i) / double(n - 1);
      default: return std::nearbyint(double(all) - double(i) * double(all) / double(n)) - 1;
    }
  };
  for (std::int64_t i = 0; i < n; ++i)
    timesteps_.push_back(has_fractions() ? timestep(i) : std::nearbyint(timestep(i)));
}

std::int64_t Scheduler::stride() const { return options.num_train_timesteps / steps_; }

double Scheduler::alpha_bar(std::int64_t t) const {
  return t >= 0 ? alphas_cumprod[std::size_t(std::min(t, options.num_train_timesteps - 1))]
         : options.set_alpha_to_one ? 1
                                    : alphas_cumprod[0];
}

std::size_t Scheduler::index_of(double t, const Call& call) const {
  const auto found = std::ranges::find(timesteps_, t);
  require(found != timesteps_.end(), call, "t = ", t,
          " is not among the timesteps(); set_timesteps() chooses them");
  return std::size_t(found - timesteps_.begin());
}

Scheduler::Estimate Scheduler::estimate(const Tensor& model_output, const Tensor& x,
                                        double alpha) const {
  const Tensor& m = model_output;
  const double a = std::sqrt(alpha), b = std::sqrt(1 - alpha);
  Estimate e;
  switch (options.prediction_type) {
    case PredictionType::epsilon: e = {(x - m * b) / a, m}; break;
    case PredictionType::v_prediction: e = {x * a - m * b, m * a + x * b}; break;
    default: e = {m, (x - m * a) / b};
  }
  const double limit = options.clip_sample_range;
  if (options.clip_sample) e.x0 = clamp(e.x0, -limit, limit);
  if (options.use_clipped_model_output) e.epsilon = (x - e.x0 * a) / b;
  return e;
}

Tensor Scheduler::scale_model_input(In sample, double) const { return *sample; }

Tensor Scheduler::add_noise(In x, In noise, In t) const {
  const Tensor a = at_samples(alphas_cumprod, *t, *x);
  return *x * sqrt(a) + *noise * sqrt(1 - a);
}

Tensor Scheduler::target(In x, In noise, In t) const {
  if (options.prediction_type == PredictionType::epsilon) return *noise;
  if (options.prediction_type == PredictionType::sample) return *x;
  const Tensor a = at_samples(alphas_cumprod, *t, *x);
  return *noise * sqrt(a) - *x * sqrt(1 - a);
}

// -------------------------------------------------------------- DDPM

DDPMScheduler::DDPMScheduler(const SchedulerOptions& o, SourceLocation location)
    : Scheduler(o, "DDPMScheduler", location) {}

Tensor DDPMScheduler::step(In model_output, double t, In sample, In noise) {
  const std::size_t next = index_of(t, {"DDPMScheduler", sample.location}) + 1;
  const double now = alpha_bar(std::int64_t(t)),
               before = next < timesteps_.size() ? alpha_bar(std::int64_t(timesteps_[next])) : 1,
               beta = 1 - now / before, small = (1 - before) / (1 - now) * beta;
  const Tensor x0 = estimate(*model_output, *sample, now).x0;
  const Tensor mean = x0 * (std::sqrt(before) * beta / (1 - now)) +
                      *sample * (std::sqrt(now / before) * (1 - before) / (1 - now));
  if (t == 0) return mean;
  return mean + given_or_randn(*noise, mean) * std::sqrt(options.fixed_large ? beta : small);
}

// -------------------------------------------------------------- DDIM

DDIMScheduler::DDIMScheduler(const SchedulerOptions& o, SourceLocation location)
    : Scheduler(o, "DDIMScheduler", location) {}

Tensor DDIMScheduler::step(In model_output, double t, In sample, In noise) {
  index_of(t, {"DDIMScheduler", sample.location});
  const double now = alpha_bar(std::int64_t(t)), before = alpha_bar(std::int64_t(t) - stride()),
               variance = (1 - before) / (1 - now) * (1 - now / before),
               deviation = options.eta * std::sqrt(variance);
  const Estimate e = estimate(*model_output, *sample, now);
  const Tensor y = e.x0 * std::sqrt(before) +
                   e.epsilon * std::sqrt(std::max(0., 1 - before - deviation * deviation));
  return options.eta == 0 ? y : y + given_or_randn(*noise, y) * deviation;
}

// -------------------------------------------------------------- PNDM

PNDMScheduler::PNDMScheduler(const SchedulerOptions& o, SourceLocation location)
    : Scheduler(o, "PNDMScheduler", location) {
  require(o.prediction_type != PredictionType::sample, Call{"PNDMScheduler", location},
          "the prediction type `sample` is not defined; DDIMScheduler has it");
  set_timesteps(o.num_train_timesteps, location);
}

void PNDMScheduler::set_timesteps(std::int64_t n, SourceLocation location) {
  Scheduler::set_timesteps(n, location);
  if (n > 1) timesteps_.insert(timesteps_.begin() + 1, timesteps_[1]);
  outputs_.clear(), first_ = {}, count_ = 0;
}

/// The noise of this step from those of the last ones (Liu et al. 2022, equation 12; the first
/// steps have lower orders).
static Tensor multistep(const std::vector<Tensor>& e) {
  const auto at = [&](std::size_t back) { return e[e.size() - back]; };
  switch (e.size()) {
    case 1: return at(1);
    case 2: return (at(1) * 3 - at(2)) / 2;
    case 3: return (at(1) * 23 - at(2) * 16 + at(3) * 5) / 12;
    default: return (at(1) * 55 - at(2) * 59 + at(3) * 37 - at(4) * 9) / 24;
  }
}

Tensor PNDMScheduler::step(In model_output, double t, In sample, In) {
  const Call call{"PNDMScheduler", sample.location};
  require(count_ < timesteps_.size() && timesteps_[count_] == t, call, "step ", count_,
          " is not that of t = ", t, "; call it for the timesteps() in their order");
  Tensor x = *sample, e;
  std::int64_t from = std::int64_t(t), to = from - stride();
  if (count_ == 1) {  // the first step once more, with the mean of the noise at both its ends
    to = from, from += stride();
    e = (*model_output + outputs_.back()) / 2, x = first_;
  } else {
    if (outputs_.size() == 4) outputs_.erase(outputs_.begin());
    outputs_.push_back(*model_output);
    e = multistep(outputs_);
  }
  if (count_++ == 0) first_ = x;
  const double now = alpha_bar(from), before = alpha_bar(to);
  if (options.prediction_type == PredictionType::v_prediction)
    e = e * std::sqrt(now) + x * std::sqrt(1 - now);
  const double divisor = now * std::sqrt(1 - before) + std::sqrt(now * (1 - now) * before);
  return x * std::sqrt(before / now) - e * ((before - now) / divisor);  // equation 11
}

// -------------------------------------------------------------- Euler

EulerDiscreteScheduler::EulerDiscreteScheduler(const SchedulerOptions& o, SourceLocation location)
    : Scheduler(o, "EulerDiscreteScheduler", location) {}

double EulerDiscreteScheduler::sigma(double t) const {
  const auto at = [&](double whole) {
    const double alpha = alpha_bar(std::int64_t(whole));
    return std::sqrt((1 - alpha) / alpha);
  };
  return std::lerp(at(std::floor(t)), at(std::ceil(t)), t - std::floor(t));
}

double EulerDiscreteScheduler::init_noise_sigma() const {
  const double largest = sigma(timesteps_[0]);
  return options.timestep_spacing == TimestepSpacing::leading ? std::hypot(largest, 1) : largest;
}

Tensor EulerDiscreteScheduler::scale_model_input(In sample, double t) const {
  return *sample / std::hypot(sigma(t), 1);
}

Tensor EulerDiscreteScheduler::step(In model_output, double t, In sample, In) {
  const std::size_t next = index_of(t, {"EulerDiscreteScheduler", sample.location}) + 1;
  const double now = sigma(t), after = next < timesteps_.size() ? sigma(timesteps_[next]) : 0;
  const Tensor &m = *model_output, &x = *sample;
  const double squares = now * now + 1;
  switch (options.prediction_type) {  // x + (x - x0) / now (after - now)
    case PredictionType::epsilon: return x + m * (after - now);
    case PredictionType::sample: return x + (x - m) * ((after - now) / now);
    default: return x + (x * (now / squares) + m / std::sqrt(squares)) * (after - now);
  }
}

Tensor EulerDiscreteScheduler::add_noise(In x, In noise, In t) const {
  std::vector<double> sigmas;
  for (std::size_t i = 0; i < alphas_cumprod.size(); ++i) sigmas.push_back(sigma(double(i)));
  return *x + *noise * at_samples(sigmas, *t, *x);
}

// -------------------------------------------------------------- by name

namespace {

template <class S>
std::unique_ptr<Scheduler> make(const SchedulerOptions& options, SourceLocation location) {
  return std::make_unique<S>(options, location);
}
struct Kind {
  const char* name;
  std::unique_ptr<Scheduler> (*make)(const SchedulerOptions&, SourceLocation);
};
constexpr Kind kinds[] = {{"DDPMScheduler", make<DDPMScheduler>},
                          {"DDIMScheduler", make<DDIMScheduler>},
                          {"PNDMScheduler", make<PNDMScheduler>},
                          {"EulerDiscreteScheduler", make<EulerDiscreteScheduler>}};

}  // namespace

std::unique_ptr<Scheduler> make_scheduler(const std::string& name, const SchedulerOptions& options,
                                          SourceLocation location) {
  for (const Kind& kind : kinds)
    if (name == kind.name) return kind.make(options, location);
  fail<ArgumentError>({"make_scheduler", location}, "the scheduler ", in_quotes(name),
                      " is not known; DDPMScheduler, DDIMScheduler, PNDMScheduler and "
                      "EulerDiscreteScheduler are");
}

}  // namespace tinygrad::models
