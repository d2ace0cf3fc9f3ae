// SPDX-License-Identifier: MIT
// A diffusion model on handwritten digits: it learns to take noise away from a picture, and then
// draws pictures of a class out of noise alone (Ho, Jain and Abbeel 2020), which outlines and
// adapters steer.
#include "ddpm_options.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "ddpm_data.h"
#include "ddpm_judge.h"
#include "ddpm_sample.h"

namespace {

using namespace ddpm;
using Json = nlohmann::ordered_json;
constexpr std::int64_t classes = 10;

/// The network that is trained, and the running average of its weights: that is what draws.
struct Averaged : nn::Module {
  explicit Averaged(const Sizes& s) : net(add("net", UNet(s))), average(add("average", UNet(s))) {}
  UNet net, average;
};

/// Loads weights into a network that may have adapters or a branch for outlines which the file
/// lacks. Throws ArgumentError if anything else differs.
void load_weights(UNet& net, const std::string& file) {
  const tg::NamedTensors state = tg::load_safetensors(file);
  const nn::LoadReport report = net.load_state_dict(state, {.strict = false});
  bool has_control = true;
  for (const std::string& name : report.missing) {
    tg::require(UNet::is_added(name), "--load", file, " has no ", name);
    has_control = has_control && !name.starts_with("control.");
  }
  tg::require(report.unexpected.empty(), "--load", file,
              " has weights for another network; were --edges, --style or --rank others?");
  if (net.control && !has_control) net.copy_encoder();
}

class Training {
 public:
  Training(const Options& o, mnist::Data data, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        data_(std::move(data)),
        side_(data_.train.x.size(3)),
        models_({.channels = o.channels,
                 .colors = int(data_.train.x.size(1)),
                 .side = int(side_),
                 .classes = int(classes),
                 .control = o.has_edges,
                 .rank = o.style.empty() ? 0 : o.rank}),
        adam_(models_.net.parameters(), {.lr = o.mnist.lr}),
        loader_(data_.train, {.batch_size = o.mnist.batch_size,
                              .shuffle = true,
                              .seed = o.mnist.common.seed,
                              .augment = o.mnist.shift ? vision::random_shift(o.mnist.shift)
                                                       : tg::data::Augment()}),
        test_loader_(first(data_.test, 1000), {.batch_size = 250}),
        schedule_(adam_, o.mnist.lr, std::max<std::int64_t>(o.mnist.epochs * loader_.size(), 1),
                  {.pct_start = 0.1}),
        trainer_(models_, adam_,
                 {.epochs = o.mnist.epochs,
                  .autocast = mnist::precision(o.mnist),
                  .max_norm = 1,
                  .schedule = &schedule_,
                  .schedule_every = tg::train::ScheduleEvery::step,
                  .checkpoint = o.mnist.common.checkpoint,
                  .run = mnist::description(o.mnist, data_) +
                         fmt::format(" --channels {} --load {} --style {} --rank {} --edges {}",
                                     o.channels, o.load, o.style, o.rank, o.has_edges),
                  .on_step = [this](const tg::train::Trainer&) { on_step(); },
                  .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }}) {
    if (!o.load.empty()) load_weights(models_.net, o.load);
    models_.average.load_state_dict(models_.net.state_dict());
    models_.average.requires_grad_(false);
    if (o.has_edges || !o.style.empty()) models_.net.freeze_base();
    models_.to(tg::default_device());
    if (o.mnist.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    const common::Options& options = o_.mnist.common;
    json_.emplace(options, int(trainer_.epoch()) + 1);
    progress_.begin(trainer_.epoch() + 1, o_.mnist.epochs, data_.train.size());
    common::compare(options, progress_, models_.net,
                    common::first_batch(data_.train, o_.mnist.batch_size),
                    [this](const tg::Tensors& batch) {
                      const tg::Autocast autocast(mnist::precision(o_.mnist));
                      const tg::ThreadStream same({options_seed(), 0});
                      return loss_of(models_.net, {batch[0], batch[1]});
                    });
    const auto loss = [this](const tg::data::Batch& b) { return loss_of(models_.net, b); };
    if (trainer_.fit(loader_, loss, [this] { return evaluate(); }) ==
        tg::train::Outcome::interrupted)
      return common::stopped(trainer_, options, progress_);
    observers_.finish();
    if (!options.save.empty()) tg::save_safetensors(models_.average.state_dict(), options.save);
    Json results = {{"dataset", data_.train.name}, {"test_loss", evaluate().loss}};
    if (!o_.film.empty()) film();
    if (o_.draws > 0) draw_and_judge(results);
    if (tg::train::interrupted()) return common::stopped(trainer_, options, progress_);
    json_->write_final(results, options.seed);
    return 0;
  }

 private:
  static tg::data::Dataset first(tg::data::Dataset data, std::int64_t n) {
    data.x = data.x.slice(0, 0, n), data.y = data.y.slice(0, 0, n);
    return data;
  }
  std::uint64_t options_seed() const { return o_.mnist.common.seed; }

  /// The mean square error of the velocity at random timesteps. A tenth of the labels is left out,
  /// so that the network also learns to draw without them, which guidance needs.
  tg::Tensor loss_of(UNet& net, const tg::data::Batch& b) {
    const std::int64_t n = b.x.size(0);
    const tg::TensorOptions there = {.device = b.x.device()};
    const tg::Tensor x = 2 * b.x - 1, noise = tg::randn_like(x),
                     t = tg::randint(0, scheduler_->options.num_train_timesteps, {n}, there),
                     labels = where(tg::rand({n}, there) < 0.1, classes, b.y);
    const tg::Tensor v = net(scheduler_->add_noise(x, noise, t), t, labels,
                             o_.has_edges ? outlines(b.x) : tg::Tensor());
    return mse_loss(v, scheduler_->target(x, noise, t));
  }

  /// The loss of the average on test pictures, always with the same noise.
  tg::train::Pass evaluate() {
    const tg::ThreadStream same({options_seed(), 0});
    return trainer_.evaluate(
        test_loader_, [this](const tg::data::Batch& b) { return loss_of(models_.average, b); });
  }

  void on_step() {
    const double steps = double(trainer_.epoch() * loader_.size() + trainer_.batch());
    nn::update_average(models_.average, models_.net, std::min(0.998, (1 + steps) / (10 + steps)));
    observers_.on_step();
    common::draw(trainer_, progress_,
                 [](const tg::train::Pass& p) { return fmt::format("loss {:.4f}", p.loss); });
  }
  void report(const tg::train::EpochReport& r) {
    progress_.end(fmt::format("loss {:.4f}   test: loss {:.4f}   {:.0f} samples/s", r.train.loss,
                              r.validation->loss, r.train.samples_per_second));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", r.train.loss},
                  {"test_loss", r.validation->loss},
                  {"samples_per_second", r.train.samples_per_second}});
    progress_.begin(r.epoch + 2, o_.mnist.epochs, data_.train.size());
  }

