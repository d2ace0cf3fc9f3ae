// SPDX-License-Identifier: MIT
// Fits a column of a CSV file by the others: by a linear model, a logistic one, or a small network,
// and prints what the model says and how good it is on rows that it was not fitted to.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tinygrad/linalg/linalg.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "regression_data.h"

namespace {

namespace tg = tinygrad;
using regression::Data, regression::Names, tinygrad::tables::Standardizer;

struct Options {
  common::Options common = {.program = "regression"};
  std::string file = {}, target = {}, model = "linear";
  Names features = {};
  double test = 0.25, l2 = 0;
  std::string method = "lbfgs";
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Fits a column of a CSV file by the others.", o.common.program);
  app.add_option("csv", o.file, "the file, with names in its first row")->required();
  app.add_option("--target", o.target, "the column to predict")->required();
  app.add_option("--model", o.model,
                 "linear; logistic, of categories; or net, with a hidden layer, of either")
      ->check(CLI::IsMember({"linear", "logistic", "net"}))
      ->capture_default_str();
  app.add_option("--features", o.features, "the columns to predict from; else all others")
      ->delimiter(',');
  app.add_option("--test", o.test, "the part of the rows that is kept for the test")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str();
  app.add_option("--method", o.method,
                 "lbfgs; of a linear model also its closed form: qr, or normal equations")
      ->check(CLI::IsMember({"lbfgs", "qr", "normal"}))
      ->capture_default_str();
  app.add_option("--l2", o.l2, "add so many times the sum of the squared weights to the loss")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  common::add_options(app, o.common, /*trains=*/false);
  common::add_looking_options(app, o.common);
  if (!common::parse(app, o.common, argc, argv)) return false;
  tg::require(o.method == "lbfgs" || o.model == "linear", "--method", o.method,
              " solves linear models alone");
  return true;
}

class Regression {
 public:
  Regression(const Options& o, Data data)
      : o_(o), progress_(o.common.quiet), data_(std::move(data)), net_(make()) {
    const std::int64_t n = data_.x.size(0), test = std::llround(double(n) * o.test);
    tg::require(n - test > 1, "csv", "expected more than ", n - test, " whole rows to train with");
    parts_ = tg::data::random_split(n, {double(n - test), double(test)}, o.common.seed);
    net_.to(tg::float64).to(tg::default_device());
    if (o.model == "net") return;
    const tg::NoGrad off;  // the weight of a column without information stays 0
    for (tg::Tensor p : net_.parameters()) p.zero_();
  }

  /// Minimises the loss of all training rows at once, by L-BFGS. Each computation of the loss is a
  /// step for those that look on.
  void fit() {
    const auto [x, y] = rows(0);
    inputs_.emplace(x);
    if (is_numbers()) target_.emplace(y);
    const tg::Tensors batch = {(*inputs_)(x), is_numbers() ? (*target_)(y) : y};
    common::compare(o_.common, progress_, net_, batch,
                    [this](const tg::Tensors& both) { return loss_of(both); });
    tg::optim::LBFGS lbfgs(net_.parameters(),
                           {.max_iter = 1000,
                            .tolerance_change = 1e-14,
                            .line_search_fn = tg::optim::LineSearch::strong_wolfe});
    lbfgs.step([&] {
      lbfgs.zero_grad();
      const tg::Tensor loss = loss_of(batch);
      loss.backward();
      if (!o_.common.tensorboard.empty()) json_.add_scalar("loss", loss.item<double>(), ++steps_);
      observers_.on_step();
      return loss;
    });
    observers_.finish();
  }

  void report() {
    const tg::NoGrad off;
    progress_.say(fmt::format("{} rows to train, {} to test", parts_[0].size(), parts_[1].size()));
    if (o_.model != "net") show_coefficients();
    nlohmann::ordered_json line;
    for (const std::string name : {"train", "test"}) {
      const auto [x, y] = rows(name == "test");
      if (y.size(0) == 0) continue;
      const tg::Tensor s = scores((*inputs_)(x));
      const nlohmann::ordered_json all = metrics(s, y);
      for (auto& [metric, value] : all.items()) {
        progress_.say(fmt::format("{:<6}{:<20}{:12.4f}", name, metric, value.get<double>()));
        line[name + "_" + metric] = value;
        json_.add_scalar(name + "/" + metric, value, steps_);
      }
      if (!is_numbers() && (name == "test" || parts_[1].empty())) show_confusion(s, y);
    }
    json_.write_final(line, o_.common.seed);
  }

  /// The same minimum of a linear model in closed form: the least squares of [x 1] w = y, and of
  /// sqrt(N l2) w = 0, by a QR factorization or the normal equations.
  void solve() {
    const auto [x, y] = rows(0);
    inputs_.emplace(x), target_.emplace(y);
    const std::int64_t n = x.size(0), k = x.size(1);
    const tg::TensorOptions like{.dtype = tg::float64, .device = x.device()};
    const tg::Tensor penalty = std::sqrt(double(n) * o_.l2) * tg::eye(k, k + 1, like),
                     a = tg::cat({tg::cat({(*inputs_)(x), tg::ones({n, 1}, like)}, 1), penalty}, 0),
                     b = tg::cat({(*target_)(y), tg::zeros({k, 1}, like)}, 0), at = a.t();
    tg::require(tg::linalg::matrix_rank(a).item<std::int64_t>() == k + 1, "--method",
                "columns depend on each other; add --l2 1e-6, or take --method lbfgs");
    const tg::Tensor w = o_.method == "qr" ? tg::linalg::lstsq(a, b)
                                           : tg::linalg::solve(matmul(at, a), matmul(at, b));
    const tg::NoGrad off;
    auto parameters = net_.parameters();
    parameters[0].copy_(w.slice(0, 0, k).t()), parameters[1].copy_(w.select(0, k));
    observers_.finish();
  }

