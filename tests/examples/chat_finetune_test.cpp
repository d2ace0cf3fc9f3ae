// SPDX-License-Identifier: MIT
// Tests how examples/chat learns, with a small model of random weights that reads bytes.
#include "chat_finetune.h"

#include <gtest/gtest.h>
#include <tinygrad/models/generate.h>
#include <tinygrad/text/vocabulary.h>
#include <unistd.h>

#include <filesystem>

#include "support/message_of.h"

namespace chat {
namespace {

using tinygrad::Tensor;

constexpr std::int64_t im_start = 256, im_end = 257;

models::LanguageModel small_model() {
  auto vocabulary = tg::text::train_bpe("", 256);
  const std::vector<std::string> special = {"<|im_start|>", "<|im_end|>"};
  vocabulary.tokens.insert(vocabulary.tokens.end(), special.begin(), special.end());
  auto model = std::make_unique<models::Llama>(models::LlamaOptions{.vocab_size = 258,
                                                                    .hidden_size = 32,
                                                                    .intermediate_size = 64,
                                                                    .num_hidden_layers = 2,
                                                                    .num_attention_heads = 4});
  for (const Tensor& p : model->parameters())
    if (p.dim() == 2) tg::nn::init::normal_(p.detach(), 0, 0.5);
  model->eos_token_ids = {im_end};
  return {std::move(model), byte_level_bpe(vocabulary, "gpt-2", special), "chatml"};
}
const std::vector<Pair> pairs = {{"a?", "yes"}, {"b?", "no"}, {"c?", "maybe"}};

TEST(ChatFinetune, predicts_the_answer_and_its_end_alone) {
  const auto m = small_model();
  const Example e = conversation(m, pairs[1], "Be brief.", 100);
  const std::string prompt =
      "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nb?<|im_end|>\n"
      "<|im_start|>assistant\n";
  const auto rest = Ids(e.ids.begin() + std::ptrdiff_t(e.begin), e.ids.end());
  EXPECT_EQ(rest, (Ids{'n' - 33, 'o' - 33, im_end}));  // GPT-2 orders the bytes from "!" on
  EXPECT_EQ(
      m.tokenizer->decode(Ids(e.ids.begin(), e.ids.end() - 3), {.skip_special_tokens = false}),
      prompt);
  EXPECT_EQ(e.ids[0], im_start);
  EXPECT_EQ(conversation(m, pairs[1], "", 60).ids.size(), e.ids.size() - 19);  // no system message
  const std::int64_t begin = std::int64_t(e.begin);
  EXPECT_EQ(std::ssize(conversation(m, pairs[1], "Be brief.", begin).ids), begin + 1);
  tg::message_of<tg::ArgumentError>([&] { conversation(m, pairs[1], "Be brief.", begin - 1); });
}

TEST(ChatFinetune, predicts_each_token_of_a_text_once) {
  Ids ids;
  for (std::int64_t i = 0; i < 23; ++i) ids.push_back(i);
  for (const std::int64_t length : {1, 4, 22, 30}) {
    Ids predicted;
    for (const Example& e : pieces(ids, length)) {
      EXPECT_LE(std::ssize(e.ids), length + 1);
      predicted.insert(predicted.end(), e.ids.begin() + std::ptrdiff_t(e.begin), e.ids.end());
    }
    EXPECT_EQ(predicted, Ids(ids.begin() + 1, ids.end())) << length;
  }
}

// The loss is that of all logits, of which those before the answer do not count.
TEST(ChatFinetune, has_the_loss_of_the_answer) {
  const auto m = small_model();
  const Example e = conversation(m, pairs[0], "", 100);
  const auto n = std::ssize(e.ids);
  const Tensor ids = tg::tensor(e.ids).reshape({1, n}),
               p = log_softmax((*m.model)(ids)[0], -1).detach();
  double expected = 0;
  for (std::int64_t i = std::int64_t(e.begin); i < n; ++i)
    expected -= p[i - 1][e.ids[std::size_t(i)]].item<double>();
  EXPECT_NEAR(loss_sum(*m.model, e).item<double>(), expected, 1e-4 * expected);
}

struct Learned {
  std::vector<double> losses;
  tg::NamedTensors adapter;
};
Learned learn(const models::LanguageModel& m, const std::vector<Pair>& all, int epochs,
              const std::string& folder = "") {
  FinetuneOptions o{.epochs = epochs, .batch = 2, .length = 100, .rank = 8, .lr = 0.02};
  models::Lora lora =
      models::add_lora(*m.model, {.r = o.rank, .lora_alpha = 16, .target_modules = {"all-linear"}});
  Finetuning training(*m.model, lora, examples(m, all, o), o);
  EXPECT_EQ(training.size(), std::ssize(all));
  Learned learned;
  for (int i = 0; i < epochs; ++i)
    learned.losses.push_back(training.epoch([](std::int64_t, double) {}));
  learned.adapter = lora.state_dict();
  if (!folder.empty()) lora.save_adapter(folder);
  return learned;
}

TEST(ChatFinetune, learns_answers_and_leaves_the_model_alone) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("tinygrad_adapter_" + std::to_string(getpid())))
          .string();
  tg::manual_seed(1);
  const auto m = small_model();
  tg::NamedTensors before = m.model->state_dict();
  for (auto& [name, t] : before) t = t.clone();
  const std::vector<double> losses = learn(m, {pairs[2]}, 100, folder).losses;
  EXPECT_LT(losses.back(), 0.05) << "it began at " << losses.front();
  const auto after = m.model->state_dict();
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_TRUE(equal(after[i].second, before[i].second)) << before[i].first;

