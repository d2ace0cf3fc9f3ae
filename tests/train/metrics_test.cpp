// SPDX-License-Identifier: MIT
// Compares the metrics with scikit-learn's values (tests/golden/make_metrics.py), in one batch and
// in several.
#include "tinygrad/train/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "support/message_of.h"
#include "support/tested_device.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad::train {
namespace {

using Values = std::vector<double>;
constexpr std::int64_t n = 40, c = 6;

const Values& golden(const std::string& name) {
  static const auto all = [] {
    std::map<std::string, Values> read;
    std::ifstream in(TINYGRAD_SOURCE_DIR "/tests/golden/metrics.txt");
    for (std::string line, word; std::getline(in, line);) {
      std::istringstream words(line);
      words >> word;
      Values& values = read[word];
      while (words >> word) values.push_back(std::stod(word));
    }
    return read;
  }();
  return all.at(name);
}

Tensor of(std::int64_t size, auto f) {
  Values values;
  for (std::int64_t i = 0; i < size; ++i) values.push_back(double(f(i)));
  return tensor(values);
}
Tensor scores() {
  return reshape(of(n * c,
                    [](std::int64_t at) {
                      const std::int64_t i = at / c, k = at % c;
                      return double((i * 37 + k * 61 + i * k * 13) % 101) / 101 *
                             (k == c - 1 ? 0.1 : 1);
                    }),
                 {n, c});
}
Tensor labels() {
  return of(n, [](std::int64_t i) { return (i * i + 3 * (i % 4)) % 5; }).to(int64);
}
Tensor binary_scores() {
  return of(n, [](std::int64_t i) { return double(i * 29 % 17) / 17; });
}
Tensor binary_labels() {
  return of(n, [](std::int64_t i) { return i * 7 % 5 < 2; }).to(int64);
}
Tensor predictions() {
  return of(n, [](std::int64_t i) { return double(i * 31 % 23) / 7 - 1; });
}
Tensor targets() {
  return of(n, [](std::int64_t i) { return double(i * 19 % 29) / 9 - 1; });
}

/// Calls update() with all samples at once, and with batches of 7.
void in_batches(Metric& metric, auto update, auto check) {
  update(0, n);
  check();
  metric.reset();
  EXPECT_TRUE(std::isnan(metric.value()));
  for (std::int64_t i = 0; i < n; i += 7) update(i, std::min(i + 7, n));
  check();
}

void near(double value, const std::string& name, double tolerance = 1e-12) {
  EXPECT_NEAR(value, golden(name).at(0), tolerance) << name;
}
void near(const Tensor& value, const std::string& name) {
  const auto values = value.to(float64).to_vector<double>();
  ASSERT_EQ(values.size(), golden(name).size()) << name;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != golden(name)[i]) {  // infinity
      EXPECT_NEAR(values[i], golden(name)[i], 1e-12) << name;
    }
}

TEST(Metrics, AccuracyOfTheHighestScores) {
  for (std::int64_t k : {1, 2, 3}) {
    Accuracy accuracy(k);
    const std::string name = k == 1 ? "accuracy" : "top_" + std::to_string(k) + "_accuracy";
    in_batches(
        accuracy,
        [&](auto from, auto to) {
          accuracy.update(scores().slice(0, from, to), labels().slice(0, from, to));
        },
        [&] { near(accuracy.value(), name); });
  }
}

TEST(Metrics, ConfusionMatrixWithPrecisionRecallAndF1) {
  ConfusionMatrix confusion(c);
  const auto check = [&] {
    near(reshape(confusion.counts(), {-1}), "confusion_matrix");
    near(confusion.value(), "accuracy");
    near(confusion.precision(), "precision");
    near(confusion.recall(), "recall");
    near(confusion.f1(), "f1");
    const std::pair<Average, std::string> averages[] = {
        {Average::macro, "_macro"}, {Average::weighted, "_weighted"}, {Average::micro, "_micro"}};
    for (auto& [average, name] : averages) {
      near(confusion.precision(average), "precision" + name);
      near(confusion.recall(average), "recall" + name);
      near(confusion.f1(average), "f1" + name);
    }
  };
  in_batches(
      confusion,
      [&](auto from, auto to) {
        confusion.update(scores().slice(0, from, to), labels().slice(0, from, to));
      },
      check);
  confusion.reset();
  confusion.update(scores().argmax(1), labels());
  check();
}

TEST(Metrics, CalibrationErrorAndPerplexity) {
  for (std::int64_t bins : {15, 4}) {
    CalibrationError error(bins);
    const Tensor p = softmax(scores() * 4, 1);
    in_batches(
        error,
        [&](auto from, auto to) {
          error.update(p.slice(0, from, to), labels().slice(0, from, to));
        },
        [&] { near(error.value(), "calibration_error_" + std::to_string(bins)); });
  }
  Perplexity perplexity;
  in_batches(
      perplexity,
      [&](auto from, auto to) {
        perplexity.update(scores().slice(0, from, to), labels().slice(0, from, to));
      },
      [&] { near(perplexity.value(), "perplexity"); });
}