  /// n pictures [10 n, C, H, W] of which n are of each class, whose labels are 0, ..., 9, 0, ...:
  /// of the test set, or the one that --edges names. n becomes less if there are fewer.
  tg::Tensor sources(std::int64_t& n) const {
    if (!o_.edges.empty()) {
      const tg::Tensor one = unsqueeze(read_gray(o_.edges, side_), 0);
      return tg::cat(std::vector<tg::Tensor>(std::size_t(classes * n), one));
    }
    std::vector<tg::Tensor> own;
    for (std::int64_t k = 0; k < classes; ++k) {
      own.push_back(nonzero(data_.test.y == k).select(1, 0));
      n = std::min(n, own.back().size(0));
    }
    tg::require(n > 0, "--edges", "a class has no test picture; raise --samples");
    for (tg::Tensor& positions : own) positions = positions.slice(0, 0, n);
    return index_select(data_.test.x, 0, tg::flatten(tg::stack(own, 1)));
  }

  /// Draws what is asked for, in 0 ... 1, a hundred pictures at a time.
  tg::Tensor draw_all(const Request& all) {
    std::vector<tg::Tensor> drawn;
    for (std::int64_t i = 0; i < all.labels.size(0) && !tg::train::interrupted(); i += 100) {
      const auto part = [i](const tg::Tensor& x) {
        return x.defined() ? x.slice(0, i, i + 100).to(tg::default_device()) : x;
      };
      drawn.push_back(draw(models_.average, *scheduler_, {part(all.labels), part(all.outlines)},
                           o_.guidance, side_));
    }
    return clamp((tg::cat(drawn).to("cpu") + 1) / 2, 0, 1);
  }

  void draw_and_judge(Json& results) {
    std::int64_t n = o_.draws;
    const tg::Tensor source = o_.has_edges ? sources(n) : tg::Tensor();
    const Request all = {tg::arange(classes * n).to("cpu") % classes,
                         source.defined() ? outlines(source) : tg::Tensor()};
    progress_.say(
        fmt::format("drawing {} pictures in {} steps of {}", classes * n, o_.steps, o_.sampler));
    const auto begun = std::chrono::steady_clock::now();
    const tg::Tensor drawn = draw_all(all);
    if (tg::train::interrupted()) return;
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
    results["draw_seconds"] = seconds.count();
    progress_.say(fmt::format("drawn in {:.0f} s", seconds.count()));
    if (!o_.pictures.empty()) save_pictures(drawn, source, all.outlines);
    if (source.defined()) compare_outlines(drawn, all.outlines, results);
    if (side_ == 28) judge(drawn, all.labels, n, results);
  }

