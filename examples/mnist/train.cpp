// SPDX-License-Identifier: MIT
#include "train.h"

#include <fmt/format.h>
#include <tinygrad/tinygrad.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/output.h"
#include "common/signals.h"
#include "progress.h"
#include "report.h"

namespace mnist {
namespace {

namespace tg = tinygrad;

struct Data {
  tg::data::Dataset train, test;
};

/// Returns the first n samples, or all of them if there are fewer.
tg::data::Dataset first(tg::data::Dataset data, std::int64_t n) {
  data.x = data.x.slice(0, 0, n), data.y = data.y.slice(0, 0, n);
  return data;
}

/// The data set that was asked for. Without MNIST's files the drawn digits stand in, which is said
/// loudly.
Data load(const Options& o, const Progress& progress) {
  const std::int64_t train = o.samples ? o.samples : 60000,
                     test = o.samples ? std::max(o.samples / 6, 1) : 10000;
  if (o.dataset != "digits") {
    const std::string folder = tg::data::data_folder(o.data, o.dataset);
    const auto read = o.dataset == "mnist" ? tg::data::mnist : tg::data::fashion_mnist;
    if (!folder.empty())
      return {first(read(folder, tg::data::Split::train, {}), train),
              first(read(folder, tg::data::Split::test, {}), test)};
    tg::require<tg::IoError>(o.dataset == "mnist", "--dataset", "there is no ", o.dataset,
                             "/ in $TINYGRAD_DATA or ./data; name its folder with --data");
    progress.warn(
        "!! No MNIST found in $TINYGRAD_DATA or ./data: training on digits DRAWN BY CODE instead.");
    progress.warn("!! scripts/download_mnist.sh fetches the real ones.");
  }
  return {tg::data::digits(train, 1), tg::data::digits(test, 2)};
}

/// Sums over the samples of a pass. They are kept on the device of the network, so that only
/// reading them waits.
class Sums {
 public:
  explicit Sums(const tg::Device& device)  // no float64: not every device has it
      : loss_(tg::zeros({}, {.device = device})),
        right_(tg::zeros({}, {.dtype = tg::int64, .device = device})) {}
  void add(const tg::Tensor& scores, const tg::Tensor& loss, const tg::Tensor& labels) {
    const tg::NoGrad off;
    loss_ += loss.detach() * labels.size(0);
    right_ += (scores.argmax(1) == labels).sum();
    samples_ += labels.size(0);
  }
  std::int64_t samples() const { return samples_; }
  /// The means; speed over the samples since `started`.
  Pass pass(double seconds, std::int64_t samples_before = 0) const {
    const double n = double(std::max<std::int64_t>(samples_, 1));
    return {loss_.item<double>() / n, double(right_.item<std::int64_t>()) / n,
            seconds > 0 ? double(samples_ - samples_before) / seconds : 0};
  }
  void restore(const tg::Metadata& metadata) {
    for (auto& [key, value] : metadata) {
      if (key == "loss_sum") loss_.fill_(std::strtod(value.c_str(), nullptr));
      if (key == "right") right_.fill_(std::int64_t(std::strtoll(value.c_str(), nullptr, 10)));
      if (key == "samples") samples_ = std::strtoll(value.c_str(), nullptr, 10);
    }
  }
  tg::Metadata metadata() const {
    return {{"loss_sum", fmt::format("{:a}", loss_.item<double>())},
            {"right", std::to_string(right_.item<std::int64_t>())},
            {"samples", std::to_string(samples_)}};
  }

