// SPDX-License-Identifier: MIT
// Metrics that are sums over samples.
#include "tinygrad/train/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tinygrad/autograd.h"
#include "tinygrad/ops.h"

namespace tinygrad::train {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void check_scores(const char* name, const In& scores, const In& labels) {
  require<ShapeError>(
      scores->dim() == 2 && labels->dim() == 1 && scores->size(0) == labels->size(0),
      Call{name, scores.location}, "expected scores of shape [N, C] and labels of shape [N], got ",
      scores->shape(), " and ", labels->shape());
}

/// In float64 on the CPU: not every device has it.
Tensor on_host(const Tensor& x) { return x.detach().to("cpu").to(DType::float64); }

Tensor row(std::initializer_list<double> values) { return tensor(std::vector<double>(values)); }

}  // namespace

void Metric::add(const Tensor& sums) {
  state_ = state_.defined() ? state_.to(sums.device()) + sums : sums;
}

void Metric::load_state(const Tensor& state, SourceLocation location) {
  if (!state.defined()) return reset();
  require<ShapeError>(state.shape() == shape_, Call{"load_state", location},
                      "expected sums of shape ", shape_, ", got ", state.shape());
  state_ = state.to(dtype_).clone();
}

// ------------------------------------------------------------ classes

Accuracy::Accuracy(std::int64_t k, SourceLocation location) : Metric(DType::int64, {2}), k_(k) {
  require(k >= 1, Call{"Accuracy", location}, "k must be at least 1, got ", k);
}

void Accuracy::update(In scores, In labels) {
  check_scores("Accuracy", scores, labels);
  const NoGrad off;
  const std::int64_t k = std::min(k_, scores->size(1));
  const Tensor hit = k == 1 ? scores->argmax(1) == *labels
                            : (topk(*scores, k, 1).indices == unsqueeze(*labels, 1)).any(1);
  add(stack({hit.sum(), full({}, hit.numel(), {.dtype = DType::int64, .device = hit.device()})}));
}

double Accuracy::value() const {
  if (!state().defined()) return nan;
  const auto counts = state().to_vector<std::int64_t>();
  return double(counts[0]) / double(counts[1]);
}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, SourceLocation location)
    : Metric(DType::int64, {classes, classes}), classes_(classes) {
  require(classes >= 1, Call{"ConfusionMatrix", location}, "expected at least one class, got ",
          classes);
}

void ConfusionMatrix::update(In predicted, In labels) {
  const NoGrad off;
  const Call call{"ConfusionMatrix", predicted.location};
  const bool has_scores = is_floating(predicted->dtype());
  if (has_scores) check_scores("ConfusionMatrix", predicted, labels);
  const Tensor read = (has_scores ? predicted->argmax(1) : *predicted).to(DType::int64);
  require<ShapeError>(read.dim() == 1 && read.shape() == labels->shape(), call,
                      "expected predicted and labels of shape [N], got ", read.shape(), " and ",
                      labels->shape());
  if (read.numel() == 0) return;
  for (const Tensor& t : {read, *labels}) {
    const std::int64_t low = t.min().item<std::int64_t>(), high = t.max().item<std::int64_t>();
    require<IndexError>(low >= 0 && high < classes_, call, "expected labels in 0 ... ",
                        classes_ - 1, ", got ", low < 0 ? low : high);
  }
  add(reshape(bincount(*labels * classes_ + read, {}, classes_ * classes_), {classes_, classes_}));
}

Tensor ConfusionMatrix::counts() const {
  return state().defined() ? state() : zeros({classes_, classes_}, {.dtype = DType::int64});
}

double ConfusionMatrix::value() const {
  const Tensor n = on_host(counts());
  return n.diagonal().sum().item<double>() / n.sum().item<double>();
}

/// tp / (predicted Σ counts(:, c) + labelled Σ counts(c, :)).
Tensor ConfusionMatrix::ratio(double predicted, double labelled) const {
  const Tensor n = on_host(counts()), all = n.sum(0) * predicted + n.sum(1) * labelled;
  return where(all > 0, n.diagonal() / maximum(all, 1e-300), 0.);
}

