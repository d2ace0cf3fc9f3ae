// SPDX-License-Identifier: MIT
// Talks: a language model answers in the terminal, token by token. The default is SmolLM2-135M,
// which scripts/fetch_models.sh fetches. With --prompt it answers once; otherwise it reads a
// message from each line. The line of --json has the answers and how fast they came.
#include <fmt/format.h>
#include <tinygrad/models/auto.h>
#include <tinygrad/models/generate.h>
#include <tinygrad/text/chat_template.h>
#include <tinygrad/tinygrad.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

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
};

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
  common::add_options(app, o.common, /*trains=*/false);
  return common::parse(app, o.common, argc, argv);
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
  explicit Chat(const Options& o)
      : o_(o),
        language_(load(o)),
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
  static models::LanguageModel load(const Options& o) {
    tg::require<tg::IoError>(std::filesystem::exists(o.model), "--model", o.model,
                             " is missing; scripts/fetch_models.sh smollm2 fetches the default");
    const bool is_host = tg::default_device() == tg::Device("cpu");
    return models::load_language_model(o.model, {.quantized = is_host && !o.decoded});
  }

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
  models::LanguageModel language_;
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

int chat(const Options& o) {
  const tg::NoGrad off;
  tg::manual_seed(o.common.seed);
  Chat chat(o);
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
  common::JsonLines(o.common, 1).write_final({{"answers", answers}}, o.common.seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  return common::run(options.common,
                     [&] { return parse(argc, argv, options) ? chat(options) : 0; });
}
