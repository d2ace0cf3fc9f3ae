// SPDX-License-Identifier: MIT
// Metrics: how good predictions are. Those that are sums over samples are classes, which add up
// batches; curves need all samples at once and are functions. Values are scikit-learn's.
//
//   train::ConfusionMatrix confusion(10);
//   for (auto [x, y] : loader) confusion.update(net(x), y);
//   std::cout << confusion.f1(train::Average::macro);
#pragma once
#include <cstdint>

#include "tinygrad/tensor.h"

namespace tinygrad::train {

/// Sums over the samples of all batches since reset(). Nothing that update() computes is recorded.
class TINYGRAD_API Metric {
 public:
  virtual ~Metric() = default;
  /// The value over all samples so far; NaN if there are none. Waits for the device.
  virtual double value() const = 0;
  void reset() { state_ = {}; }
  /// The sums, which a checkpoint holds; undefined before the first batch.
  const Tensor& state() const { return state_; }
  /// Restores state(), of the shape that this metric has, else throws ShapeError.
  void load_state(const Tensor& state, SourceLocation location = SourceLocation::current());

 protected:
  Metric(DType dtype, const Shape& shape) : dtype_(dtype), shape_(shape) {}
  /// Adds sums of one batch. They stay on its device.
  void add(const Tensor& sums);

 private:
  DType dtype_;
  Shape shape_;
  Tensor state_;
};

// ------------------------------------------------------------ classes

/// The share of the samples whose label is among the k highest scores; of equal scores the one
/// with the lower label counts as higher.
class TINYGRAD_API Accuracy : public Metric {
 public:
  /// Throws ArgumentError unless k is at least 1.
  explicit Accuracy(std::int64_t k = 1, SourceLocation location = SourceLocation::current());
  /// scores [N, C], of which only the order counts; labels int64 [N]. Throws ShapeError for other
  /// shapes. Does not wait for the device.
  void update(In scores, In labels);
  double value() const override;

 private:
  std::int64_t k_;
};

/// The way from the values of the classes to one: macro, their mean; weighted, their mean with the
/// numbers of samples as weights; micro, the value of the counts of all classes together.
enum class Average { macro, weighted, micro };

/// The number of samples of each class that were taken for each class. With p = predicted, true
/// positives counts(c, c): precision = tp / Σ counts(:, c), recall = tp / Σ counts(c, :), F1 =
/// 2 tp / (Σ counts(:, c) + Σ counts(c, :)), each 0 where it is 0 / 0.
class TINYGRAD_API ConfusionMatrix : public Metric {
 public:
  /// Throws ArgumentError unless there is at least one class.
  explicit ConfusionMatrix(std::int64_t classes,
                           SourceLocation location = SourceLocation::current());
  /// predicted: labels int64 [N], or floating scores [N, C], of which the highest counts. labels:
  /// int64 [N]. Throws ShapeError for other shapes, IndexError for labels outside 0 ... C - 1.
  void update(In predicted, In labels);
  /// int64 [C, C]: rows are the labels, columns the predictions.
  Tensor counts() const;
  /// The share of the samples that were predicted right.
  double value() const override;
  Tensor precision() const;  ///< of each class, float64 [C]
  Tensor recall() const;     ///< of each class, float64 [C]
  Tensor f1() const;         ///< of each class, float64 [C]
  double precision(Average average) const;
  double recall(Average average) const;
  double f1(Average average) const;

 private:
  Tensor ratio(double predicted, double labelled) const;
  double average(double predicted, double labelled, Average average) const;
  std::int64_t classes_;
};

/// The expected calibration error (Guo et al. 2017, "On calibration of modern neural networks"):
/// samples are put into bins of equal width by their confidence, the highest probability; Σ over
/// the bins n_b / N |accuracy_b - mean confidence_b|. Bins are (i / bins, (i + 1) / bins].
class TINYGRAD_API CalibrationError : public Metric {
 public:
  /// Throws ArgumentError unless bins is at least 1.
  explicit CalibrationError(std::int64_t bins = 15,
                            SourceLocation location = SourceLocation::current());
  /// probabilities [N, C] in 0 ... 1; labels int64 [N]. Waits for the device. Throws ArgumentError
  /// if the highest probabilities are not in that range.
  void update(In probabilities, In labels);
  double value() const override;

 private:
  std::int64_t bins_;
};

/// exp(mean over the samples of -log softmax(scores)[label]): how many equally likely labels would
/// be as hard to guess.
class TINYGRAD_API Perplexity : public Metric {
 public:
  Perplexity() : Metric(DType::float64, {2}) {}
  /// Logits and labels in the shapes of cross_entropy. Waits for the device.
  void update(In scores, In labels);
  double value() const override;
};

// ------------------------------------------------------------ regression

/// Errors e = x - target over all elements.
class TINYGRAD_API RegressionError : public Metric {
 public:
  RegressionError() : Metric(DType::float64, {5}) {}
  /// x and target of the same shape. Waits for the device.
  void update(In x, In target);
  double mean_squared_error() const;   ///< Σ e² / n
  double mean_absolute_error() const;  ///< Σ |e| / n
  /// R² = 1 - Σ e² / Σ (target - mean)². If all targets are equal: 1 without an error, else 0. NaN
  /// for fewer than two elements.
  double r2() const;
  /// mean_squared_error().
  double value() const override { return mean_squared_error(); }
};

// ------------------------------------------------------------ curves of two classes

/// x and y of a curve, one value for each threshold on the score: float64 on the CPU.
struct RocCurve {
  Tensor false_positive_rate, true_positive_rate;  ///< [n + 1], from (0, 0) to (1, 1)
  Tensor thresholds;  ///< [n + 1], descending: infinity, then each distinct score
};
/// The share of the negatives and that of the positives with a score of at least each threshold.
/// scores [N]; labels [N], bool or integers, 1 for positives and 0 for negatives. Throws ShapeError
/// for other shapes, ArgumentError unless both labels occur and no other.
TINYGRAD_API RocCurve roc_curve(In scores, In labels);
/// The area under roc_curve: the probability that a positive has a higher score than a negative,
/// where equal scores count half.
TINYGRAD_API double roc_auc(In scores, In labels);
/// The area under a piecewise linear curve, by trapezoids. x [N] ascends; y [N].
TINYGRAD_API double auc(In x, In y);

struct PrecisionRecallCurve {
  Tensor precision, recall;  ///< [n + 1]; the last are 1 and 0
  Tensor thresholds;         ///< [n]: the distinct scores, ascending
};
/// Precision and recall if the samples with a score of at least each threshold count as positives.
/// Takes and throws what roc_curve does.
TINYGRAD_API PrecisionRecallCurve precision_recall_curve(In scores, In labels);
/// Σ (recall_i - recall_{i-1}) precision_i over the thresholds in descending order.
TINYGRAD_API double average_precision(In scores, In labels);

}  // namespace tinygrad::train