 private:
  bool is_numbers() const { return data_.classes.empty(); }
  tg::nn::Sequential make() const {
    const std::int64_t in = std::ssize(data_.columns),
                       out = std::max<std::int64_t>(std::ssize(data_.classes), 2) - 1;
    if (o_.model != "net") return tg::nn::Sequential(tg::nn::Linear(in, out));
    return tg::nn::Sequential(tg::nn::Linear(in, 8), tg::nn::Tanh(), tg::nn::Linear(8, out));
  }
  /// x and y of the training (0) or the test rows (1).
  std::pair<tg::Tensor, tg::Tensor> rows(std::size_t part) const {
    const tg::Tensor at = tg::from_vector(parts_[part]);
    return {index_select(data_.x, 0, at), index_select(data_.y, 0, at)};
  }
  /// Of standardised inputs and targets.
  tg::Tensor loss_of(const tg::Tensors& batch) {
    const tg::Tensor s = scores(batch[0]);
    tg::Tensor loss = is_numbers() ? mse_loss(s, batch[1]) : cross_entropy(s, batch[1]);
    for (auto& [name, p] : net_.named_parameters())
      if (name.ends_with("weight")) loss = loss + o_.l2 * sum(square(p));
    return loss;
  }
  /// [N, 1] of a standardised number, or log odds [N, C] of the classes against the first.
  tg::Tensor scores(const tg::Tensor& x) {
    const tg::Tensor y = net_(x);
    return is_numbers() ? y : tg::cat({zeros_like(y.slice(1, 0, 1)), y}, 1);
  }
  nlohmann::ordered_json metrics(const tg::Tensor& scores, const tg::Tensor& y) const {
    if (is_numbers()) {
      tg::train::RegressionError error;
      error.update(scores * target_->std + target_->mean, y);
      return {{"R2", error.r2()},
              {"RMSE", std::sqrt(error.mean_squared_error())},
              {"MAE", error.mean_absolute_error()}};
    }
    const double accuracy = (scores.argmax(1) == y).to(tg::float64).mean().item<double>();
    nlohmann::ordered_json all = {{"accuracy", accuracy},
                                  {"log_loss", cross_entropy(scores, y).item<double>()}};
    if (scores.size(1) == 2 && y.min().item<int>() < y.max().item<int>())
      all["AUC"] = tg::train::roc_auc(scores.select(1, 1), y);
    return all;
  }
  /// By how much the target, or the log odds of a class, rises for one unit of a column.
  void show_coefficients() const {
    const tg::NamedTensors state = net_.state_dict();
    tg::Tensor w = state[0].second / inputs_->std, b = state[1].second - mv(w, inputs_->mean);
    if (is_numbers()) w = w * target_->std, b = b * target_->std + target_->mean;
    Names inputs = data_.columns, outputs = data_.classes;
    inputs.push_back("intercept");
    outputs.empty() ? outputs.push_back(o_.target) : void(outputs.erase(outputs.begin()));
    progress_.say(fmt::format("\n{:<26}{:>12}", "coefficient", fmt::join(outputs, "")));
    const tg::Tensor all = tg::cat({w, unsqueeze(b, 1)}, 1).to("cpu");
    for (std::size_t i = 0; i < inputs.size(); ++i)
      progress_.say(fmt::format("{:<26.25}{:12.4f}", inputs[i],
                                fmt::join(all.select(1, std::int64_t(i)).to_vector<double>(), "")));
    progress_.say("");
  }
  /// Rows: what the samples are; columns: what they were taken for.
  void show_confusion(const tg::Tensor& scores, const tg::Tensor& y) const {
    tg::train::ConfusionMatrix matrix(scores.size(1));
    matrix.update(scores, y);
    const tg::Tensor rates = tg::stack({matrix.precision(), matrix.recall(), matrix.f1()}, 1);
    progress_.say(fmt::format("\n{:<26}{:>11}{:>11}{:>11}{:>11}", "is, and was taken for",
                              fmt::join(data_.classes, ""), "precision", "recall", "F1"));
    for (std::int64_t i = 0; i < scores.size(1); ++i)
      progress_.say(fmt::format("{:<26.25}{:11}{:11.4f}", data_.classes[std::size_t(i)],
                                fmt::join(matrix.counts()[i].to_vector<std::int64_t>(), ""),
                                fmt::join(rates[i].to_vector<double>(), "")));
    progress_.say("");
  }

  const Options& o_;
  tg::train::Progress progress_;
  Data data_;
  tg::nn::Sequential net_;
  std::vector<std::vector<std::int64_t>> parts_;  ///< the training rows and the test rows
  std::optional<Standardizer> inputs_, target_;
  common::JsonLines json_{o_.common, 1};
  common::StepObservers observers_{o_.common, progress_, net_};
  std::int64_t steps_ = 0;  ///< computations of the loss
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::manual_seed(options.common.seed);
    const Options& o = options;
    Data data = regression::read(o.file, o.target, o.model == "logistic", o.features);
    tg::require(o.model != "linear" || data.classes.empty(), "--target", o.target,
                " holds categories, which --model logistic and net predict");
    Regression regression(o, std::move(data));
    o.method == "lbfgs" ? regression.fit() : regression.solve();
    regression.report();
    return 0;
  });
}
