// SPDX-License-Identifier: MIT
// Talks: a language model answers in the terminal, token by token. The default is SmolLM2-135M,
// which scripts/fetch_models.sh fetches. With --prompt it answers once; otherwise it reads a
// message from each line. The line of --json has the answers and how fast they came. With
// --finetune it first learns from a file, and writes what it learned as an adapter.
#include <fmt/format.h>
#include <tinygrad/models/generate.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "chat_finetune.h"
#include "common/json_lines.h"
#include "common/models_folder.h"
#include "common/program.h"

namespace {

namespace tg = tinygrad;
namespace models = tinygrad::models;
using tg::text::Ids;
using Clock = std::chrono::steady_clock;

struct Options {
  common::Options common = {.program = "chat"};
  std::string model = common::models_folder() + "/SmolLM2-135M-Instruct.Q4_1.gguf";
  std::string prompt = {}, system = "You are a helpful AI assistant.";
  std::int64_t tokens = 256, context = 2048;
  models::SamplingOptions sampling = {.temperature = 0.2, .top_p = 0.9};
  bool decoded = false;
  std::string adapter = {};
  chat::FinetuneOptions finetune = {};
};

void add_finetune_options(CLI::App& app, Options& o) {
  const auto positive = CLI::Range(1, 1 << 20);
  app.add_option("--adapter", o.adapter, "an adapter of LoRA, which --finetune writes")
      ->type_name("DIR");
  app.add_option("--finetune", o.finetune.file,
                 "learn from a text, or from {\"prompt\": ..., \"answer\": ...} in each line of a "
                 "file *.jsonl")
      ->type_name("FILE");
  app.add_option("--epochs", o.finetune.epochs, "how often to read it")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--batch", o.finetune.batch, "examples of a step")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--length", o.finetune.length, "the most tokens of an example")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--rank", o.finetune.rank, "of the matrices that are trained")
      ->check(positive)
      ->capture_default_str();
  app.add_option("--lr", o.finetune.lr, "the learning rate")
      ->check(CLI::Range(1e-12, 1e3))
      ->capture_default_str();
}

bool parse(int argc, char** argv, Options& o) {
  CLI::App app("A language model that answers.", o.common.program);
  app.add_option("--model", o.model, "a GGUF file, or a folder with config.json")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--prompt", o.prompt, "answer this once")->type_name("TEXT");
  app.add_option("--system", o.system, "what the model is told first; may be empty")
      ->type_name("TEXT")
      ->capture_default_str();
  app.add_option("--tokens", o.tokens, "the longest answer")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  app.add_option("--context", o.context, "tokens of the conversation that the model remembers")
      ->check(CLI::Range(16, 1 << 20))
      ->capture_default_str();
  app.add_option("--temperature", o.sampling.temperature,
                 "below 1 writes what is likelier; 0 the likeliest")
      ->check(CLI::Range(0., 100.))
      ->capture_default_str();
  app.add_option("--top-k", o.sampling.top_k, "draw from so many tokens; 0: from all")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  app.add_option("--top-p", o.sampling.top_p, "draw from the likeliest tokens of this probability")
      ->check(CLI::Range(1e-6, 1.))
      ->capture_default_str();
  app.add_flag("--decoded", o.decoded, "compute with the weights in float32, not in blocks");
  add_finetune_options(app, o);
  common::add_options(app, o.common, /*trains=*/false);
  if (!common::parse(app, o.common, argc, argv)) return false;
  o.finetune.system = o.system;
  tg::require(o.finetune.file.empty() || !o.adapter.empty(), "--finetune",
              "needs --adapter, a folder for what the model learned");
  return true;
}

models::LanguageModel load(const Options& o) {
  tg::require<tg::IoError>(std::filesystem::exists(o.model), "--model", o.model,
                           " is missing; scripts/fetch_models.sh smollm2 fetches the default");
  const bool is_host = tg::default_device() == tg::Device("cpu");
  return models::load_language_model(o.model, {.quantized = is_host && !o.decoded});
}

