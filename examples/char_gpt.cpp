// SPDX-License-Identifier: MIT
// A small GPT (Radford et al. 2019) that learns to write character by character: Shakespeare, or
// Chinese poems (scripts/poems.sh). An epoch goes through the text once, in windows that begin
// elsewhere each time; the last tenth of the text is held out. `mpirun -np N char_gpt` trains it on
// N processes, which divide it as --data-parallel, --tensor-parallel and --pipeline-parallel say.
#include <fmt/format.h>
#include <tinygrad/models/generate.h>
#include <tinygrad/models/gpt2.h>
#include <tinygrad/text/char_dataset.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "char_gpt_attention.h"
#include "char_gpt_mesh.h"
#include "common/json_lines.h"
#include "common/program.h"
#include "common/ranks.h"
#include "common/step_observers.h"
#include "common/text_file.h"

namespace {

namespace tg = tinygrad;
namespace td = tinygrad::distributed;
namespace models = tinygrad::models;
using tg::data::Batch;
using tg::text::Ids;

/// The configuration; char_gpt_poems.toml is another.
struct Options {
  common::Options common = {.program = "char_gpt"};
  std::string text = {};
  int context = 256, layers = 6, heads = 4, width = 192;  // the network
  double dropout = 0.1;
  int epochs = 14, batch_size = 8;  // its training
  double lr = 1.5e-3, warmup = 0.05, weight_decay = 0.1;
  int data = 0, tensor = 1, pipeline = 1, micro_batches = 0;  // its division; 0: see --help
  std::string sample = {}, attention = {};                    // what it writes
  int tokens = 500;
  models::SamplingOptions sampling = {.temperature = 0.8};
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Trains a small GPT to write as a text is written.", o.common.program);
  const auto add = [&](const char* name, auto& value, auto low, auto high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  app.set_config("--config", "", "read options from a file of lines such as epochs = 20")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--text", o.text,
                 "the file to learn; else tinyshakespeare/input.txt in $TINYGRAD_DATA or ./data")
      ->type_name("FILE");
  add("--context", o.context, 2, 65536, "characters that the network sees at once");
  add("--layers", o.layers, 1, 256, "blocks of attention and a small network");
  add("--heads", o.heads, 1, 256, "heads of attention, which share the features");
  add("--width", o.width, 1, 65536, "features of a character");
  add("--dropout", o.dropout, 0., 0.99, "of the embeddings and of the outputs of each block");
  add("--epochs", o.epochs, 0, 1000000, "how often to go through the text");
  add("--batch-size", o.batch_size, 1, 65536, "windows in a step");
  add("--lr", o.lr, 0., 1e6, "the highest learning rate");
  add("--warmup", o.warmup, 0., 1., "the part of the steps in which the rate rises to it");
  add("--weight-decay", o.weight_decay, 0., 1e6, "of the matrices, by AdamW");
  app.add_option("--sample", o.sample, "what it writes on from; else how the text begins")
      ->type_name("TEXT");
  add("--tokens", o.tokens, 0, 10000000, "characters to write in the end");
  add("--temperature", o.sampling.temperature, 0., 100.,
      "below 1 writes what is likelier; 0 the likeliest");
  add("--top-k", o.sampling.top_k, 0, 1 << 20, "draw from so many characters; 0: from all");
  add("--top-p", o.sampling.top_p, 1e-6, 1., "draw from the likeliest of this probability");
  app.add_option("--attention", o.attention,
                 "draw there what each character of --sample reads, up to 32 of them")
      ->type_name("FILE.svg");
  add("--tensor-parallel", o.tensor, 1, 65536, "under mpirun: processes that divide each layer");
  add("--pipeline-parallel", o.pipeline, 1, 65536, "under mpirun: stages that divide the layers");
  add("--data-parallel", o.data, 0, 65536,
      "under mpirun: parts of a batch that are trained at once; 0: as many as the processes allow");
  add("--micro-batches", o.micro_batches, 0, 65536,
      "pieces of such a part that pass the stages one after another; 0: as many as stages");
  common::add_options(app, o.common);
  common::add_rank_options(app, o.common);
  if (!common::parse(app, o.common, argc, argv)) return false;
  common::check_writable("--attention", o.attention);
  tg::require(o.attention.empty() || o.attention.ends_with(".svg"), "--attention",
              "takes the name of a .svg file, not ", o.attention);
  tg::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  return true;
}

/// Checks what several processes cannot do, and completes their division.
void divide(Options& o) {
  const int rest = o.common.ranks / (o.tensor * o.pipeline);
  if (o.data == 0) o.data = rest;
  tg::require(o.data * o.tensor * o.pipeline == o.common.ranks, "--data-parallel", o.data,
              ", --tensor-parallel ", o.tensor, " and --pipeline-parallel ", o.pipeline,
              " need as many processes as their product (mpirun -np); there are ", o.common.ranks);
  if (o.micro_batches == 0) o.micro_batches = o.pipeline;
  tg::require(o.batch_size % (o.data * o.micro_batches) == 0, "--batch-size", o.batch_size,
              " windows cannot be divided into ", o.data, " parts of ", o.micro_batches,
              " micro-batches");
  if (o.common.ranks == 1) return;
  if (o.common.rank > 0) o.attention.clear();
  tg::require(o.dropout == 0, "--dropout", "divided layers have none; add --dropout 0");
  tg::require(
      o.common.checkpoint.empty(), "--checkpoint",
      "is for one process: several keep no checkpoints of a divided model; --save writes it");
}

models::GPT2 make_network(const Options& o, std::int64_t characters) {
  return models::GPT2({.vocab_size = characters,
                       .n_positions = o.context,
                       .n_embd = o.width,
                       .n_layer = o.layers,
                       .n_head = o.heads,
                       .gelu = tg::GeluApproximation::none,
                       .embd_pdrop = o.dropout,
                       .resid_pdrop = o.dropout});
}

/// AdamW shrinks matrices, but neither biases nor norms.
std::vector<tg::optim::ParamGroup<tg::optim::AdamWOptions>> groups(const tg::nn::Module& net,
                                                                   const Options& o) {
  std::vector<tg::Tensor> matrices, vectors;
  for (const tg::Tensor& p : net.parameters()) (p.dim() >= 2 ? matrices : vectors).push_back(p);
  return {{matrices, {.lr = o.lr, .beta2 = 0.99, .weight_decay = o.weight_decay}},
          {vectors, {.lr = o.lr, .beta2 = 0.99, .weight_decay = 0}}};
}

/// The windows of an epoch, which begin later by an offset that its seed gives.
tg::data::MapDataset<Batch> shifted(const tg::text::CharDataset& text) {
  const std::int64_t step = text.block_size();
  return {text.size() - 1, [=](std::int64_t i, std::uint64_t seed) {
            return text.window(i * step + std::int64_t(seed % std::uint64_t(step)));
          }};
}

class Training {
 public:
  Training(const Options& o, common::Ranks& ranks, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        ranks_(ranks),
        text_(common::read_text(o.text), o.context),
        parts_(text_.split(0.9)),
        prompt_(o.sample.empty() ? Ids{text_.ids()[0].item<std::int64_t>()}
                                 : common::encode("--sample", o.sample, text_.tokenizer())),
        net_(make_network(o, text_.tokenizer().size())),
        mesh_(make_mesh()),
        loader_(checked(parts_), {.batch_size = o.batch_size / o.data,
                                  .sampler = sampler(),
                                  .drop_last = parts_.first.size() > o.batch_size,
                                  .seed = o.common.seed}),
        held_out_(parts_.second,
                  {.batch_size = o.batch_size, .sampler = ranks.in_order(parts_.second.size())}),
        adam_(groups(trained(), o)),
        schedule_(adam_, o.lr, std::max<std::int64_t>(o.epochs * loader_.size(), 1),
                  {.pct_start = o.warmup}),
        trainer_(trained(), adam_, trainer_options()) {
    net_.to(tg::default_device());
    if (mesh_) net_.eval();
    if (o.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    json_.emplace(o_.common, int(trainer_.epoch()) + 1);
    begin_line(trainer_.epoch());
    const Batch first = *loader_.begin();
    common::compare(o_.common, progress_, net_, {first.x, first.y},
                    [this](const tg::Tensors& batch) {
                      return loss_of({batch[0], batch[1]});
                    });
    const auto loss = [this](const Batch& batch) {
      return mesh_ ? mesh_->loss_with_gradients(batch.x, batch.y) : loss_of(batch);
    };
    if (trainer_.fit(loader_, loss, [this] { return evaluate(); }) ==
        tg::train::Outcome::interrupted)
      return common::stopped(trainer_, o_.common, progress_);
    observers_.finish();
    json_->write_final({{"loss", evaluate().loss}, {"characters", text_.length()}}, o_.common.seed);
    if (!o_.common.save.empty()) tg::save_safetensors(net_.state_dict(), o_.common.save);
    if (!o_.attention.empty()) draw_attention();
    if (o_.tokens > 0 && !o_.common.quiet) progress_.say("\n" + write(o_.tokens));
    return 0;
  }

 private:
  static tg::data::MapDataset<Batch> checked(
      const std::pair<tg::text::CharDataset, tg::text::CharDataset>& parts) {
    tg::require(parts.first.size() > 1 && parts.second.size() > 0, "--text",
                "has too few characters for a --context of ", parts.first.block_size(), ": ",
                parts.first.length() + parts.second.length());
    return shifted(parts.first);
  }
  std::optional<char_gpt::MeshTraining> make_mesh() const {
    if (o_.common.ranks == 1) return {};
    return std::optional<char_gpt::MeshTraining>(
        std::in_place, net_, td::MeshSizes{o_.data, o_.pipeline, o_.tensor}, o_.micro_batches);
  }
  tg::nn::Module& trained() { return mesh_ ? static_cast<tg::nn::Module&>(mesh_->stage()) : net_; }
  tg::data::Sampler sampler() const {
    const std::int64_t n = parts_.first.size() - 1;
    const tg::data::Sampler all = tg::data::random_sampler(n);
    if (!mesh_) return all;
    const td::Group& group = mesh_->mesh().data;
    return tg::data::distributed_sampler(all, group.rank(), group.size(), n >= o_.batch_size);
  }
  tg::train::TrainerOptions trainer_options() {
    tg::train::TrainerOptions options = ranks_.joined(
        {.epochs = o_.epochs,
         .max_norm = mesh_ ? std::numeric_limits<double>::infinity() : max_norm,
         .schedule = &schedule_,
         .schedule_every = tg::train::ScheduleEvery::step,
         .checkpoint = o_.common.checkpoint,
         .run = description(),
         .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
         .on_epoch = [this](const tg::train::EpochReport& r) { report(r); },
         .backward = !mesh_});
    if (mesh_) options.before_step = [this] { mesh_->step_ready(max_norm); };
    return options;
  }
  std::string description() const {
    return fmt::format(
        "{} of {} characters --context {} --layers {} --heads {} --width {} --dropout {} --epochs "
        "{} --batch-size {} --lr {} --warmup {} --weight-decay {} --seed {}",
        o_.common.program, text_.length(), o_.context, o_.layers, o_.heads, o_.width, o_.dropout,
        o_.epochs, o_.batch_size, o_.lr, o_.warmup, o_.weight_decay, o_.common.seed);
  }
  tg::Tensor loss_of(const Batch& batch) {
    return cross_entropy(flatten(net_(batch.x), 0, 1), flatten(batch.y));
  }
  /// The whole network reads the held-out windows, of which each rank takes some.
  tg::train::Pass evaluate() {
    if (mesh_) mesh_->copy_to(net_);
    return ranks_.total(
        trainer_.evaluate(held_out_, [this](const Batch& batch) { return loss_of(batch); }));
  }
  void begin_line(std::int64_t epoch) {
    progress_.begin(epoch + 1, o_.epochs, (parts_.first.size() - 1) * o_.context);
  }
  void draw() {
    common::draw(
        trainer_, progress_, [](const auto& pass) { return fmt::format("loss {:.3f}", pass.loss); },
        o_.context * o_.data);
  }
  void report(const tg::train::EpochReport& r) {
    const double speed = r.train.samples_per_second * o_.context * o_.data;
    progress_.end(fmt::format("loss {:.4f}   held out: {:.4f}   {:.0f} characters/s", r.train.loss,
                              r.validation->loss, speed));
    if (!o_.common.quiet) progress_.say("  " + in_one_line(write(60)));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_loss", r.train.loss},
                  {"loss", r.validation->loss},
                  {"characters_per_second", speed}});
    begin_line(r.epoch + 1);
  }