 private:
  tg::Tensor loss_, right_;
  std::int64_t samples_ = 0;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class Training {
 public:
  Training(const Options& o, Data data, std::unique_ptr<tg::nn::Module> net, Progress& progress)
      : o_(o),
        progress_(progress),
        device_(tg::default_device()),
        data_(std::move(data)),
        net_(std::move(net)),
        sgd_(net_->parameters(),
             {.lr = o.lr, .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true}),
        schedule_(sgd_, std::max(o.epochs, 1)),
        loader_(data_.train,
                {.batch_size = o.batch_size,
                 .shuffle = true,
                 .seed = o.common.seed,
                 .augment = o.shift ? tg::data::random_shift(o.shift) : tg::data::Augment()}),
        test_loader_(data_.test, {.batch_size = 500}),
        precision_(o.autocast == "float16"    ? tg::float16
                   : o.autocast == "bfloat16" ? tg::bfloat16
                                              : tg::float32),
        sums_(device_) {
    if (!o.common.checkpoint.empty()) folder_.emplace(o.common.checkpoint);
    if (o.common.resume) resume();
  }

  int run() {
    common::JsonLines json(o_.common.json, int(epoch_) + 1);
    Pass train, test = {};
    for (; epoch_ < o_.epochs; finish_epoch()) {
      progress_.begin(int(epoch_) + 1, o_.epochs, data_.train.size());
      train = train_epoch();
      if (common::interrupted()) return stop();
      test = evaluate();
      progress_.end(train, test);
      json.write({{"epoch", epoch_ + 1},
                  {"train_loss", train.loss},
                  {"train_accuracy", train.accuracy},
                  {"test_loss", test.loss},
                  {"test_accuracy", test.accuracy},
                  {"samples_per_second", train.samples_per_second}});
    }
    const bool nothing_trained = read_.empty();  // resumed at the end, or no epochs at all
    if (nothing_trained) test = evaluate();
    show(test);
    const double speed = nothing_trained ? json.last_speed() : train.samples_per_second;
    json.write({{"final", true},
                {"dataset", data_.train.name},
                {"test_accuracy", test.accuracy},
                {"samples_per_second", speed},
                {"peak_memory_bytes", tg::memory_stats(device_).peak},
                {"device", to_string(device_)},
                {"threads", tg::num_threads()},
                {"seed", o_.common.seed}});
    if (!o_.common.save.empty()) tg::save_safetensors(net_->state_dict(), o_.common.save);
    return 0;
  }

 private:
  Pass train_epoch() {
    net_->train();
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t before = sums_.samples();
    for (auto [x, y] : loader_.set_epoch(epoch_).skip(batch_)) {
      sgd_.zero_grad();
      const auto [scores, loss] = forward(x, y);
      if (precision_ == tg::float16) {
        scaler_.scale(loss).backward();
        scaler_.step(sgd_);
      } else {
        loss.backward();
        sgd_.step();
      }
      sums_.add(scores, loss, y);
      ++batch_;
      if (common::interrupted()) break;
      if (progress_.is_due())
        progress_.draw(sums_.samples(), sums_.pass(seconds_since(start), before));
    }
    return sums_.pass(seconds_since(start), before);
  }

  struct Forward {
    tg::Tensor scores, loss;
  };
  Forward forward(const tg::Tensor& x, const tg::Tensor& y) {
    const tg::Autocast autocast(precision_);
    const tg::Tensor scores = (*net_)(x);
    return {scores, tg::cross_entropy(scores, y)};
  }

  Pass evaluate() {
    const tg::NoGrad off;
    net_->eval();
    read_.clear();
    Sums sums(device_);
    for (auto [x, y] : test_loader_) {
      const auto [scores, loss] = forward(x, y);
      sums.add(scores, loss, y);
      for (std::int64_t label : scores.argmax(1).to_vector<std::int64_t>()) read_.push_back(label);
    }
    return sums.pass(0);
  }

  void finish_epoch() {
    schedule_.step();
    ++epoch_, batch_ = 0;
    sums_ = Sums(device_);
    checkpoint();
  }

  /// Describes the settings that must not change between a run and its resumption.
  std::string same_run() const {
    return fmt::format(
        "{} --dataset {} --epochs {} --batch-size {} --lr {} --shift {} --samples {} --seed {}{}",
        o_.common.program, data_.train.name, o_.epochs, o_.batch_size, o_.lr, o_.shift,
        data_.train.size(), o_.common.seed,
        o_.autocast.empty() ? "" : " --autocast " + o_.autocast);
  }

  void checkpoint() {
    if (!folder_) return;
    tg::Metadata metadata = sums_.metadata();
    metadata.emplace_back("run", same_run());
    for (auto& [name, number] : scaler_.state_dict())
      metadata.emplace_back("scaler." + name, fmt::format("{:a}", number.item<double>()));
    folder_->save({net_->state_dict(), sgd_.state_dict(), schedule_.state_dict(), epoch_, batch_,
                   tg::generator(), o_.common.seed, std::move(metadata)});
  }

  int stop() {
    checkpoint();
    progress_.say(fmt::format("stopped in epoch {}{}", epoch_ + 1,
                              folder_ ? "; --resume goes on from here" : ""));
    return 128 + common::interrupted();
  }

  void resume() {
    tg::LatestCheckpoint latest = folder_->latest();
    if (!latest.warnings.empty()) progress_.warn(latest.warnings);
    if (!latest.checkpoint) return progress_.say("no checkpoint to resume from; beginning afresh");
    const tg::Checkpoint& c = *latest.checkpoint;
    std::string made_by;
    for (auto& [key, value] : c.metadata)
      if (key == "run") made_by = value;
    tg::require(made_by == same_run(), "--resume", latest.path, " was made with ", made_by,
                "; this run has ", same_run());
    net_->load_state_dict(c.model);
    sgd_.load_state_dict(c.optimizer);
    schedule_.load_state_dict(c.schedule);
    sums_.restore(c.metadata);
    restore_scaler(c.metadata);
    tg::generator() = c.generator;
    epoch_ = c.epoch, batch_ = c.batch;
    progress_.say(fmt::format("resumed from {}", latest.path));
  }

  void restore_scaler(const tg::Metadata& metadata) {
    tg::NamedTensors state = scaler_.state_dict();
    for (auto& [name, number] : state)
      for (auto& [key, value] : metadata)
        if (key == "scaler." + name)
          number = tg::full({}, std::strtod(value.c_str(), nullptr),
                            {.dtype = number.dtype(), .device = "cpu"});
    scaler_.load_state_dict(state);
  }

  void show(const Pass& test) {
    if (o_.common.quiet) return;
    if (precision_ == tg::float16)
      progress_.say(fmt::format("float16: {} steps, {} skipped; the loss's factor is {}",
                                scaler_.steps(), scaler_.skips(), scaler_.factor()));
    const auto labels = data_.test.y.to_vector<std::int64_t>();
    progress_.say("\n" + confusion_matrix(labels, read_, data_.test.classes));
    progress_.say(misread(data_.test, labels, read_, data_.test.classes));
    progress_.say(fmt::format("test accuracy {:.2f} %", 100 * test.accuracy));
  }

  const Options& o_;
  Progress& progress_;
  tg::Device device_;
  Data data_;
  std::unique_ptr<tg::nn::Module> net_;
  tg::optim::SGD sgd_;
  tg::optim::CosineAnnealingLR schedule_;
  tg::data::DataLoader loader_, test_loader_;
  tg::DType precision_;    ///< of products
  tg::GradScaler scaler_;  ///< for float16
  std::optional<tg::CheckpointFolder> folder_;
  std::int64_t epoch_ = 0, batch_ = 0;
  Sums sums_;
  std::vector<std::int64_t> read_;  ///< the classes as which the test images were read
};

}  // namespace

int run(int argc, char** argv, Options options,
        const std::function<std::unique_ptr<tg::nn::Module>()>& make) {
  try {
    const std::string& program = options.common.program;
    if (!parse(argc, argv, options)) return common::exit_code(program, 0);
    if (options.common.json == "-") options.common.quiet = true;
    Progress progress(options.common.quiet);
    Data data = load(options, progress);
    tg::manual_seed(options.common.seed);
    common::watch_signals();
    return common::exit_code(program, Training(options, std::move(data), make(), progress).run());
  } catch (const std::exception& e) {
    const std::string text = e.what();
    fmt::print(stderr, "{}: {}\n", options.common.program, text.substr(0, text.find('\n')));
    return 2;
  }
}

}  // namespace mnist