TEST(Metrics, CalibrationErrorByHand) {  // bins (0, 0.5] and (0.5, 1]
  CalibrationError error(2);
  error.update(tensor({{0.5, 0.5}, {0.75, 0.25}, {0., 1.}}), tensor({1, 0, 1}));
  EXPECT_DOUBLE_EQ(error.value(), (0.5 + std::abs(2 - 1.75)) / 3);  // the first is wrong
}

TEST(Metrics, CalibrationErrorRefusesScores) {
  CalibrationError error;
  EXPECT_THROW(error.update(tensor({{3., -1.}}), tensor({0})), ArgumentError);
  EXPECT_THROW(error.update(tensor({{-3., -1.}}), tensor({0})), ArgumentError);
}

TEST(Metrics, RegressionErrors) {
  RegressionError error;
  for (double offset : {0., 1e8}) {  // R² does not suffer from a large mean
    error.reset();
    in_batches(
        error,
        [&](auto from, auto to) {
          error.update(predictions().slice(0, from, to) + offset,
                       targets().slice(0, from, to) + offset);
        },
        [&] {
          const double tolerance = offset == 0 ? 1e-12 : 1e-6;  // 1e8 has an ulp of 1.5e-8
          near(error.mean_squared_error(), "mean_squared_error", tolerance);
          near(error.mean_absolute_error(), "mean_absolute_error", tolerance);
          near(error.r2(), "r2", tolerance);
        });
  }
  RegressionError none;
  none.update(tensor({1.}), tensor({2.}));
  EXPECT_TRUE(std::isnan(none.r2()));
  none.update(tensor({1.}), tensor({2.}));
  EXPECT_EQ(none.r2(), 0);  // equal targets
  RegressionError perfect;
  perfect.update(tensor({2., 2.}), tensor({2., 2.}));
  EXPECT_EQ(perfect.r2(), 1);
}

TEST(Metrics, Curves) {
  const RocCurve roc = roc_curve(binary_scores(), binary_labels());
  near(roc.false_positive_rate, "roc_false_positive_rate");
  near(roc.true_positive_rate, "roc_true_positive_rate");
  near(roc.thresholds, "roc_thresholds");
  near(roc_auc(binary_scores(), binary_labels() == 1), "roc_auc");
  const PrecisionRecallCurve curve = precision_recall_curve(binary_scores(), binary_labels());
  near(curve.precision, "curve_precision");
  near(curve.recall, "curve_recall");
  near(curve.thresholds, "curve_thresholds");
  near(average_precision(binary_scores(), binary_labels()), "average_precision");
  EXPECT_EQ(roc_auc(tensor({0.5f, 0.5f}), tensor({0, 1})), 0.5);
}

TEST(Metrics, TakeTensorsOfEachDevice) {
  const Device device = tested_device("cpu");
  Accuracy accuracy(2);
  ConfusionMatrix confusion(c);
  Perplexity perplexity;
  const Tensor s = scores().to(float32).to(device), y = labels().to(device);
  accuracy.update(s, y), confusion.update(s, y), perplexity.update(s, y);
  near(accuracy.value(), "top_2_accuracy");
  near(confusion.f1(Average::macro), "f1_macro");
  near(perplexity.value(), "perplexity", 1e-5);  // float32
  EXPECT_EQ(accuracy.state().device(), device);
}

TEST(Metrics, GoOnFromASavedState) {
  RegressionError all, first, second;
  all.update(predictions(), targets());
  first.update(predictions().slice(0, 0, 9), targets().slice(0, 0, 9));
  second.load_state(first.state());
  second.update(predictions().slice(0, 9, n), targets().slice(0, 9, n));
  EXPECT_NEAR(second.r2(), all.r2(), 1e-14);
  EXPECT_TRUE(std::isnan(first.r2() - all.r2()) || first.r2() != all.r2());
  EXPECT_EQ(message_of<ShapeError>([&] { Accuracy().load_state(first.state(), {}); }),
            "load_state: expected sums of shape [2], got [5]");
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(Metrics, RefuseBadCalls) {
  Accuracy accuracy;
  EXPECT_EQ(first_line(message_of<ShapeError>([&] { accuracy.update(zeros({3}), zeros({3})); })),
            "Accuracy: expected scores of shape [N, C] and labels of shape [N], got [3] and [3]");
  ConfusionMatrix confusion(3);
  EXPECT_EQ(first_line(message_of<IndexError>([&] {
              confusion.update(tensor({0, 1}), tensor({0, 3}));
            })),
            "ConfusionMatrix: expected labels in 0 ... 2, got 3");
  EXPECT_EQ(first_line(message_of<ArgumentError>([&] {
              roc_curve(tensor({0.5, 0.25}), tensor({1, 1}));
            })),
            "roc_curve: expected both labels 0 and 1, got 0 and 2 of them");
  EXPECT_EQ(first_line(message_of<ArgumentError>([&] {
              average_precision(tensor({0.5, 0.25}), tensor({1, 2}));
            })),
            "precision_recall_curve: expected labels 0 and 1, got 2");
  EXPECT_EQ(first_line(message_of<ArgumentError>([] { Accuracy(0); })),
            "Accuracy: k must be at least 1, got 0");
}

}  // namespace
}  // namespace tinygrad::train
