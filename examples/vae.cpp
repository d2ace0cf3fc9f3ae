// SPDX-License-Identifier: MIT
// A variational autoencoder on handwritten digits (Kingma and Welling 2013): it learns to code an
// image as a few normally distributed values and to draw an image from them, and then draws images
// from random values.
#include <fmt/format.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>
#include <tinygrad/vision/image.h>
#include <tinygrad/vision/transforms.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/picture_option.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "mnist/data.h"

namespace {

namespace tg = tinygrad;
namespace vision = tinygrad::vision;

struct Options {
  mnist::Options mnist = {
      .common = {.program = "vae"}, .epochs = 10, .batch_size = 128, .lr = 1e-3};
  int latent = 16;
  std::string pictures = {};  ///< a file
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Learns to draw handwritten digits: a variational autoencoder.",
               o.mnist.common.program);
  app.add_option("--latent", o.latent, "values that code an image")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--pictures", o.pictures,
                 "write pictures there, .png or .ppm: eight rows drawn from random values, then "
                 "a row of test images and a row of what was drawn from their codes")
      ->type_name("FILE");
  mnist::add_options(app, o.mnist);
  if (!mnist::parse(app, o.mnist, argc, argv)) return false;
  common::check_picture("--pictures", o.pictures);
  return true;
}

/// Images x [N, 784] in 0 ... 1 -> logits of the pixels [N, 784], and the normal distributions of
/// their codes.
struct Vae : tg::nn::Module {
  explicit Vae(int latent)
      : encoder(add("encoder", tg::nn::Sequential(tg::nn::Linear(784, 400), tg::nn::ReLU()))),
        mean(add("mean", tg::nn::Linear(400, latent))),
        log_variance(add("log_variance", tg::nn::Linear(400, latent))),
        decoder(add("decoder", tg::nn::Sequential(tg::nn::Linear(latent, 400), tg::nn::ReLU(),
                                                  tg::nn::Linear(400, 784)))) {}
  tg::nn::Sequential encoder;
  tg::nn::Linear mean, log_variance;
  tg::nn::Sequential decoder;

  struct Output {
    tg::Tensor logits, mean, log_variance;
  };
  Output operator()(tg::In x) {
    return run(x.location, [&]() -> Output {
      const tg::Tensor h = encoder(*x), m = mean(h), v = log_variance(h);
      // The reparametrization: a draw from N(m, exp(v)) that has a gradient to m and v.
      const tg::Tensor z = training() ? m + exp(v / 2) * tg::randn_like(m) : m;
      return {decoder(z), m, v};
    });
  }
};

/// -ELBO, the mean over the images of: cross entropy of the pixels + KL(N(m, exp(v)) | N(0, 1)).
tg::Tensor loss_of(Vae& net, const tg::Tensor& images) {
  const tg::Tensor x = tg::flatten(images, 1);
  const auto [logits, m, v] = net(x);
  const tg::Tensor pixels =
                       tg::binary_cross_entropy_with_logits(logits, x, {}, {}, tg::Reduction::sum),
                   kl = -0.5 * sum(1 + v - square(m) - exp(v));
  return (pixels + kl) / x.size(0);
}

class Training {
 public:
  Training(const Options& o, mnist::Data data, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        data_(std::move(data)),
        net_(o.latent),
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
                  .checkpoint = o.mnist.common.checkpoint,
                  .run = mnist::description(o.mnist, data_) + fmt::format(" --latent {}", o.latent),
                  .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
                  .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }}) {
    net_.to(tg::default_device());
    if (o.mnist.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    const common::Options& options = o_.mnist.common;
    json_.emplace(options, int(trainer_.epoch()) + 1);
    progress_.begin(trainer_.epoch() + 1, o_.mnist.epochs, data_.train.size());
    common::compare(options, progress_, net_, common::first_batch(data_.train, o_.mnist.batch_size),
                    [this](const tg::Tensors& batch) {
                      const tg::Autocast autocast(mnist::precision(o_.mnist));
                      return loss_of(net_, batch[0]);
                    });
    const auto loss = [this](const tg::data::Batch& batch) { return loss_of(net_, batch.x); };
    const auto evaluate = [&] { return trainer_.evaluate(test_loader_, loss); };
    if (trainer_.fit(loader_, loss, evaluate) == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, options, progress_);
    json_->write_final({{"dataset", data_.train.name},
                        {"test_loss", evaluate().loss},
                        {"peak_memory_bytes", tg::memory_stats().peak}},
                       options.seed);
    if (!options.save.empty()) tg::save_safetensors(net_.state_dict(), options.save);
    if (!o_.pictures.empty()) vision::save_image(pictures(), o_.pictures);
    return 0;
  }

 private:
  void draw() {
    common::draw(trainer_, progress_,
                 [](const tg::train::Pass& p) { return fmt::format("loss {:.2f}", p.loss); });
  }
  void report(const tg::train::EpochReport& r) {
    progress_.end(fmt::format("loss {:.2f}   test: loss {:.2f}   {:.0f} samples/s", r.train.loss,
                              r.validation->loss, r.train.samples_per_second));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", r.train.loss},
                  {"test_loss", r.validation->loss},
                  {"samples_per_second", r.train.samples_per_second}});
    progress_.begin(r.epoch + 2, o_.mnist.epochs, data_.train.size());
  }
  /// [80, 1, 28, 28] in 0 ... 1, eight in a row.
  tg::Tensor pictures() {
    const tg::NoGrad off;
    net_.eval();
    const tg::Tensor drawn = sigmoid(net_.decoder(tg::randn({64, o_.latent})));
    std::vector<tg::Tensor> eight;  // test images, of which there may be fewer
    for (std::int64_t i = 0; i < 8; ++i) eight.push_back(data_.test.x[i % data_.test.size()]);
    const tg::Tensor x = tg::flatten(tg::stack(eight), 1).to(drawn.device());
    return reshape(tg::cat({drawn, x, sigmoid(net_(x).logits)}), {-1, 1, 28, 28}).to("cpu");
  }

  const Options& o_;
  tg::train::Progress& progress_;
  mnist::Data data_;
  Vae net_;
  tg::optim::Adam adam_;
  tg::optim::CosineAnnealingLR schedule_;
  tg::data::DataLoader loader_, test_loader_;
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
    mnist::Data data = mnist::load(options.mnist, progress);
    tg::manual_seed(options.mnist.common.seed);
    tg::train::watch_signals();
    return Training(options, std::move(data), progress).run();
  });
}
