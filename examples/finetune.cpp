// SPDX-License-Identifier: MIT
// Fine-tuning: takes a network that PyTorch trained on the digits 0 to 4 (finetune_pretrain.py),
// freezes its layers, gives it a new head for all ten digits and trains that on a few samples.
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>
#include <tinygrad/vision/transforms.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "mnist/data.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;

struct Options {
  mnist::Options mnist = {.common = {.program = "finetune"},
                          .samples = 600,
                          .epochs = 20,
                          .batch_size = 32,
                          .lr = 3e-3};
  std::string pretrained = {};
  std::string train = "head";  ///< what is trained: head, or all
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Trains a new head on a network that PyTorch trained.", o.mnist.common.program);
  app.add_option("--pretrained", o.pretrained,
                 "weights of the layers, such as examples/data/pretrained.safetensors; without "
                 "them, random ones")
      ->type_name("FILE");
  app.add_option("--train", o.train, "head: the layers before it are frozen; or all")
      ->check(CLI::IsMember({"head", "all"}))
      ->capture_default_str();
  mnist::add_options(app, o.mnist);
  return mnist::parse(app, o.mnist, argc, argv);
}

/// Images [N, 1, 28, 28] -> scores [N, classes]; the names are those of finetune_pretrain.py.
struct Net : nn::Module {
  nn::Sequential features =
      add("features", nn::Sequential(nn::Conv2d(1, 16, 3, {.padding = 1}), nn::ReLU(),
                                     nn::MaxPool2d(2), nn::Conv2d(16, 32, 3, {.padding = 1}),
                                     nn::ReLU(), nn::MaxPool2d(2), nn::Flatten()));
  nn::Sequential head =
      add("head", nn::Sequential(nn::Linear(32 * 7 * 7, 32), nn::ReLU(), nn::Linear(32, 10)));

  tg::Tensor forward(const tg::Tensor& x) override { return head(features(x)); }
};

/// Loads all weights of a file but those of its head, which is for other classes. Throws
/// ArgumentError if a name or shape differs.
void load_features(Net& net, const std::string& file) {
  tg::NamedTensors state;
  for (auto& [name, t] : tg::load_safetensors(file))
    if (!name.starts_with("head.")) state.emplace_back(name, t);
  const nn::LoadReport report = net.load_state_dict(state, {.strict = false});
  for (const std::string& name : report.missing)
    tg::require(name.starts_with("head."), "--pretrained", file, " has no ", name);
  tg::require(report.unexpected.empty(), "--pretrained", file, " has weights for another network");
}

/// The first samples to train on, and at least 1000 to test on.
mnist::Data few_samples(mnist::Options o, const tg::train::Progress& progress) {
  const int train = o.samples;
  o.samples = std::max(train, 6000);
  mnist::Data data = mnist::load(o, progress);
  data.train.x = data.train.x.slice(0, 0, train), data.train.y = data.train.y.slice(0, 0, train);
  return data;
}

class Training {
 public:
  Training(const Options& o, mnist::Data data, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        data_(std::move(data)),
        adam_(net_.parameters(), {.lr = o.mnist.lr}),
        schedule_(adam_, std::max(o.mnist.epochs, 1)),
        loader_(data_.train, {.batch_size = o.mnist.batch_size,
                              .shuffle = true,
                              .seed = o.mnist.common.seed,
                              .augment = o.mnist.shift ? tg::vision::random_shift(o.mnist.shift)
                                                       : tg::data::Augment()}),
        test_loader_(data_.test, {.batch_size = 500}),
        trainer_(net_, adam_,
                 {.epochs = o.mnist.epochs,
                  .autocast = mnist::precision(o.mnist),
                  .schedule = &schedule_,
                  .metrics = {{"accuracy", accuracy_}},
                  .checkpoint = o.mnist.common.checkpoint,
                  .run = mnist::description(o.mnist, data_) +
                         fmt::format(" --train {} --pretrained {}", o.train, o.pretrained),
                  .on_step = [this](const tg::train::Trainer&) { observers_.on_step(); },
                  .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }}) {
    if (!o.pretrained.empty()) load_features(net_, o.pretrained);
    if (o.train == "head") net_.features.requires_grad_(false);
    net_.to(tg::default_device());
    if (o.mnist.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    const common::Options& options = o_.mnist.common;
    progress_.say(to_string(net_));
    json_.emplace(options, int(trainer_.epoch()) + 1);
    progress_.begin(trainer_.epoch() + 1, o_.mnist.epochs, data_.train.size());
    common::compare(options, progress_, net_, common::first_batch(data_.train, o_.mnist.batch_size),
                    [this](const tg::Tensors& batch) {
                      const tg::Autocast autocast(mnist::precision(o_.mnist));
                      return cross_entropy(net_(batch[0]), batch[1]);
                    });
    const auto loss = [this](const tg::data::Batch& batch) {
      const tg::Tensor scores = net_(batch.x);
      accuracy_.update(scores, batch.y);
      return cross_entropy(scores, batch.y);
    };
    const auto evaluate = [&] { return trainer_.evaluate(test_loader_, loss); };
    if (trainer_.fit(loader_, loss, evaluate) == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, options, progress_);
    json_->write_final({{"dataset", data_.train.name}, {"test_accuracy", evaluate().metrics[0]}},
                       options.seed);
    if (!options.save.empty()) tg::save_safetensors(net_.state_dict(), options.save);
    return 0;
  }

 private:
  void report(const tg::train::EpochReport& r) {
    progress_.end(fmt::format(
        "loss {:.4f}   test: loss {:.4f}  accuracy {:5.2f} %   {:.0f} samples/s", r.train.loss,
        r.validation->loss, 100 * r.validation->metrics[0], r.train.samples_per_second));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", r.train.loss},
                  {"test_loss", r.validation->loss},
                  {"test_accuracy", r.validation->metrics[0]},
                  {"samples_per_second", r.train.samples_per_second}});
    progress_.begin(r.epoch + 2, o_.mnist.epochs, data_.train.size());
  }

  const Options& o_;
  tg::train::Progress& progress_;
  mnist::Data data_;
  Net net_;
  tg::optim::Adam adam_;
  tg::optim::CosineAnnealingLR schedule_;
  tg::data::DataLoader loader_, test_loader_;
  tg::train::Accuracy accuracy_;
  common::StepObservers observers_{o_.mnist.common, progress_, net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.mnist.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::train::Progress progress(options.mnist.common.quiet);
    mnist::Data data = few_samples(options.mnist, progress);
    tg::manual_seed(options.mnist.common.seed);
    tg::train::watch_signals();
    return Training(options, std::move(data), progress).run();
  });
}