  const models::Lora lora = models::load_adapter(*m.model, folder);
  std::filesystem::remove_all(folder);
  auto cache = m.model->make_cache(200);
  const Ids prompt =
      m.tokenizer->encode(tg::text::apply_chat_template("chatml", {{"user", pairs[2].prompt}}));
  EXPECT_EQ(m.tokenizer->decode(generate(*m.model, cache, prompt, {.max_new_tokens = 8})),
            pairs[2].answer);
}

TEST(ChatFinetune, gives_the_same_bits_for_the_same_seed) {
  const auto m = small_model();
  const auto of_seed = [&](int seed) {
    tg::manual_seed(std::uint64_t(seed));
    return learn(m, pairs, 3);
  };
  const Learned first = of_seed(2), again = of_seed(2);
  EXPECT_EQ(again.losses, first.losses);
  for (std::size_t i = 0; i < first.adapter.size(); ++i)
    EXPECT_TRUE(equal(again.adapter[i].second, first.adapter[i].second));
  EXPECT_NE(of_seed(3).losses, first.losses);
}

TEST(ChatFinetune, reads_each_example_once_in_an_epoch) {
  const auto m = small_model();
  const FinetuneOptions o{.batch = 2, .length = 100};
  models::Lora lora = models::add_lora(*m.model, {.target_modules = {"q_proj"}});
  Finetuning training(*m.model, lora, examples(m, pairs, o), o);
  EXPECT_EQ(training.tokens(), 4 + 3 + 6);
  double loss = 0;
  for (const Pair& pair : pairs)
    loss += loss_sum(*m.model, conversation(m, pair, "", 100)).item<double>() / 13;
  Ids done;
  const double first = training.epoch([&](std::int64_t n, double) { done.push_back(n); });
  EXPECT_EQ(done, (Ids{2, 3}));
  EXPECT_NEAR(first, loss, 0.05 * loss);  // the second batch comes after a step
}

TEST(ChatFinetune, reads_pairs_and_names_a_line_that_is_none) {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("tinygrad_" + std::to_string(getpid()) + ".jsonl"))
          .string();
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    return read_pairs(file);
  };
  const auto all =
      read("{\"prompt\": \"a\", \"answer\": \"b\\n\"}\n\n{\"answer\": \"\", \"prompt\": \"c\"}");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].answer, "b\n");
  EXPECT_EQ(all[1].prompt, "c");
  for (const char* bad :
       {"hello", "[1]", R"({"prompt": "a"})", R"({"prompt": 1, "answer": "b"})"}) {
    const std::string text = std::string(R"({"prompt": "a", "answer": "b"})") + "\n" + bad;
    const std::string why = tg::message_of<tg::IoError>([&] { read(text); });
    EXPECT_NE(why.find("line 2"), std::string::npos) << why;
  }
  std::filesystem::remove(file);
  tg::message_of<tg::IoError>([&] { read_pairs(file); });
}

}  // namespace
}  // namespace chat