  /// Writes on from the prompt, with random numbers of its own. When the context is full, the
  /// network reads its second half again, and goes on from there.
  std::string write(std::int64_t count) {
    const tg::ThreadStream random({o_.common.seed, 0});
    const bool was_training = net_.training();
    net_.eval();
    models::KvCache cache = net_.make_cache(o_.context);
    Ids all = prompt_;
    while (std::ssize(all) < std::ssize(prompt_) + count) {
      const auto begin = all.end() - std::min<std::int64_t>(std::ssize(all), o_.context / 2);
      cache.truncate(0);
      const Ids more = generate(net_, cache, Ids(begin, all.end()),
                                {.max_new_tokens = std::ssize(prompt_) + count - std::ssize(all),
                                 .sampling = o_.sampling});
      all.insert(all.end(), more.begin(), more.end());
    }
    net_.train(was_training);
    return text_.tokenizer().decode(all);
  }
  static std::string in_one_line(const std::string& text) {
    std::string line;
    for (const char c : text) line += c == '\n' ? std::string(" / ") : std::string(1, c);
    return line;
  }
  void draw_attention() {
    const Ids ids(prompt_.begin(), prompt_.begin() + std::min({std::ssize(prompt_),
                                                               std::ptrdiff_t(o_.context), 32l}));
    std::vector<plot::Text> characters;
    for (const std::int64_t id : ids) {
      const std::string c = text_.tokenizer().token(id);
      characters.push_back(c == " " ? "␣" : c == "\n" ? "⏎" : c);
    }
    net_.eval();
    char_gpt::draw_attention(char_gpt::attention_weights(net_, tg::from_vector(ids)), characters,
                             o_.attention);
  }

  static constexpr double max_norm = 1;  // of all gradients
  const Options& o_;
  tg::train::Progress& progress_;
  common::Ranks& ranks_;
  tg::text::CharDataset text_;
  std::pair<tg::text::CharDataset, tg::text::CharDataset> parts_;  ///< to learn, and held out
  Ids prompt_;
  models::GPT2 net_;
  std::optional<char_gpt::MeshTraining> mesh_;  ///< if several processes train
  tg::data::DataLoader loader_, held_out_;
  tg::optim::AdamW adam_;
  tg::optim::OneCycleLR schedule_;
  common::StepObservers observers_{o_.common, progress_, net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    common::Ranks ranks(options.common);
    divide(options);
    tg::train::Progress progress(options.common.quiet, "characters");
    tg::manual_seed(options.common.seed);
    tg::train::watch_signals();
    return Training(options, ranks, progress).run();
  });
}
