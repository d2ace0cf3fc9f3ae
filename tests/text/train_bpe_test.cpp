// SPDX-License-Identifier: MIT
// Training a byte-pair encoding: the merges are those of tokenizers' BpeTrainer, and of a reference
// that counts all pairs again for each merge.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <random>

#include "fixtures.h"
#include "text/byte_alphabet.h"
#include "text/pre_tokenizer.h"
#include "tinygrad/text/vocabulary.h"

namespace {

using namespace tinygrad;
using namespace tinygrad::text;
using test::expected;

using Merges = std::vector<std::pair<std::string, std::string>>;
using Word = std::vector<std::string>;

/// The definition: of the pairs of ids, the most frequent, and of those the smallest.
struct Reference {
  std::vector<std::string> tokens;
  std::vector<Word> words;
  std::map<std::string, std::size_t> ids;

  explicit Reference(const std::string& text) {
    for (const unsigned char byte : bytes_in_order()) add(byte_alphabet()[byte]);
    const Splitter splitters[] = {split_gpt2};
    split(text, std::span<const Splitter>(splitters), [&](std::string_view word) {
      words.emplace_back();
      for (const char byte : word) words.back().push_back(to_alphabet({&byte, 1}));
    });
  }
  void add(const std::string& token) {
    if (ids.emplace(token, tokens.size()).second) tokens.push_back(token);
  }
  std::pair<std::string, std::string> most_frequent() const {
    std::map<std::pair<std::size_t, std::size_t>, int> counts;
    for (const Word& word : words)
      for (std::size_t i = 1; i < word.size(); ++i)
        ++counts[{ids.at(word[i - 1]), ids.at(word[i])}];
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return {tokens[most->first.first], tokens[most->first.second]};
  }
  void merge(const std::string& left, const std::string& right) {
    for (Word& word : words) {
      Word merged;
      for (std::size_t i = 0; i < word.size(); ++i) {
        const bool both = i + 1 < word.size() && word[i] == left && word[i + 1] == right;
        merged.push_back(both ? left + right : word[i]);
        i += both;
      }
      word = merged;
    }
    add(left + right);
  }
};

TEST(train_bpe, is_equal_to_tokenizers) {
  const auto& train = expected().at("train");
  const BpeVocabulary made = train_bpe(train.at("text").get<std::string>(), 330);
  EXPECT_EQ(made.merges, train.at("merges").get<Merges>());
  EXPECT_EQ(made.tokens.size(), 330u);
}

std::string random_text(unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "aaabbc  de'sé"[random() % 14];
  return text;
}

TEST(train_bpe, is_equal_to_the_definition) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    const std::string text = random_text(seed);
    const BpeVocabulary made = train_bpe(text, 380);
    Reference reference(text);
    for (const auto& [left, right] : made.merges) {
      ASSERT_EQ(std::pair(left, right), reference.most_frequent());
      reference.merge(left, right);
    }
    EXPECT_EQ(made.tokens, reference.tokens);
  }
}

TEST(train_bpe, ends_if_no_pair_is_left) {
  EXPECT_EQ(train_bpe("abab", 1000).merges, (Merges{{"a", "b"}, {"ab", "ab"}}));
  EXPECT_EQ(train_bpe("", 1000).tokens.size(), 256u);
  EXPECT_THROW(train_bpe("a", 255), ArgumentError);
  EXPECT_THROW(train_bpe("a", 300, "none"), ArgumentError);
}

TEST(train_bpe, is_saved_and_loaded) {
  const std::string folder = testing::TempDir() + "train_bpe_test", text = random_text(9);
  const BpeVocabulary made = train_bpe(text, 300);
  save_bpe(made, folder);
  const auto loaded = load_tokenizer(folder), direct = byte_level_bpe(made);
  std::filesystem::remove_all(folder);
  EXPECT_EQ(loaded->encode(text), direct->encode(text));
  EXPECT_LT(loaded->encode(text).size(), text.size());
  EXPECT_EQ(loaded->decode(loaded->encode(text)), text);
}

}  // namespace
