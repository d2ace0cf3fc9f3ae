// SPDX-License-Identifier: MIT
// Fine-tunes a language model by LoRA: on a text, or on prompts and their answers, of which only
// the tokens of the answers count.
#pragma once
#include <tinygrad/models/auto.h>
#include <tinygrad/models/lora.h>
#include <tinygrad/text/chat_template.h>
#include <tinygrad/tinygrad.h>
#include <tinygrad/train/train.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace chat {

namespace tg = tinygrad;
namespace models = tinygrad::models;
using tg::text::Ids;

struct FinetuneOptions {
  std::string file = {}, system = {};
  int epochs = 3;
  std::int64_t batch = 4, length = 256, rank = 8;
  double lr = 1e-3;
};

/// A message and its answer; a text has only an answer.
struct Pair {
  std::string prompt = {}, answer = {};
};

/// The pairs of a file *.jsonl, {"prompt": "...", "answer": "..."} in each line, or the text of
/// any other file. Throws IoError that names the line.
inline std::vector<Pair> read_pairs(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  tg::require<tg::IoError>(!text.empty(), "--finetune", file, " is empty or cannot be read");
  if (!file.ends_with(".jsonl")) return {{.answer = text}};
  std::vector<Pair> pairs;
  std::istringstream lines(text);
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto part = [&](const char* key) {
      const bool is_there = json.is_object() && json.contains(key) && json[key].is_string();
      tg::require<tg::IoError>(is_there, "--finetune", file, ", line ", number,
                               ": expected {\"prompt\": \"...\", \"answer\": \"...\"}");
      return json[key].get<std::string>();
    };
    pairs.push_back({part("prompt"), part("answer")});
  }
  return pairs;
}

/// Tokens, of which those from `begin` on are to be predicted from those before them.
struct Example {
  Ids ids;
  std::size_t begin = 1;
};

/// A text, cut into pieces: the last token of each is the first of the next.
inline std::vector<Example> pieces(const Ids& ids, std::int64_t length) {
  std::vector<Example> all;
  for (std::int64_t i = 0; i + 1 < std::ssize(ids); i += length)
    all.push_back({Ids(ids.begin() + i, ids.begin() + std::min(i + length + 1, std::ssize(ids)))});
  return all;
}

/// A conversation of two messages, as the model's template writes it; the answer ends with the
/// token that ends generation. Tokens beyond length + 1 are left out.
inline Example conversation(const models::LanguageModel& m, const Pair& pair,
                            const std::string& system, std::int64_t length) {
  std::string prompt = pair.prompt, answer = pair.answer;
  if (!m.chat_template.empty()) {
    std::vector<tg::text::Message> messages;
    if (!system.empty()) messages.push_back({"system", system});
    messages.push_back({"user", pair.prompt});
    prompt = apply_chat_template(m.chat_template, messages);
    messages.push_back({"assistant", pair.answer});
    answer = apply_chat_template(m.chat_template, messages, false).substr(prompt.size());
    if (answer.ends_with('\n')) answer.pop_back();
  }
  const auto encode = [&](const std::string& text) {
    return m.tokenizer->encode(text, {.add_special_tokens = false});
  };
  Ids ids = encode(prompt);
  const std::size_t begin = std::max<std::size_t>(ids.size(), 1);
  for (const std::int64_t id : encode(answer)) ids.push_back(id);
  if (m.chat_template.empty() && !m.model->eos_token_ids.empty())
    ids.push_back(m.model->eos_token_ids[0]);
  tg::require(std::ssize(ids) > 1 && std::int64_t(begin) <= length, "--length", "a prompt has ",
              begin, " tokens, and an example at most ", length);
  ids.resize(std::min(ids.size(), std::size_t(length) + 1));
  return {ids, begin};
}

inline std::vector<Example> examples(const models::LanguageModel& m, const std::vector<Pair>& pairs,
                                     const FinetuneOptions& o) {
  if (pairs.size() == 1 && pairs[0].prompt.empty())
    return pieces(m.tokenizer->encode(pairs[0].answer), o.length);
  std::vector<Example> all;
  for (const Pair& pair : pairs) all.push_back(conversation(m, pair, o.system, o.length));
  return all;
}

/// The sum of -log p over the tokens that are to be predicted.
inline tg::Tensor loss_sum(models::CausalLM& model, const Example& example) {
  const auto end = std::ssize(example.ids), begin = std::int64_t(example.begin);
  const tg::Tensor ids = tg::tensor(example.ids).to(tg::default_device()).reshape({1, end}),
                   h = model.hidden_states(ids.slice(1, 0, end - 1)),
                   scores = model.logits(h[0].slice(0, begin - 1, end - 1));
  return cross_entropy(scores, ids[0].slice(0, begin, end), tg::Reduction::sum);
}

/// Trains an adapter: batches are the sums of the gradients of their examples, so that no example
/// is padded. The learning rate falls to zero in a line.
class Finetuning {
 public:
  Finetuning(models::CausalLM& model, models::Lora& lora, std::vector<Example> all,
             const FinetuneOptions& o)
      : model_(model), o_(o), adam_(lora.parameters(), {.lr = o.lr}), examples_(std::move(all)) {
    const std::int64_t n = std::ssize(examples_);
    tg::require(n > 0, "--finetune", o.file, " has nothing to learn from");
    steps_ = o.epochs * ((n + o.batch - 1) / o.batch);
  }
  std::int64_t tokens() const {
    std::int64_t sum = 0;
    for (const Example& e : examples_) sum += std::ssize(e.ids) - std::int64_t(e.begin);
    return sum;
  }
  std::int64_t size() const { return std::ssize(examples_); }

  /// One pass over all examples in a new order. Returns the mean loss of a token; calls
  /// on_batch(examples so far, mean loss so far) after each step.
  template <class F> double epoch(const F& on_batch) {
    model_.train();
    double sum = 0, count = 0;
    const auto order = tg::randperm(size()).to_vector<std::int64_t>();
    for (std::size_t i = 0; i < order.size(); i += std::size_t(o_.batch)) {
      const std::size_t end = std::min(i + std::size_t(o_.batch), order.size());
      std::vector<const Example*> batch;
      double tokens = 0;
      for (std::size_t k = i; k < end; ++k) {
        batch.push_back(&examples_[std::size_t(order[k])]);
        tokens += double(batch.back()->ids.size() - batch.back()->begin);
      }
      adam_.zero_grad();
      for (const Example* example : batch) {
        const tg::Tensor loss = loss_sum(model_, *example) / tokens;
        loss.backward();
        sum += loss.item<double>() * tokens;
      }
      count += tokens;
      adam_.set_lr(o_.lr * (1 - double(step_++) / double(steps_)));
      adam_.step();
      on_batch(std::int64_t(end), sum / count);
    }
    model_.eval();
    return sum / count;
  }

 private:
  models::CausalLM& model_;
  const FinetuneOptions& o_;
  tg::optim::AdamW adam_;
  std::vector<Example> examples_;
  std::int64_t step_ = 0, steps_ = 0;
};

}  // namespace chat
