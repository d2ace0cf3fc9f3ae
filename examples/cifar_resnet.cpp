// SPDX-License-Identifier: MIT
// A residual network of 14 layers (He et al. 2015) on the 60,000 pictures of CIFAR-10. The pictures
// stay bytes until they are a batch; each epoch shifts and mirrors them anew.
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>
#include <tinygrad/vision/datasets.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/ranks.h"
#include "common/step_observers.h"

namespace {

namespace tg = tinygrad;
namespace nn = tinygrad::nn;
namespace vision = tinygrad::vision;

struct Options {
  common::Options common = {.program = "cifar_resnet"};
  std::string data = {};
  int epochs = 18, batch_size = 128, width = 16, samples = 0;
  double lr = 0.2, smoothing = 0.1;
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Trains a residual network on CIFAR-10.", o.common.program);
  app.add_option("--data", o.data,
                 "folder of the binary files, or one that holds cifar-10-batches-bin/; else "
                 "cifar10/ in $TINYGRAD_DATA, ./data or ./build")
      ->type_name("DIR");
  app.add_option("--samples", o.samples,
                 "train on the first so many only, test on a fifth as many; else on all")
      ->check(CLI::Range(1, 50000));
  const auto add = [&](const char* name, auto& value, auto low, auto high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  add("--epochs", o.epochs, 0, 100000, "how often to go through the training set");
  add("--batch-size", o.batch_size, 1, 50000, "samples in a step");
  add("--width", o.width, 1, 1024,
      "channels of the first third; then twice and four times as many");
  add("--lr", o.lr, 0.0, 1e6, "the highest learning rate, reached after three tenths of the steps");
  add("--smoothing", o.smoothing, 0.0, 1.0, "the part of a label that all classes share");
  common::add_options(app, o.common);
  common::add_rank_options(app, o.common);
  if (!common::parse(app, o.common, argc, argv)) return false;
  tg::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  return true;
}

/// y = relu(x' + bn(conv(relu(bn(conv(x)))))), where x' is x, or x brought to y's shape by a 1x1
/// convolution.
template <class Norm> struct Block : nn::Module {
  Block(int in, int out, int stride)
      : body(add(
            "body",
            nn::Sequential(nn::Conv2d(in, out, 3, {.stride = stride, .padding = 1, .bias = false}),
                           Norm(out), nn::ReLU(),
                           nn::Conv2d(out, out, 3, {.padding = 1, .bias = false}), Norm(out)))),
        shortcut(add("shortcut",
                     in == out
                         ? nn::Sequential()
                         : nn::Sequential(nn::Conv2d(in, out, 1, {.stride = stride, .bias = false}),
                                          Norm(out)))) {}
  nn::Sequential body, shortcut;
  tg::Tensor forward(const tg::Tensor& x) override { return relu(body(x) + shortcut(x)); }
};

/// Pictures uint8 [N, 3, 32, 32] -> scores [N, 10].
template <class Norm> struct Net : nn::Module {
  explicit Net(int w)
      : layers(add("layers",
                   nn::Sequential(nn::Conv2d(3, w, 3, {.padding = 1, .bias = false}), Norm(w),
                                  nn::ReLU(), Block<Norm>(w, w, 1), Block<Norm>(w, w, 1),
                                  Block<Norm>(w, 2 * w, 2), Block<Norm>(2 * w, 2 * w, 1),
                                  Block<Norm>(2 * w, 4 * w, 2), Block<Norm>(4 * w, 4 * w, 1)))),
        head(add("head", nn::Linear(4 * w, 10))),
        mean(add_buffer("mean", channels({125.3f, 123.0f, 113.9f}))),
        std(add_buffer("std", channels({63.0f, 62.1f, 66.7f}))) {}
  nn::Sequential layers;
  nn::Linear head;
  nn::Buffer mean, std;  ///< of the training set, [3, 1, 1]

  tg::Tensor forward(const tg::Tensor& x) override {
    return head(tg::mean(layers((x.to(tg::float32) - mean) / std), {2, 3}));
  }

 private:
  static tg::Tensor channels(const std::vector<float>& values) {
    return reshape(tg::tensor(values), {3, 1, 1});
  }
};

/// On several ranks, with the statistics of the whole batch.
std::unique_ptr<nn::Module> net_of(int width, int ranks) {
  if (ranks > 1) return std::make_unique<Net<tg::distributed::SyncBatchNorm2d>>(width);
  return std::make_unique<Net<nn::BatchNorm2d>>(width);
}

std::string folder(const Options& o) {
  if (!o.data.empty()) return o.data;
  const char* data = std::getenv("TINYGRAD_DATA");
  for (const std::string in : {data ? data : "data", "data", "build"})
    for (const char* own :
         {"/cifar10/test_batch.bin", "/cifar10/cifar-10-batches-bin/test_batch.bin"})
      if (std::filesystem::exists(in + own)) return in + "/cifar10";
  tg::fail<tg::IoError>("--data",
                        "CIFAR-10's binary files are not in cifar10/ in $TINYGRAD_DATA, ./data or "
                        "./build; scripts/cifar10.sh makes them from pictures");
}

/// The first n samples, or all of them if n is 0.
tg::data::Dataset first(tg::data::Dataset data, std::int64_t n) {
  if (n > 0) data.x = data.x.slice(0, 0, n), data.y = data.y.slice(0, 0, n);
  return data;
}

class Training {
 public:
  Training(const Options& o, common::Ranks& ranks, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        ranks_(ranks),
        train_(first(vision::cifar10(folder(o), vision::Split::train), o.samples)),
        test_(first(vision::cifar10(folder(o), vision::Split::test), (o.samples + 4) / 5)),
        loader_(vision::with_transform(train_, vision::compose({vision::random_crop(32, 32, 4),
                                                                vision::random_horizontal_flip()})),
                {.batch_size = ranks.share(o.batch_size),
                 .sampler = ranks.shuffled(train_.size(), train_.size() >= o.batch_size),
                 .drop_last = train_.size() >= o.batch_size,
                 .seed = o.common.seed}),
        test_loader_(test_, {.batch_size = 500, .sampler = ranks.in_order(test_.size())}),
        net_(net_of(o.width, ranks.size())),
        sgd_(net_->parameters(),
             {.lr = o.lr, .momentum = 0.9, .weight_decay = 5e-4, .nesterov = true}),
        schedule_(sgd_, o.lr, std::max<std::int64_t>(o.epochs * loader_.size(), 1)),
        trainer_(
            *net_, sgd_,
            ranks.joined(
                {.epochs = o.epochs,
                 .schedule = &schedule_,
                 .schedule_every = tg::train::ScheduleEvery::step,
                 .metrics = {{"accuracy", accuracy_}},
                 .checkpoint = o.common.checkpoint,
                 .run = fmt::format("{} --epochs {} --batch-size {} --width {} --lr {} "
                                    "--smoothing {} --samples {} --seed {}",
                                    o.common.program, o.epochs, o.batch_size, o.width, o.lr,
                                    o.smoothing, train_.size(), o.common.seed),
                 .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
                 .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }})) {
    net_->to(tg::default_device());
    if (o.common.resume) common::resume(trainer_, progress_);
    ranks.begin(*net_, trainer_);
  }

