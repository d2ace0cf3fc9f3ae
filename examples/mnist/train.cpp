// SPDX-License-Identifier: MIT
#include "train.h"

#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>
#include <tinygrad/vision/transforms.h>

#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/ranks.h"
#include "common/step_observers.h"
#include "data.h"
#include "report.h"

namespace mnist {
namespace {

namespace tg = tinygrad;

/// "loss 0.1234  accuracy 97.10 %".
std::string values_of(const tg::train::Pass& pass) {
  return fmt::format("loss {:.4f}  accuracy {:5.2f} %", pass.loss, 100 * pass.metrics[0]);
}

class Training {
 public:
  Training(const Options& o, Data data, std::unique_ptr<tg::nn::Module> net, common::Ranks& ranks,
           tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        ranks_(ranks),
        data_(std::move(data)),
        net_(std::move(net)),
        sgd_(net_->parameters(),
             {.lr = o.lr, .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true}),
        schedule_(sgd_, std::max(o.epochs, 1)),
        loader_(data_.train,
                {.batch_size = ranks.share(o.batch_size),
                 .sampler = ranks.shuffled(data_.train.size()),
                 .seed = o.common.seed,
                 .augment = o.shift ? tg::vision::random_shift(o.shift) : tg::data::Augment()}),
        test_loader_(data_.test, {.batch_size = 500, .sampler = ranks.in_order(data_.test.size())}),
        trainer_(
            *net_, sgd_,
            ranks.joined(
                {.epochs = o.epochs,
                 .autocast = precision(o),
                 .schedule = &schedule_,
                 .metrics = {{"accuracy", accuracy_}},
                 .checkpoint = o.common.checkpoint,
                 .run = description(o, data_) + fmt::format(" --dropout {}", o.dropout),
                 .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
                 .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }})) {
    if (o.common.resume) common::resume(trainer_, progress_);
    ranks.begin(*net_, trainer_);
  }

  int run() {
    json_.emplace(o_.common, int(trainer_.epoch()) + 1);
    begin_line();
    compare();
    const auto loss = [this](const tg::data::Batch& batch) { return loss_of(batch).loss; };
    const auto outcome = trainer_.fit(loader_, loss, [this] { return evaluate(); });
    if (outcome == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, o_.common, progress_);
    const bool nothing_trained = read_.empty();  // resumed at the end, or no epochs at all
    if (nothing_trained) test_ = evaluate();
    show();
    json_->write_final({{"dataset", data_.train.name},
                        {"test_accuracy", test_.metrics[0]},
                        {"samples_per_second", nothing_trained ? json_->last_speed() : speed_},
                        {"peak_memory_bytes", tg::memory_stats().peak}},
                       o_.common.seed);
    if (!o_.common.save.empty()) tg::save_safetensors(net_->state_dict(), o_.common.save);
    return 0;
  }

 private:
  struct Forward {
    tg::Tensor scores, loss;
  };
  Forward loss_of(const tg::data::Batch& batch) {
    const tg::Tensor scores = (*net_)(batch.x);
    accuracy_.update(scores, batch.y);
    return {scores, tg::cross_entropy(scores, batch.y)};
  }

  void compare() {
    common::compare(o_.common, progress_, *net_, common::first_batch(data_.train, o_.batch_size),
                    [this](const tg::Tensors& batch) {
                      const tg::Autocast autocast(precision(o_));
                      return tg::cross_entropy((*net_)(batch[0]), batch[1]);
                    });
  }

  tg::train::Pass evaluate() {
    read_.clear();
    const tg::train::Pass own =
        trainer_.evaluate(test_loader_, [this](const tg::data::Batch& batch) {
          const auto [scores, loss] = loss_of(batch);
          for (std::int64_t label : scores.argmax(1).to_vector<std::int64_t>())
            read_.push_back(label);
          return loss;
        });
    read_ = ranks_.joined(read_);
    return ranks_.total(own);
  }

  void begin_line() { progress_.begin(trainer_.epoch() + 1, o_.epochs, data_.train.size()); }
  void draw() { common::draw(trainer_, progress_, values_of, ranks_.size()); }
  void report(const tg::train::EpochReport& r) {
    const tg::train::Pass train = ranks_.total(r.train);
    test_ = *r.validation, speed_ = train.samples_per_second;
    progress_.end(fmt::format("{}   test: {}   {:.0f} samples/s", values_of(train),
                              values_of(test_), speed_));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", train.loss},
                  {"train_accuracy", train.metrics[0]},
                  {"test_loss", test_.loss},
                  {"test_accuracy", test_.metrics[0]},
                  {"samples_per_second", speed_}});
    progress_.begin(r.epoch + 2, o_.epochs, data_.train.size());
  }

  void show() {
    if (o_.common.quiet) return;
    if (const tg::GradScaler& scaler = trainer_.scaler(); o_.autocast == "float16")
      progress_.say(fmt::format("float16: {} steps, {} skipped; the loss's factor is {}",
                                scaler.steps(), scaler.skips(), scaler.factor()));
    const auto labels = data_.test.y.to_vector<std::int64_t>();
    progress_.say("\n" + confusion_matrix(labels, read_, data_.test.classes));
    progress_.say(misread(data_.test, labels, read_, data_.test.classes));
    progress_.say(fmt::format("test accuracy {:.2f} %", 100 * test_.metrics[0]));
  }

  const Options& o_;
  tg::train::Progress& progress_;
  common::Ranks& ranks_;
  Data data_;
  std::unique_ptr<tg::nn::Module> net_;
  tg::optim::SGD sgd_;
  tg::optim::CosineAnnealingLR schedule_;
  tg::data::DataLoader loader_, test_loader_;
  tg::train::Accuracy accuracy_;
  common::StepObservers observers_{o_.common, progress_, *net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
  tg::train::Pass test_ = {};       ///< of the last epoch
  double speed_ = 0;                ///< likewise
  std::vector<std::int64_t> read_;  ///< the classes as which the test images were read
};

}  // namespace

int run(int argc, char** argv, Options options,
        const std::function<std::unique_ptr<tg::nn::Module>(const Options&)>& make) {
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    common::Ranks ranks(options.common);
    tg::train::Progress progress(options.common.quiet);
    Data data = load(options, progress);
    tg::manual_seed(options.common.seed);
    tg::train::watch_signals();
    return Training(options, std::move(data), make(options), ranks, progress).run();
  });
}

}  // namespace mnist