double ConfusionMatrix::average(double predicted, double labelled, Average average) const {
  if (average == Average::micro) return value();  // each sample has one label and one prediction
  const Tensor of_class = ratio(predicted, labelled);
  if (average == Average::macro) return of_class.mean().item<double>();
  const Tensor weight = on_host(counts()).sum(1);
  return ((of_class * weight).sum() / weight.sum()).item<double>();
}

Tensor ConfusionMatrix::precision() const { return ratio(1, 0); }
Tensor ConfusionMatrix::recall() const { return ratio(0, 1); }
Tensor ConfusionMatrix::f1() const { return ratio(0.5, 0.5); }
double ConfusionMatrix::precision(Average a) const { return average(1, 0, a); }
double ConfusionMatrix::recall(Average a) const { return average(0, 1, a); }
double ConfusionMatrix::f1(Average a) const { return average(0.5, 0.5, a); }

CalibrationError::CalibrationError(std::int64_t bins, SourceLocation location)
    : Metric(DType::float64, {3, bins}), bins_(bins) {
  require(bins >= 1, Call{"CalibrationError", location}, "bins must be at least 1, got ", bins);
}

void CalibrationError::update(In probabilities, In labels) {
  check_scores("CalibrationError", probabilities, labels);
  const NoGrad off;
  const auto best = max(on_host(*probabilities), 1);
  require(best.values.numel() == 0 || (amin(best.values).item<double>() >= 0 &&
                                       amax(best.values).item<double>() <= 1 + 1e-6),
          "CalibrationError", "expected probabilities in 0 ... 1; softmax(scores, 1) makes them");
  const Tensor right = best.indices == labels->to("cpu");
  const Tensor bin =
      clamp(ceil(best.values * double(bins_)) - 1, 0., double(bins_ - 1)).to(DType::int64);
  add(stack({bincount(bin, {}, bins_).to(DType::float64), bincount(bin, best.values, bins_),
             bincount(bin, right.to(DType::float64), bins_)}));
}

double CalibrationError::value() const {
  if (!state().defined()) return nan;
  const Tensor n = state()[0], confidence = state()[1], right = state()[2];
  return (abs(right - confidence).sum() / n.sum()).item<double>();
}

void Perplexity::update(In scores, In labels) {
  const NoGrad off;
  const double sum = cross_entropy(*scores, *labels, Reduction::sum).to("cpu").item<double>();
  add(row({sum, double(labels->numel())}));
}

double Perplexity::value() const {
  return state().defined() ? std::exp((state()[0] / state()[1]).item<double>()) : nan;
}

// ------------------------------------------------------------ regression

/// The state is n, Σ e², Σ |e|, the mean of the targets and Σ (target - mean)², which two batches
/// join without cancellation (Chan, Golub and LeVeque 1979).
void RegressionError::update(In x, In target) {
  require<ShapeError>(x->shape() == target->shape(), Call{"RegressionError", x.location},
                      "expected x and target of the same shape, got ", x->shape(), " and ",
                      target->shape());
  if (x->numel() == 0) return;
  const NoGrad off;
  const Tensor t = on_host(*target), e = on_host(*x) - t;
  const auto before = state().defined() ? state().to_vector<double>() : std::vector<double>(5);
  const double n = double(t.numel()), all = before[0] + n, mean = t.mean().item<double>(),
               step = mean - before[3];
  add(row({n, square(e).sum().item<double>(), abs(e).sum().item<double>(), step * n / all,
           square(t - mean).sum().item<double>() + step * step * before[0] * n / all}));
}

double RegressionError::mean_squared_error() const {
  return state().defined() ? (state()[1] / state()[0]).item<double>() : nan;
}
double RegressionError::mean_absolute_error() const {
  return state().defined() ? (state()[2] / state()[0]).item<double>() : nan;
}
double RegressionError::r2() const {
  if (!state().defined()) return nan;
  const auto s = state().to_vector<double>();
  if (s[0] < 2) return nan;
  if (s[4] == 0) return s[1] == 0 ? 1 : 0;
  return 1 - s[1] / s[4];
}

}  // namespace tinygrad::train
