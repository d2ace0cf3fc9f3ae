// SPDX-License-Identifier: MIT
// Curves of a classifier of two classes: how its errors depend on the threshold of the score.
#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "tinygrad/ops.h"
#include "tinygrad/train/metrics.h"

namespace tinygrad::train {
namespace {

using Values = std::vector<double>;

/// For each distinct score in descending order, how many positives and negatives have at least it.
struct Counts {
  Values thresholds, positives, negatives;
};

Counts counts_of(const char* name, const In& scores, const In& labels) {
  const Call call{name, scores.location};
  require<ShapeError>(scores->dim() == 1 && scores->shape() == labels->shape(), call,
                      "expected scores and labels of shape [N], got ", scores->shape(), " and ",
                      labels->shape());
  const Values s = scores->detach().to_vector<double>();
  const auto y = labels->to(DType::int64).to_vector<std::int64_t>();
  std::vector<std::size_t> order(s.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return s[a] > s[b]; });
  Counts c;
  double positives = 0, negatives = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::int64_t label = y[order[i]];
    require(label == 0 || label == 1, call, "expected labels 0 and 1, got ", label);
    ++(label ? positives : negatives);
    if (i + 1 < order.size() && s[order[i + 1]] == s[order[i]]) continue;
    c.thresholds.push_back(s[order[i]]);
    c.positives.push_back(positives), c.negatives.push_back(negatives);
  }
  require(positives > 0 && negatives > 0, call, "expected both labels 0 and 1, got ",
          std::int64_t(negatives), " and ", std::int64_t(positives), " of them");
  return c;
}

/// The values divided by the last, behind a 0.
Tensor share(Values values) {
  values.insert(values.begin(), 0.);
  return tensor(values) / values.back();
}

}  // namespace

RocCurve roc_curve(In scores, In labels) {
  Counts c = counts_of("roc_curve", scores, labels);
  c.thresholds.insert(c.thresholds.begin(), std::numeric_limits<double>::infinity());
  return {share(c.negatives), share(c.positives), tensor(c.thresholds)};
}

double auc(In x, In y) {
  require<ShapeError>(x->dim() == 1 && x->shape() == y->shape(), Call{"auc", x.location},
                      "expected x and y of shape [N], got ", x->shape(), " and ", y->shape());
  const Values xs = x->to_vector<double>(), ys = y->to_vector<double>();
  double area = 0;
  for (std::size_t i = 1; i < xs.size(); ++i) area += (xs[i] - xs[i - 1]) * (ys[i] + ys[i - 1]) / 2;
  return area;
}

double roc_auc(In scores, In labels) {
  const RocCurve curve = roc_curve({*scores, scores.location}, *labels);
  return auc(curve.false_positive_rate, curve.true_positive_rate);
}

PrecisionRecallCurve precision_recall_curve(In scores, In labels) {
  Counts c = counts_of("precision_recall_curve", scores, labels);
  Values precision = {1}, recall = {0};
  for (std::size_t i = 0; i < c.thresholds.size(); ++i) {
    precision.push_back(c.positives[i] / (c.positives[i] + c.negatives[i]));
    recall.push_back(c.positives[i] / c.positives.back());
  }
  for (Values* v : {&precision, &recall, &c.thresholds}) std::reverse(v->begin(), v->end());
  return {tensor(precision), tensor(recall), tensor(c.thresholds)};
}

double average_precision(In scores, In labels) {
  const PrecisionRecallCurve curve = precision_recall_curve({*scores, scores.location}, *labels);
  const Values p = curve.precision.to_vector<double>(), r = curve.recall.to_vector<double>();
  double sum = 0;
  for (std::size_t i = 0; i + 1 < p.size(); ++i) sum += (r[i] - r[i + 1]) * p[i];
  return sum;
}

}  // namespace tinygrad::train
