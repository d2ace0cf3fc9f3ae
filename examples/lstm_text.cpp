// SPDX-License-Identifier: MIT
// A network that writes text character by character: an LSTM (Hochreiter and Schmidhuber 1997)
// learns the next character of a file, by truncated backpropagation through time (Williams and Peng
// 1990), and is then drawn from.
#include <fmt/format.h>
#include <tinygrad/text/char_dataset.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/json_lines.h"
#include "common/program.h"
#include "common/step_observers.h"
#include "common/text_file.h"

namespace {

namespace tg = tinygrad;
using tg::text::CharDataset;

struct Options {
  common::Options common = {.program = "lstm_text"};
  std::string text = {}, prompt = {};
  int epochs = 5, batch_size = 64, steps = 64, hidden = 256, layers = 1, sample = 500;
  double lr = 4e-3, dropout = 0, temperature = 0.8;
};

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("Learns to write as a text is written.", o.common.program);
  const auto add = [&](const char* name, int& value, int low, int high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(low, high))->capture_default_str();
  };
  const auto add_real = [&](const char* name, double& value, double high, const char* what) {
    app.add_option(name, value, what)->check(CLI::Range(0.0, high))->capture_default_str();
  };
  app.add_option("--text", o.text,
                 "the file to learn; else tinyshakespeare/input.txt in $TINYGRAD_DATA or ./data")
      ->type_name("FILE");
  add("--epochs", o.epochs, 0, 100000, "how often to go through the text");
  add("--batch-size", o.batch_size, 1, 65536, "parts of the text that are read side by side");
  add("--steps", o.steps, 1, 65536, "characters after which gradients are cut off");
  add("--hidden", o.hidden, 1, 65536, "values in the state of a layer");
  add("--layers", o.layers, 1, 64, "layers of the LSTM");
  add_real("--dropout", o.dropout, 0.99, "of the outputs of all layers");
  add_real("--lr", o.lr, 1e6, "learning rate of the first step; a cosine takes it to 0");
  add("--sample", o.sample, 0, 10000000, "characters to write in the end");
  add_real("--temperature", o.temperature, 100, "below 1 writes what is likelier; 0 the likeliest");
  app.add_option("--prompt", o.prompt, "how the written text begins; else as the text does");
  common::add_options(app, o.common);
  if (!common::parse(app, o.common, argc, argv)) return false;
  tg::require(std::isfinite(o.lr), "--lr", "takes a finite number");
  return true;
}

/// B parts of the text side by side: x, y int64 [B, T], where y is what follows each character of
/// x. The next batch goes on where this one ends.
struct Batch {
  tg::Tensor x, y;
  bool is_first;  ///< of the text
};

/// What does not fill a batch is left out.
std::vector<Batch> batches(const CharDataset& text, std::int64_t parts) {
  const std::int64_t n = text.size() / parts;
  tg::require(n > 0, "--text", "has too few characters for ", parts, " parts of ",
              text.block_size(), ": ", text.length());
  std::vector<Batch> all;
  for (std::int64_t i = 0; i < n; ++i) {
    tg::Tensors x, y;
    for (std::int64_t part = 0; part < parts; ++part) {
      const tg::data::Batch window = text.get(part * n + i);
      x.push_back(window.x), y.push_back(window.y);
    }
    all.push_back({stack(x).to(tg::default_device()), stack(y).to(tg::default_device()), i == 0});
  }
  return all;
}

/// Characters int64 [B, T] -> scores of the next ones [B, T, characters].
struct Net : tg::nn::Module {
  Net(const Options& o, std::int64_t characters)
      : embedding(add("embedding", tg::nn::Embedding(characters, 64))),
        lstm(add("lstm", tg::nn::LSTM(64, o.hidden,
                                      {.num_layers = o.layers,
                                       .batch_first = true,
                                       .dropout = o.layers > 1 ? o.dropout : 0}))),
        drop(add("drop", tg::nn::Dropout(o.dropout))),
        head(add("head", tg::nn::Linear(o.hidden, characters))),
        h(add_buffer("h", tg::zeros({o.layers, o.batch_size, o.hidden}))),
        c(add_buffer("c", tg::zeros({o.layers, o.batch_size, o.hidden}))) {}
  tg::nn::Embedding embedding;
  tg::nn::LSTM lstm;
  tg::nn::Dropout drop;
  tg::nn::Linear head;
  tg::nn::Buffer h, c;  ///< the state after the last batch, which checkpoints hold

  /// Scores from a state, which becomes the next one.
  tg::Tensor operator()(tg::In x, tg::Tensor& h0, tg::Tensor& c0) {
    return run(x.location, [&] {
      const auto [all, h1, c1] = lstm(embedding(*x), h0, c0);
      h0 = h1.detach(), c0 = c1.detach();
      return head(drop(all));
    });
  }
  /// Goes on from the batch before, through which no gradient flows; the graph holds copies.
  tg::Tensor operator()(const Batch& batch) {
    tg::Tensor h0 = batch.is_first ? zeros_like(h) : h.clone(),
               c0 = batch.is_first ? zeros_like(c) : c.clone();
    const tg::Tensor scores = (*this)(batch.x, h0, c0);
    const tg::NoGrad off;
    h.copy_(h0), c.copy_(c0);
    return scores;
  }
};