  /// Rows of ten drawn pictures; with outlines, each after rows of the sources and their outlines.
  void save_pictures(const tg::Tensor& drawn, const tg::Tensor& source, const tg::Tensor& edges) {
    const tg::Tensor some = drawn.slice(0, 0, 8 * classes);
    const tg::Shape rows = {-1, classes, some.size(1), side_, side_};
    std::vector<tg::Tensor> parts = {reshape(some, rows)};
    if (source.defined())
      for (const tg::Tensor& x : {edges, source})  // gray ones in all channels
        parts.insert(parts.begin(),
                     reshape(x.slice(0, 0, 8 * classes) + tg::zeros_like(some), rows));
    vision::save_image(tg::flatten(tg::stack(parts, 1), 0, 2), o_.pictures, {.nrow = classes});
  }

  /// A row for each class: twelve moments on the way from noise to a picture.
  void film() {
    constexpr std::size_t moments = 12;
    std::int64_t n = 1;
    std::vector<tg::Tensor> all, some;
    draw(models_.average, *scheduler_,
         {tg::arange(classes),
          o_.has_edges ? outlines(sources(n)).to(tg::default_device()) : tg::Tensor()},
         o_.guidance, side_, [&](std::size_t, const tg::Tensor& x) { all.push_back(x); });
    for (std::size_t k = 0; k < moments; ++k)
      some.push_back(all[k * (all.size() - 1) / (moments - 1)].to("cpu"));
    vision::save_image(clamp((tg::flatten(tg::stack(some, 1), 0, 1) + 1) / 2, 0, 1), o_.film,
                       {.nrow = moments});
  }

  /// The cosine of the angle between the outlines that were asked for and those of what was drawn,
  /// beside that for outlines of the next picture.
  void compare_outlines(const tg::Tensor& drawn, const tg::Tensor& asked, Json& results) {
    const auto cosine = [a = outlines(drawn)](const tg::Tensor& b) {
      return (sum(a * b) / sqrt(sum(square(a)) * sum(square(b)))).item<double>();
    };
    const double same = cosine(asked), other = cosine(roll(asked, 1, 0));
    results["outlines_agree"] = same, results["outlines_agree_with_others"] = other;
    progress_.say(fmt::format(
        "outlines of what is drawn and those asked for: cosine {:.3f}; with others: {:.3f}", same,
        other));
  }

  void judge(const tg::Tensor& drawn, const tg::Tensor& labels, std::int64_t n, Json& results) {
    Judge judge(o_.judge, data_.train);
    const double read = judge.accuracy(drawn, labels),
                 best = judge.accuracy(data_.test.x, data_.test.y);
    progress_.say(fmt::format("read as asked: {:.1f} % of what is drawn; {:.1f} % of the test set",
                              100 * read, 100 * best));
    const Moments test = judge.features(data_.test.x);
    const auto distance = [&](const tg::Tensor& x) {
      return frechet_distance(judge.features(x), test);
    };
    const double own = distance(drawn),
                 linear = distance(gaussian_per_class(data_.train, classes, n)),
                 train = distance(data_.train.x.slice(0, 0, classes * n));
    progress_.say(fmt::format(
        "Fréchet distance to the test set: {:.3f} of what is drawn; {:.3f} of a Gaussian for each "
        "class; {:.3f} of so many training pictures",
        own, linear, train));
    results.update({{"read_as_asked", read},
                    {"test_read", best},
                    {"frechet_drawn", own},
                    {"frechet_gaussian", linear},
                    {"frechet_training", train}});
  }

  const Options& o_;
  tg::train::Progress& progress_;
  mnist::Data data_;
  std::int64_t side_;
  std::unique_ptr<tg::models::Scheduler> scheduler_ =
      make_scheduler(o_.sampler == "ddpm", o_.steps);
  Averaged models_;
  tg::optim::Adam adam_;
  tg::data::DataLoader loader_, test_loader_;
  tg::optim::OneCycleLR schedule_;
  common::StepObservers observers_{o_.mnist.common, progress_, models_.net};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.mnist.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::train::Progress progress(options.mnist.common.quiet);
    mnist::Data data = load(options, progress);
    tg::manual_seed(options.mnist.common.seed);
    tg::train::watch_signals();
    return Training(options, std::move(data), progress).run();
  });
}