struct Answer {
  std::string text = {};
  std::int64_t prompt_tokens = 0, tokens = 0;
  double prompt_seconds = 0, seconds = 0;
  double prompt_speed() const { return double(prompt_tokens) / std::max(prompt_seconds, 1e-9); }
  /// Of the tokens after the first, which the prompt gave.
  double speed() const { return double(tokens - 1) / std::max(seconds, 1e-9); }
};

class Chat {
 public:
  Chat(const Options& o, const models::LanguageModel& language)
      : o_(o),
        language_(language),
        cache_(language_.model->make_cache(std::min(o.context, language_.model->max_positions()))) {
    if (!o.system.empty()) messages_.push_back({"system", o.system});
  }

  /// Writes the answer to standard output while it is generated.
  Answer answer(const std::string& message) {
    messages_.push_back({"user", message});
    const Ids unread = read_prefix(prompt());
    Answer answer{.prompt_tokens = std::ssize(unread)};
    tg::text::StreamDecoder decoder(*language_.tokenizer);
    const auto write = [&](const std::string& text) {
      answer.text += text;
      std::cout << text << std::flush;
    };
    const auto begin = Clock::now();
    const auto seconds = [&] {
      return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    const auto on_token = [&](std::int64_t token) {
      if (answer.tokens++ == 0) answer.prompt_seconds = seconds();
      write(decoder.push(token));
      return true;
    };
    const Ids generated =
        models::generate(*language_.model, cache_, unread,
                         {.max_new_tokens = o_.tokens, .sampling = o_.sampling}, on_token);
    write(decoder.finish() + "\n");
    answer.seconds = seconds() - answer.prompt_seconds;
    read_.insert(read_.end(), generated.begin(), generated.end() - 1);
    messages_.push_back({"assistant", answer.text.substr(0, answer.text.size() - 1)});
    return answer;
  }

 private:
  /// The ids of the conversation, or of its last messages that leave room for an answer.
  Ids prompt() {
    const std::int64_t room = cache_.capacity() - std::min(o_.tokens, cache_.capacity() / 2);
    Ids ids = encode();
    while (std::ssize(ids) > room && messages_.size() > 2) {
      const auto oldest = messages_.begin() + (messages_[0].role == "system");
      messages_.erase(oldest, std::min(oldest + 2, messages_.end() - 1));
      ids = encode();
    }
    tg::require(std::ssize(ids) <= room, "--context", "the message has ", ids.size(),
                " tokens, and there is room for ", room, "; a larger one has more");
    return ids;
  }
  /// A model without a template goes on from the text itself.
  Ids encode() const {
    if (language_.chat_template.empty())
      return language_.tokenizer->encode(messages_.back().content);
    return language_.tokenizer->encode(
        tg::text::apply_chat_template(language_.chat_template, messages_),
        {.add_special_tokens = false});
  }
  /// Keeps what the cache has of these ids, and returns the others, at least the last.
  Ids read_prefix(const Ids& ids) {
    const auto [own, given] = std::ranges::mismatch(read_, Ids(ids.begin(), ids.end() - 1));
    const auto same = own - read_.begin();
    cache_.truncate(same);
    read_ = ids;
    return Ids(ids.begin() + same, ids.end());
  }

  const Options& o_;
  const models::LanguageModel& language_;
  models::KvCache cache_;
  Ids read_ = {};  ///< those whose keys and values are in the cache
  std::vector<tg::text::Message> messages_ = {};
};

void print_speed(const Answer& a) {
  fmt::print("\n[{} tokens, {:.1f} tokens/s; prompt {} tokens, {:.1f} tokens/s]\n", a.tokens,
             a.speed(), a.prompt_tokens, a.prompt_speed());
}

nlohmann::ordered_json json(const Answer& a) {
  return {{"text", a.text},
          {"tokens", a.tokens},
          {"tokens_per_second", a.speed()},
          {"prompt_tokens", a.prompt_tokens},
          {"prompt_tokens_per_second", a.prompt_speed()}};
}

/// The next line that is not empty; nothing at the end.
std::optional<std::string> next_message(bool prompts) {
  for (std::string line;;) {
    if (prompts) std::cout << "> " << std::flush;
    if (!std::getline(std::cin, line)) return {};
    if (!line.empty()) return line;
  }
}

/// Answers --prompt, or each line of the standard input.
nlohmann::ordered_json answers(const Options& o, const models::LanguageModel& language) {
  const tg::NoGrad off;
  Chat chat(o, language);
  nlohmann::ordered_json answers = nlohmann::ordered_json::array();
  const auto answer = [&](const std::string& message) {
    const Answer given = chat.answer(message);
    if (!o.common.quiet) print_speed(given);
    answers.push_back(json(given));
  };
  const bool prompts = isatty(STDIN_FILENO) && !o.common.quiet;
  if (!o.prompt.empty()) answer(o.prompt);
  else
    while (const auto message = next_message(prompts)) answer(*message);
  return answers;
}

/// Trains an adapter, and writes it after each epoch.
models::Lora finetuned(const Options& o, const std::vector<chat::Pair>& pairs,
                       const models::LanguageModel& language, common::JsonLines& lines) {
  const chat::FinetuneOptions& f = o.finetune;
  tg::require(f.length <= language.model->max_positions(), "--length", "the model has ",
              language.model->max_positions(), " positions, not ", f.length);
  models::Lora lora = models::add_lora(
      *language.model,
      {.r = f.rank, .lora_alpha = 2. * double(f.rank), .target_modules = {"all-linear"}});
  chat::Finetuning training(*language.model, lora, chat::examples(language, pairs, f), f);
  tg::train::Progress progress(o.common.quiet, "examples");
  std::int64_t elements = 0;
  for (const tg::Tensor& p : lora.parameters()) elements += p.numel();
  progress.say(fmt::format("{} examples, {} tokens to predict; {} weights of the adapter learn",
                           training.size(), training.tokens(), elements));
  for (int epoch = 1; epoch <= f.epochs; ++epoch) {
    const auto begin = Clock::now();
    const auto speed = [&](std::int64_t done) {
      return double(done) / std::chrono::duration<double>(Clock::now() - begin).count();
    };
    progress.begin(epoch, f.epochs, training.size());
    const double loss = training.epoch([&](std::int64_t done, double so_far) {
      if (progress.is_due()) progress.draw(done, fmt::format("loss {:.4f}", so_far), speed(done));
    });
    const double rate = speed(training.size());
    progress.end(fmt::format("loss {:.4f}   {:.2f} examples/s", loss, rate));
    lines.write({{"epoch", epoch}, {"train_loss", loss}, {"samples_per_second", rate}});
    lora.save_adapter(o.adapter);
  }
  return lora;
}

int chat_or_learn(const Options& o) {
  const bool learns = !o.finetune.file.empty();
  std::vector<chat::Pair> pairs;
  if (learns) pairs = chat::read_pairs(o.finetune.file);
  const models::LanguageModel language = load(o);
  common::JsonLines lines(o.common, 1);
  tg::manual_seed(o.common.seed);
  std::optional<models::Lora> lora;
  if (learns) lora.emplace(finetuned(o, pairs, language, lines));
  else if (!o.adapter.empty()) lora.emplace(models::load_adapter(*language.model, o.adapter));
  nlohmann::ordered_json results = {{"answers", nlohmann::ordered_json::array()}};
  if (!learns || !o.prompt.empty()) results["answers"] = answers(o, language);
  lines.write_final(results, o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common,
                     [&] { return parse(argc, argv, options) ? chat_or_learn(options) : 0; });
}
