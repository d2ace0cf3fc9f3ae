// SPDX-License-Identifier: MIT
// Tests SmolLM2-135M-Instruct, if scripts/fetch_models.sh has fetched it, against what transformers
// computes with the same file (make_fixtures.py smollm2), and MiniLM's cosines.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "models/fixtures.h"
#include "tinygrad/models/auto.h"
#include "tinygrad/models/bert.h"
#include "tinygrad/models/generate.h"
#include "tinygrad/text/chat_template.h"

namespace tinygrad::models {
namespace {

using Ids = std::vector<std::int64_t>;

std::string model_path(const std::string& name) {
  const char *models = std::getenv("TINYGRAD_MODELS"), *home = std::getenv("HOME");
  return (models ? std::string(models)
                 : std::string(home ? home : "") + "/.cache/tinygrad/models") +
         "/" + name;
}

/// TINYGRAD_TEST_FULL=1 tests all that the fixture has, which takes minutes.
bool is_full() {
  const char* full = std::getenv("TINYGRAD_TEST_FULL");
  return full && full == std::string("1");
}

class SmolLM2 : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "scripts/fetch_models.sh fetches it";
  }
  /// The scores after the last of the ids.
  static Tensor last_scores(CausalLM& model, const Ids& ids) {
    const Tensor h = model.hidden_states(tensor(ids).reshape({1, std::ssize(ids)}));
    return model.logits(h.slice(1, -1, h.size(1)))[0][0];
  }
  const NoGrad off;
  const std::string path = model_path("SmolLM2-135M-Instruct.Q4_1.gguf");
  const nlohmann::json judge = read_json("smollm2.json");
  const Ids prompt = {504, 3575, 282, 4649, 314};  // "The capital of France is"
};

TEST_F(SmolLM2, has_the_scores_of_transformers) {
  auto [model, tokenizer, chat_template] = load_language_model(path);
  EXPECT_EQ(chat_template, "chatml");
  EXPECT_EQ(tokenizer->encode("The capital of France is"), prompt);
  const auto best = topk(last_scores(*model, prompt), 5);
  EXPECT_EQ(best.indices.to_vector<std::int64_t>(), judge["best"].get<Ids>());
  const auto scores = best.values.to_vector<float>();
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(scores[i], judge["scores"][i].get<double>(), 1e-3) << i;
}

// The fixture has the tokens, and the steps at which the two best scores are within 1e-3.
TEST_F(SmolLM2, writes_what_transformers_writes) {
  auto [model, tokenizer, chat_template] = load_language_model(path);
  model->eos_token_ids.clear();
  KvCache cache = model->make_cache(128);
  for (std::size_t i = 0; i < (is_full() ? judge["answers"].size() : 2); ++i) {
    const auto& answer = judge["answers"][i];
    const auto ids = answer["ids"].get<Ids>(), expected = answer["tokens"].get<Ids>();
    EXPECT_EQ(tokenizer->encode(answer["prompt"].get<std::string>()), ids);
    cache.truncate(0);
    const Ids written = generate(*model, cache, ids, {.max_new_tokens = 64});
    const auto parts = std::ranges::mismatch(written, expected).in1 - written.begin();
    const auto close = answer["close"].get<Ids>();
    EXPECT_TRUE(parts == 64 || std::ranges::count(close, parts) > 0)
        << answer["prompt"] << " parts at token " << parts;
  }
}

TEST_F(SmolLM2, answers) {
  auto [model, tokenizer, chat_template] = load_language_model(path, {.quantized = true});
  const std::string text =
      text::apply_chat_template(chat_template, {{"user", "What is the capital of France?"}});
  const Ids ids = tokenizer->encode(text, {.add_special_tokens = false});
  KvCache cache = model->make_cache(256);
  text::StreamDecoder decoder(*tokenizer);
  std::string answer;
  generate(*model, cache, ids, {.max_new_tokens = 64}, [&](std::int64_t token) {
    answer += decoder.push(token);  // a program prints this
    return true;
  });
  EXPECT_EQ(answer, "The capital of France is Paris.");
}

// 5 bits a weight are those of the file; inputs of products are rounded to 8 bits.
TEST_F(SmolLM2, log_probabilities_with_blocks_kept) {
  auto [model, tokenizer, chat_template] = load_language_model(path, {.quantized = true});
  const Tensor log_p = log_softmax(last_scores(*model, prompt), 0);
  EXPECT_NEAR(log_p[7042].item<float>(), -0.2581, 0.05);
}

/// The mean loss of windows of 512 tokens of the last tenth of tinyshakespeare.
void expect_losses(CausalLM& model, const text::Tokenizer& tokenizer, const nlohmann::json& judge,
                   std::size_t windows, double tolerance) {
  const char* folder = std::getenv("TINYGRAD_DATA");
  std::ifstream file(std::string(folder ? folder : "") + "/tinyshakespeare/input.txt");
  if (!file) GTEST_SKIP() << "$TINYGRAD_DATA has no tinyshakespeare";
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const Ids ids = tokenizer.encode(text.substr(text.size() * 9 / 10));
  ASSERT_EQ(ids.size(), judge["tokens"].get<std::size_t>());
  double difference = 0;
  windows = std::min(windows, judge["losses"].size());
  for (std::size_t i = 0; i < windows; ++i) {
    const auto begin = ids.begin() + std::ptrdiff_t(512 * i);
    const Tensor x = tensor(Ids(begin, begin + 512));
    const Tensor scores = model(x.reshape({1, 512}))[0];
    const Tensor loss = cross_entropy(scores.slice(0, 0, 511), x.slice(0, 1, 512));
    difference += (loss.item<double>() - judge["losses"][i].get<double>()) / double(windows);
  }
  // A difference of the mean losses is the relative difference of the perplexities.
  EXPECT_LT(std::abs(difference), tolerance);
}
std::size_t windows() { return is_full() ? 1000 : 2; }

TEST_F(SmolLM2, perplexity_with_decoded_weights) {
  auto [model, tokenizer, chat_template] = load_language_model(path);
  expect_losses(*model, *tokenizer, judge, windows(), 0.001);
}
TEST_F(SmolLM2, perplexity_with_blocks_kept) {
  auto [model, tokenizer, chat_template] = load_language_model(path, {.quantized = true});
  expect_losses(*model, *tokenizer, judge, windows(), 0.01);
}

TEST(MiniLM, cosines) {
  const NoGrad off;
  const std::string path = model_path("all-MiniLM-L6-v2");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "scripts/fetch_models.sh fetches it";
  const auto module = load_pretrained(path);
  const auto tokenizer = text::load_tokenizer(path);
  std::vector<Tensor> rows;
  for (const char* sentence :
       {"A man is eating food.", "Someone has a meal.", "The stock market fell today."}) {
    const Ids ids = tokenizer->encode(sentence);
    const Tensor x = tensor(ids).reshape({1, std::ssize(ids)});
    rows.push_back(sentence_embeddings(dynamic_cast<Bert&>(*module)(x), ones_like(x)));
  }
  const Tensor all = cat(rows, 0), cosines = matmul(all, all.transpose(0, 1));
  // Those of transformers, with the mean of the last hidden states.
  EXPECT_NEAR(cosines[0][1].item<float>(), 0.6795, 1e-4);
  EXPECT_NEAR(cosines[0][2].item<float>(), -0.0170, 1e-4);
  EXPECT_NEAR(cosines[1][2].item<float>(), -0.0344, 1e-4);
}

}  // namespace
}  // namespace tinygrad::models
