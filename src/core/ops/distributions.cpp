// SPDX-License-Identifier: MIT
// Random draws that are made of uniform and normal ones.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/check.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {

Tensor bernoulli(In p) {
  const Call call{"bernoulli", p.location};
  check_floating(call, *p);
  const TensorOptions options{.dtype = promote(call, p->dtype(), DType::float32),
                              .device = p->device()};
  return to(rand(p->shape(), options, p.location) < p->detach(), p->dtype());
}
Tensor bernoulli(In x, double p) {
  require(p >= 0 && p <= 1, Call{"bernoulli", x.location},
          "the probability p must be in [0, 1], got ", p);
  const Tensor u = rand(x->shape(), {.device = x->device()}, x.location);
  return to(u < p, x->dtype());
}

static void check_positive(const Call& call, const char* what, double value) {
  require(value > 0, call, what, " must be positive, got ", value);
}

Tensor normal(In mean, In std) {
  const Call call{"normal", mean.location};
  check_floating(call, *mean), check_floating(call, *std);
  const Tensor m = mean->detach(), s = std->detach();
  const Shape shape = broadcast_shapes(call, m.shape(), s.shape());
  const TensorOptions options{.dtype = promote(call, m.dtype(), s.dtype()), .device = m.device()};
  return m + s * randn(shape, options, mean.location);
}
Tensor normal(In mean, double std) {
  require(std >= 0, Call{"normal", mean.location},
          "the standard deviation must not be negative, got ", std);
  check_floating({"normal", mean.location}, *mean);
  return mean->detach() + std * randn_like(*mean, mean.location);
}
Tensor normal(double mean, In std) {
  check_floating({"normal", std.location}, *std);
  return mean + std->detach() * randn_like(*std, std.location);
}

/// f of the values of rand() or randn(), which are float32 for 16-bit dtypes.
template <class F>
static Tensor drawn(decltype(rand) source, const Shape& shape, const TensorOptions& options,
                    SourceLocation location, const F& f) {
  const DType dtype = options.dtype.value_or(DType::float32);
  Tensor y = to(
      f(source(shape, {.dtype = is_half(dtype) ? DType::float32 : dtype, .device = options.device},
               location)),
      dtype);
  return options.requires_grad ? y.requires_grad_() : y;
}

Tensor exponential(double rate, const Shape& shape, const TensorOptions& options,
                   SourceLocation location) {
  check_positive({"exponential", location}, "the rate", rate);
  return drawn(rand, shape, options, location, [=](In u) { return log1p(-*u) / -rate; });
}
/// The inverse of the distribution function 1 - (1 - p)^k.
Tensor geometric(double p, const Shape& shape, const TensorOptions& options,
                 SourceLocation location) {
  require(p > 0 && p < 1, Call{"geometric", location}, "the probability p must be in (0, 1), got ",
          p);
  return drawn(rand, shape, options, location,
               [=](In u) { return floor(log1p(-*u) / std::log1p(-p)) + 1; });
}
/// median + sigma tan(pi (u - 1/2)).
Tensor cauchy(double median, double sigma, const Shape& shape, const TensorOptions& options,
              SourceLocation location) {
  check_positive({"cauchy", location}, "sigma", sigma);
  return drawn(rand, shape, options, location, [=](In u) {
    const Tensor angle = (*u - 0.5) * M_PI;
    return sin(angle) / cos(angle) * sigma + median;
  });
}
Tensor log_normal(double mean, double std, const Shape& shape, const TensorOptions& options,
                  SourceLocation location) {
  check_positive({"log_normal", location}, "the standard deviation", std);
  return drawn(randn, shape, options, location, [=](In z) { return exp(*z * std + mean); });
}

namespace {

/// The uniform values of one call of the generator.
struct Uniform {
  std::uint64_t seed, call;
  double operator()(std::int64_t i) const { return philox_uniform64(seed, call, std::uint64_t(i)); }
};

/// Draws by the inverse of the cumulative sum of the weights.
void draw_with_replacement(std::span<const double> weights, std::int64_t row, const Uniform& u,
                           std::span<std::int64_t> out) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  for (std::size_t k = 0; k < out.size(); ++k) {
    const double at = u(row * std::int64_t(out.size()) + std::int64_t(k)) * sums.back();
    out[k] = std::upper_bound(sums.begin(), sums.end(), at) - sums.begin();
  }
}
/// Exponential arrival times with the weights as rates: the first to arrive are drawn (Efraimidis
/// and Spirakis, "Weighted random sampling with a reservoir", 2006).
void draw_without_replacement(std::span<const double> weights, std::int64_t row, const Uniform& u,
                              std::span<std::int64_t> out) {
  const auto n = std::int64_t(weights.size());
  std::vector<std::pair<double, std::int64_t>> arrivals;
  for (std::int64_t i = 0; i < n; ++i) {
    const double rate = weights[std::size_t(i)];
    arrivals.emplace_back(rate > 0 ? -std::log1p(-u(row * n + i)) / rate : INFINITY, i);
  }
  std::partial_sort(arrivals.begin(), arrivals.begin() + std::int64_t(out.size()), arrivals.end());
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = arrivals[k].second;
}

void check_weights(const Call& call, std::span<const double> weights, std::int64_t needed) {
  std::int64_t positive = 0;
  for (const double w : weights) {
    require(w >= 0 && std::isfinite(w), call, "weights must be finite and not negative, got ", w);
    positive += w > 0;
  }
  require(positive >= needed, call, "needs ", needed, " positive weights in each row, found ",
          positive);
}

}  // namespace

Tensor multinomial(In weights, std::int64_t samples, bool replacement) {
  const Call call{"multinomial", weights.location};
  check_floating(call, *weights);
  require<ShapeError>(weights->dim() == 1 || weights->dim() == 2, call,
                      "expected weights [C] or [N, C], got shape ", weights->shape());
  require(samples > 0, call, "the number of samples must be positive, got ", samples);
  const std::vector<double> values = weights->to_vector<double>();
  Shape shape = weights->shape();
  const std::int64_t classes = shape[-1], rows = weights->dim() == 2 ? shape[0] : 1;
  shape[-1] = samples;
  std::vector<std::int64_t> drawn(std::size_t(rows * samples));
  Generator& g = generator();
  const Uniform u{g.seed, g.call++};
  for (std::int64_t row = 0; row < rows; ++row) {
    const std::span of(values.data() + row * classes, std::size_t(classes));
    const std::span to(drawn.data() + row * samples, std::size_t(samples));
    check_weights(call, of, replacement ? 1 : samples);
    (replacement ? draw_with_replacement : draw_without_replacement)(of, row, u, to);
  }
  return from_vector(drawn, shape, weights->device(), weights.location);
}

}  // namespace tinygrad