class Training {
 public:
  Training(const Options& o, tg::train::Progress& progress)
      : o_(o),
        progress_(progress),
        text_(common::read_text(o.text), o.steps),
        batches_(batches(text_.split(0.9).first, o.batch_size)),
        held_out_(batches(text_.split(0.9).second, o.batch_size)),
        net_(o, text_.tokenizer().size()),
        adam_(net_.parameters(), {.lr = o.lr}),
        schedule_(adam_, std::max<std::int64_t>(o.epochs * std::ssize(batches_), 1)),
        trainer_(net_, adam_,
                 {.epochs = o.epochs,
                  .max_norm = 1,
                  .schedule = &schedule_,
                  .schedule_every = tg::train::ScheduleEvery::step,
                  .metrics = {{"perplexity", perplexity_}},
                  .checkpoint = o.common.checkpoint,
                  .run = description(),
                  .on_step = [this](const tg::train::Trainer&) { observers_.on_step(), draw(); },
                  .on_epoch = [this](const tg::train::EpochReport& r) { report(r); }}) {
    written_ = o.prompt.empty() ? tg::text::Ids{text_.ids()[0].item<std::int64_t>()}
                                : common::encode("--prompt", o.prompt, text_.tokenizer());
    net_.to(tg::default_device());
    if (o.common.resume) common::resume(trainer_, progress_);
  }

  int run() {
    json_.emplace(o_.common, int(trainer_.epoch()) + 1);
    begin_line(trainer_.epoch());
    common::compare(o_.common, progress_, net_, {batches_[0].x, batches_[0].y},
                    [this](const tg::Tensors& batch) {
                      const tg::Tensor scores = net_(Batch{batch[0], batch[1], true});
                      return cross_entropy(flatten(scores, 0, 1), flatten(batch[1]));
                    });
    const auto loss = [this](const Batch& batch) {
      const tg::Tensor scores = flatten(net_(batch), 0, 1), y = flatten(batch.y);
      perplexity_.update(scores, y);
      return cross_entropy(scores, y);
    };
    const auto evaluate = [&] { return trainer_.evaluate(held_out_, loss); };
    if (trainer_.fit(batches_, loss, evaluate) == tg::train::Outcome::interrupted)
      return common::stopped(trainer_, o_.common, progress_);
    json_->write_final({{"perplexity", evaluate().metrics[0]}, {"characters", text_.length()}},
                       o_.common.seed);
    if (!o_.common.save.empty()) tg::save_safetensors(net_.named_parameters(), o_.common.save);
    if (o_.sample > 0) progress_.say("\n" + write());
    return 0;
  }

 private:
  std::string description() const {
    return fmt::format(
        "{} of {} characters --epochs {} --batch-size {} --steps {} --hidden {} --layers {} "
        "--dropout {} --lr {} --seed {}",
        o_.common.program, text_.length(), o_.epochs, o_.batch_size, o_.steps, o_.hidden, o_.layers,
        o_.dropout, o_.lr, o_.common.seed);
  }
  void begin_line(std::int64_t epoch) {
    progress_.begin(epoch + 1, o_.epochs, std::ssize(batches_) * o_.batch_size * o_.steps);
  }
  void draw() {
    common::draw(
        trainer_, progress_,
        [](const tg::train::Pass& p) { return fmt::format("perplexity {:.2f}", p.metrics[0]); },
        o_.steps);
  }
  void report(const tg::train::EpochReport& r) {
    const double speed = r.train.samples_per_second * o_.steps;
    progress_.end(fmt::format("perplexity {:.2f}   held out: {:.2f}   {:.0f} characters/s",
                              r.train.metrics[0], r.validation->metrics[0], speed));
    json_->write({{"epoch", r.epoch + 1},
                  {"train_perplexity", r.train.metrics[0]},
                  {"perplexity", r.validation->metrics[0]},
                  {"characters_per_second", speed}});
    begin_line(r.epoch + 1);
  }
  /// Draws each character from softmax(scores / temperature).
  std::string write() {
    const tg::NoGrad off;
    net_.eval();
    tg::Tensor h = tg::zeros({o_.layers, 1, o_.hidden}), c = zeros_like(h),
               x = unsqueeze(tg::from_vector(written_), 0);
    for (int i = 0; i < o_.sample; ++i) {
      const tg::Tensor scores = net_(x, h, c).select(1, -1);
      x = o_.temperature == 0 ? argmax(scores, 1, tg::keepdim)
                              : multinomial(softmax(scores / o_.temperature, 1), 1);
      written_.push_back(x.item<std::int64_t>());
    }
    return text_.tokenizer().decode(written_);
  }

  const Options& o_;
  tg::train::Progress& progress_;
  CharDataset text_;
  std::vector<Batch> batches_, held_out_;
  tg::text::Ids written_;  ///< the prompt, and then what follows
  Net net_;
  tg::optim::Adam adam_;
  tg::optim::CosineAnnealingLR schedule_;
  tg::train::Perplexity perplexity_;
  common::StepObservers observers_{o_.common, progress_, net_};
  tg::train::Trainer trainer_;
  std::optional<common::JsonLines> json_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common, [&] {
    if (!parse(argc, argv, options)) return 0;
    tg::train::Progress progress(options.common.quiet, "characters");
    tg::manual_seed(options.common.seed);
    tg::train::watch_signals();
    return Training(options, progress).run();
  });
}
