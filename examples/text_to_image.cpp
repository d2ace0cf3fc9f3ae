// SPDX-License-Identifier: MIT
// A picture from a sentence: an autoencoder codes pictures of coloured digits as latents, a text
// encoder reads captions, and a U-Net learns to take noise away from latents as the captions say
// (Rombach et al. 2022). It then draws what captions say whose combination it was not trained on.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "mnist/data.h"
#include "text_to_image_judge.h"
#include "text_to_image_options.h"

namespace {

using namespace text_to_image;
namespace vision = tinygrad::vision;
using Json = nlohmann::ordered_json;

/// The denoiser that is trained, and the model that draws, whose denoiser is its running average.
struct Averaged : nn::Module {
  explicit Averaged(const Sizes& s) : net(add("net", Denoiser(s))), model(add("model", Model(s))) {}
  Denoiser net;
  Model model;
};

Sizes sizes(const Options& o) { return {.channels = o.channels}; }

/// Draws pictures of tokens [N, L], 125 at a time; fewer if a signal came.
tg::Tensor draw_all(Model& model, const Options& o, const tg::Tensor& tokens) {
  const auto scheduler = make_scheduler(o.steps);
  tg::Tensors drawn;
  for (const tg::Tensor& part : split(tokens, 125))
    if (!tg::train::interrupted())
      drawn.push_back(draw(model, *scheduler, part.to(tg::default_device()), o.guidance).to("cpu"));
  return drawn.empty() ? tg::Tensor() : tg::cat(drawn);
}

class Training {
 public:
  Training(const Options& o, mnist::Data digits, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        digits_(std::move(digits)),
        pictures_(digits_.train, captions(false), digits_.train.size()),
        held_out_(digits_.test, some_held_out(tests()), tests(), true),
        models_(sizes(o)),
        adam_(models_.net.parameters(), {.lr = o.mnist.lr}),
        schedule_(adam_, o.mnist.lr,
                  std::max<std::int64_t>(o.mnist.epochs * batches(pictures_.size()), 1),
                  {.pct_start = 0.05}),
        trainer_(models_, adam_,
                 {.epochs = o.mnist.epochs,
                  .autocast = mnist::precision(o.mnist),
                  .max_norm = 1,
                  .schedule = &schedule_,
                  .schedule_every = tg::train::ScheduleEvery::step,
                  .checkpoint = o.mnist.common.checkpoint,
                  .run = description(),
                  .on_step = [this](const tg::train::Trainer&) { on_step(); },
                  .on_epoch =
                      [this](const tg::train::EpochReport& r) {
                        report(r, "epoch", o_.mnist.epochs);
                      }}) {
    if (!o.load.empty()) models_.model.load_state_dict(tg::load_safetensors(o.load));
    models_.model.requires_grad_(false);
    if (!o.load.empty()) models_.net.load_state_dict(models_.model.denoiser.state_dict());
    else models_.model.denoiser.load_state_dict(models_.net.state_dict());
    models_.to(tg::default_device());
    if (o.mnist.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    const common::Options& options = o_.mnist.common;
    json_.emplace(options, int(trainer_.epoch()) + 1);
    tg::data::Dataset latents;
    {
      const tg::ThreadStream own({seed() + 1, 0});
      if (o_.load.empty() && !train_autoencoder()) return 128 + tg::train::interrupted();
      latents = encoded(pictures_, /*measures=*/o_.load.empty()), test_ = encoded(held_out_);
    }
    loader_.emplace(latents,
                    tg::data::DataLoaderOptions{
                        .batch_size = o_.mnist.batch_size, .shuffle = true, .seed = seed()});
    progress_.begin(trainer_.epoch() + 1, o_.mnist.epochs, pictures_.size());
    common::compare(options, progress_, models_.net,
                    common::first_batch(latents, o_.mnist.batch_size),
                    [this](const tg::Tensors& batch) {
                      const tg::Autocast autocast(mnist::precision(o_.mnist));
                      const tg::ThreadStream same({seed(), 0});
                      return loss_of(models_.net, {batch[0], batch[1]});
                    });
    const auto loss = [this](const tg::data::Batch& b) { return loss_of(models_.net, b); };
    if (trainer_.fit(*loader_, loss, [this] { return evaluate(); }) ==
        tg::train::Outcome::interrupted)
      return common::stopped(trainer_, options, progress_);
    observers_.finish();
    if (!options.save.empty()) tg::save_safetensors(models_.model.state_dict(), options.save);
    Json results = {{"dataset", digits_.train.name}, {"test_loss", evaluate().loss}};
    if (o_.draws > 0) draw_and_judge(results);
    if (tg::train::interrupted()) return common::stopped(trainer_, options, progress_);
    json_->write_final(results, seed());
    return 0;
  }

 private:
  std::uint64_t seed() const { return o_.mnist.common.seed; }
  std::int64_t batches(std::int64_t samples) const {
    return (samples + o_.mnist.batch_size - 1) / o_.mnist.batch_size;
  }
  std::string description() const {
    return mnist::description(o_.mnist, digits_) +
           fmt::format(" --channels {} --load {} --autoencoder-epochs {}", o_.channels, o_.load,
                       o_.autoencoder_epochs);
  }
  /// The number of captions that are held out and tested.
  int tests() const {
    return std::max(o_.draws, int(std::min<std::int64_t>(digits_.test.size(), 500)));
  }
  /// n captions that are held out, no two of which are the same.
  static std::vector<Caption> some_held_out(int n) {
    const std::vector<Caption> all = captions(true);
    std::vector<Caption> some;
    const auto order = tg::data::random_split(std::int64_t(all.size()), {1.}, 5)[0];
    for (int i = 0; i < n; ++i) some.push_back(all[std::size_t(order[std::size_t(i)])]);
    return some;
  }

  /// Returns false if a signal came.
  bool train_autoencoder() {
    Autoencoder& net = models_.model.autoencoder;
    constexpr double rate = 1e-3;
    net.requires_grad_(true);
    tg::optim::Adam adam(net.parameters(), {.lr = rate});
    tg::data::Loader<Sample> loader(pictures_, {.batch_size = 16, .seed = seed()}),
        test(held_out_, {.batch_size = 100, .seed = seed()});
    tg::optim::OneCycleLR schedule(adam, rate,
                                   std::max<std::int64_t>(o_.autoencoder_epochs * loader.size(), 1),
                                   {.pct_start = 0.1});
    const std::string& folder = o_.mnist.common.checkpoint;
    tg::train::Trainer trainer(net, adam,
                               {.epochs = o_.autoencoder_epochs,
                                .schedule = &schedule,
                                .schedule_every = tg::train::ScheduleEvery::step,
                                .checkpoint = folder.empty() ? "" : folder + "/autoencoder",
                                .run = description(),
                                .on_step = [this](const tg::train::Trainer& t) { show(t); },
                                .on_epoch =
                                    [this](const tg::train::EpochReport& r) {
                                      report(r, "autoencoder_epoch", o_.autoencoder_epochs);
                                    }});
    progress_.say("training the autoencoder");
    if (o_.mnist.common.resume) common::resume(trainer, progress_);
    progress_.begin(trainer.epoch() + 1, o_.autoencoder_epochs, pictures_.size());
    const auto loss = [&](const Sample& s) { return net.loss_of(s.x); };
    const bool done = trainer.fit(loader, loss, [&] { return trainer.evaluate(test, loss); }) !=
                      tg::train::Outcome::interrupted;
    if (!done) common::stopped(trainer, o_.mnist.common, progress_);
    net.requires_grad_(false);
    return done;
  }

  /// The latents of pictures and the tokens of their captions. If it `measures`, these latents get
  /// the mean 0 and the variance 1, and later ones are scaled as they are.
  tg::data::Dataset encoded(const Pictures& pictures, bool measures = false) {
    const tg::NoGrad off;
    Autoencoder& net = models_.model.autoencoder;
    net.eval();
    tg::Tensors x, y;
    for (const Sample& s :
         tg::data::Loader<Sample>(pictures, {.batch_size = 250, .seed = seed()})) {
      x.push_back(net.encode(s.x)), y.push_back(s.tokens);
    }
    const tg::Tensor z = tg::cat(x);
    return {(measures ? net.measure(z) : z).to("cpu"), tg::cat(y).to("cpu"), {}, {}};
  }

  /// The mean square error of the velocity at random timesteps t, each the later of two: where
  /// there is much noise, the caption alone tells what is where. A tenth of the captions is left
  /// out, so that the network also learns to draw without them, which guidance needs.
  tg::Tensor loss_of(Denoiser& net, const tg::data::Batch& b) {
    const std::int64_t n = b.x.size(0), timesteps = scheduler_->options.num_train_timesteps;
    const tg::TensorOptions there = {.device = b.x.device()};
    const tg::Tensor noise = tg::randn_like(b.x),
                     t = maximum(tg::randint(0, timesteps, {n}, there),
                                 tg::randint(0, timesteps, {n}, there)),
                     is_left_out = tg::rand({n, 1}, there) < 0.1,
                     tokens = where(is_left_out, tokens_of("").to(b.y.device()), b.y);
    const tg::Tensor v = net(scheduler_->add_noise(b.x, noise, t), t, net.text(tokens));
    return mse_loss(v, scheduler_->target(b.x, noise, t));
  }

  /// The loss of the average on captions that are held out, always with the same noise.
  tg::train::Pass evaluate() {
    const tg::ThreadStream same({seed(), 0});
    tg::data::DataLoader loader(test_, {.batch_size = 250});
    return trainer_.evaluate(
        loader, [this](const tg::data::Batch& b) { return loss_of(models_.model.denoiser, b); });
  }

  void on_step() {
    const double steps = double(trainer_.epoch() * loader_->size() + trainer_.batch());
    nn::update_average(models_.model.denoiser, models_.net,
                       std::min(0.999, (1 + steps) / (10 + steps)));
    observers_.on_step();
    show(trainer_);
  }
  void show(const tg::train::Trainer& trainer) {
    common::draw(trainer, progress_,
                 [](const tg::train::Pass& p) { return fmt::format("loss {:.4g}", p.loss); });
  }
  void report(const tg::train::EpochReport& r, const char* key, int epochs) {
    progress_.end(fmt::format("loss {:.4g}   test: loss {:.4g}   {:.0f} samples/s", r.train.loss,
                              r.validation->loss, r.train.samples_per_second));
    json_->write({{key, r.epoch + 1},
                  {"train_loss", r.train.loss},
                  {"test_loss", r.validation->loss},
                  {"samples_per_second", r.train.samples_per_second}});
    progress_.begin(r.epoch + 2, epochs, pictures_.size());
  }

  void draw_and_judge(Json& results) {
    tg::Tensors x, tokens, labels;
    for (const Sample& s :
         tg::data::Loader<Sample>(held_out_.first(o_.draws), {.batch_size = 250, .seed = seed()})) {
      x.push_back(s.x.to("cpu")), tokens.push_back(s.tokens), labels.push_back(s.label.to("cpu"));
    }
    progress_.say(fmt::format("drawing {} captions in {} steps", o_.draws, o_.steps));
    const auto begun = std::chrono::steady_clock::now();
    const tg::Tensor drawn = draw_all(models_.model, o_, tg::cat(tokens));
    if (tg::train::interrupted()) return;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    results["draw_seconds"] = seconds.count();
    progress_.say(fmt::format("drawn in {:.0f} s", seconds.count()));
    if (!o_.pictures.empty()) save_pictures(drawn);
    Judge judge(pictures_.first((pictures_.size() + 1) / 2), /*epochs=*/2, seed());
    if (tg::train::interrupted()) return;
    tell("true pictures", "true", judge(tg::cat(x), tg::cat(labels)), results);
    tell("the autoencoder's copies of them", "copied", judge(copies(tg::cat(x)), tg::cat(labels)),
         results);
    tell("what is drawn", "drawn", judge(drawn, tg::cat(labels)), results);
  }
  tg::Tensor copies(const tg::Tensor& x) {
    const tg::NoGrad off;
    tg::Tensors all;
    for (const tg::Tensor& part : split(x, 125)) {
      Autoencoder& net = models_.model.autoencoder;
      all.push_back(net.decode(net.encode(part.to(tg::default_device()))).to("cpu"));
    }
    return tg::cat(all);
  }
  void tell(const char* what, const std::string& key, const Verdict& v, Json& results) {
    progress_.say(
        fmt::format("read as asked in {}: {:.1f} % of the digits, {:.1f} % of the colors, "
                    "{:.1f} % of the halves, {:.1f} % of the pictures",
                    what, 100 * v.digits, 100 * v.colors, 100 * v.halves, 100 * v.pictures));
    results.update({{key + "_digits", v.digits},
                    {key + "_colors", v.colors},
                    {key + "_halves", v.halves},
                    {key + "_pictures", v.pictures}});
  }

  /// Eight rows of eight pictures, and the captions of the first row.
  void save_pictures(const tg::Tensor& drawn) {
    vision::save_image(drawn.slice(0, 0, 64), o_.pictures, {.pad_value = 0.5});
    std::string first;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(8, o_.draws); ++i)
      first += (i ? "; " : "") + to_string(held_out_.caption(i, 0));
    progress_.say("the first row: " + first);
  }

  const Options& o_;
  tg::train::Progress& progress_;
  mnist::Data digits_;
  Pictures pictures_;
  Pictures held_out_;
  std::unique_ptr<models::Scheduler> scheduler_ = make_scheduler(o_.steps);
  Averaged models_;
  tg::optim::Adam adam_;
  tg::optim::OneCycleLR schedule_;
  common::StepObservers observers_{o_.mnist.common, progress_, models_.net};
  tg::train::Trainer trainer_;
  std::optional<tg::data::DataLoader> loader_ = {};
  tg::data::Dataset test_ = {};
  std::optional<common::JsonLines> json_ = {};
};

/// Draws eight pictures of the prompt.
int draw_prompt(const Options& o, const tg::train::Progress& progress) {
  Model model(sizes(o));
  model.load_state_dict(tg::load_safetensors(o.load));
  model.to(tg::default_device());
  tg::manual_seed(o.mnist.common.seed);
  const tg::Tensor tokens = tokens_of(o.prompt).expand({8, std::int64_t(text_length)});
  vision::save_image(draw_all(model, o, tokens), o.pictures, {.pad_value = 0.5});
  progress.say(fmt::format("{}: {}", o.pictures, o.prompt));
  common::JsonLines(o.mnist.common, 1)
      .write_final({{"prompt", o.prompt}, {"pictures", o.pictures}}, o.mnist.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.mnist.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::train::Progress progress(options.mnist.common.quiet);
    tg::train::watch_signals();
    if (!options.prompt.empty()) return draw_prompt(options, progress);
    mnist::Data digits = mnist::load(options.mnist, progress);
    tg::manual_seed(options.mnist.common.seed);
    return Training(options, std::move(digits), progress).run();
  });
}