  int run() {
    json_.emplace(o_.common, int(trainer_.epoch()) + 1);
    begin_line(trainer_.epoch());
    common::compare(o_.common, progress_, *net_, common::first_batch(train_, o_.batch_size),
                    [this](const tg::Tensors& batch) {
                      return cross_entropy((*net_)(batch[0]), batch[1],
                                           {.label_smoothing = o_.smoothing});
                    });
    const auto loss = [this](const tg::data::Batch& batch) {
      const tg::Tensor scores = (*net_)(batch.x);
      accuracy_.update(scores, batch.y);
      return cross_entropy(scores, batch.y,
                           {.label_smoothing = net_->training() ? o_.smoothing : 0});
    };
    const auto evaluate = [&] { return ranks_.total(trainer_.evaluate(test_loader_, loss)); };
    if (trainer_.fit(loader_, loss, evaluate) == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, o_.common, progress_);
    const double accuracy = evaluate().metrics[0];
    progress_.say(fmt::format("test accuracy {:.2f} %", 100 * accuracy));
    json_->write_final(
        {{"test_accuracy", accuracy}, {"peak_memory_bytes", tg::memory_stats().peak}},
        o_.common.seed);
    if (!o_.common.save.empty()) tg::save_safetensors(net_->state_dict(), o_.common.save);
    return 0;
  }

 private:
  static std::string values_of(const tg::train::Pass& pass) {
    return fmt::format("loss {:.4f}  accuracy {:5.2f} %", pass.loss, 100 * pass.metrics[0]);
  }
  void begin_line(std::int64_t epoch) { progress_.begin(epoch + 1, o_.epochs, train_.size()); }
  void draw() { common::draw(trainer_, progress_, values_of, ranks_.size()); }
  void report(const tg::train::EpochReport& r) {
    const tg::train::Pass train = ranks_.total(r.train);
    progress_.end(fmt::format("{}   test: {}   {:.0f} samples/s", values_of(train),
                              values_of(*r.validation), train.samples_per_second));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", train.loss},
                  {"train_accuracy", train.metrics[0]},
                  {"test_loss", r.validation->loss},
                  {"test_accuracy", r.validation->metrics[0]},
                  {"samples_per_second", train.samples_per_second}});
    begin_line(r.epoch + 1);
  }

  const Options& o_;
  tg::train::Progress& progress_;
  common::Ranks& ranks_;
  tg::data::Dataset train_, test_;
  tg::data::DataLoader loader_, test_loader_;
  std::unique_ptr<nn::Module> net_;
  tg::optim::SGD sgd_;
  tg::optim::OneCycleLR schedule_;
  tg::train::Accuracy accuracy_;
  common::StepObservers observers_{o_.common, progress_, *net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    common::Ranks ranks(options.common);
    tg::train::Progress progress(options.common.quiet);
    tg::manual_seed(options.common.seed);
    tg::train::watch_signals();
    return Training(options, ranks, progress).run();
  });
}
