// SPDX-License-Identifier: MIT
// Trains a byte-pair encoding. A merge changes only the words that have its pair, so the counts of
// pairs are kept, and those words' pairs are subtracted, merged, and added again.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <queue>
#include <tuple>
#include <unordered_map>

#include "byte_alphabet.h"
#include "pre_tokenizer.h"
#include "tinygrad/io/file.h"
#include "tinygrad/text/vocabulary.h"

namespace tinygrad::text {
namespace {

using Symbols = std::vector<std::int32_t>;
using Pair = std::uint64_t;  // left << 32 | right

Pair pair_of(std::int32_t left, std::int32_t right) {
  return Pair(left) << 32 | std::uint32_t(right);
}

struct TrainingWord {
  Symbols symbols;
  std::int64_t count;  // in the text
};

/// How often a pair was counted; the counts may have changed since.
struct Frequent {
  std::int64_t count;
  Pair pair;
  bool operator<(const Frequent& other) const {
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

class Trainer {
 public:
  explicit Trainer(std::vector<TrainingWord> words) : words_(std::move(words)) {
    for (std::size_t i = 0; i < words_.size(); ++i) add_pairs(i, +1);
    for (const auto& [pair, count] : counts_) queue_.push({count, pair});
  }
  /// The most frequent pair, or nothing.
  std::optional<Pair> next() {
    while (!queue_.empty()) {
      const Frequent top = queue_.top();
      queue_.pop();
      const std::int64_t count = counts_[top.pair];
      if (count == top.count) return top.pair;
      if (count > 0) queue_.push({count, top.pair});
    }
    return std::nullopt;
  }
  void merge(Pair pair, std::int32_t whole) {
    std::vector<std::size_t> places = std::move(places_[pair]);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    for (const std::size_t place : places) {
      add_pairs(place, -1);
      merge(words_[place].symbols, pair, whole);
      add_pairs(place, +1);
      for_each_pair(words_[place].symbols, [&](Pair p) {  // only pairs with the new symbol are new
        if (std::int32_t(p >> 32) == whole || std::int32_t(p) == whole)
          places_[p].push_back(place), queue_.push({counts_[p], p});
      });
    }
    places_.erase(pair), counts_.erase(pair);
  }

 private:
  template <class Use> static void for_each_pair(const Symbols& symbols, const Use& use) {
    for (std::size_t i = 1; i < symbols.size(); ++i) use(pair_of(symbols[i - 1], symbols[i]));
  }
  static void merge(Symbols& symbols, Pair pair, std::int32_t whole) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < symbols.size(); ++out) {
      const bool both = i + 1 < symbols.size() && pair_of(symbols[i], symbols[i + 1]) == pair;
      symbols[out] = both ? whole : symbols[i];
      i += both ? 2 : 1;
    }
    symbols.resize(out);
  }
  void add_pairs(std::size_t place, int sign) {
    const bool first = queue_.empty() && sign > 0;
    for_each_pair(words_[place].symbols, [&](Pair pair) {
      counts_[pair] += sign * words_[place].count;
      if (first) places_[pair].push_back(place);
    });
  }

  std::vector<TrainingWord> words_;
  std::unordered_map<Pair, std::int64_t> counts_;
  std::unordered_map<Pair, std::vector<std::size_t>> places_;  // words that have or had the pair
  std::priority_queue<Frequent> queue_;
};

std::vector<TrainingWord> words_of(std::string_view text, std::span<const Splitter> splitters) {
  std::unordered_map<std::string_view, std::int64_t> counts;
  split(text, splitters, [&](std::string_view word) { ++counts[word]; });
  std::array<std::int32_t, 256> ids;
  for (std::size_t i = 0; i < 256; ++i) ids[bytes_in_order()[i]] = std::int32_t(i);
  std::vector<TrainingWord> words;
  for (const auto& [word, count] : counts) {
    words.push_back({{}, count});
    for (const char byte : word)
      words.back().symbols.push_back(ids[static_cast<unsigned char>(byte)]);
  }
  return words;
}

}  // namespace

BpeVocabulary train_bpe(std::string_view text, std::int64_t vocab_size, const std::string& split,
                        SourceLocation location) {
  const Call call{"train_bpe", location};
  const std::vector<Splitter> splitters = splitters_by_name(split);
  require(!splitters.empty(), call, "the pre-tokenizer ", in_quotes(split),
          " is not known, expected one of ", splitter_names());
  require(vocab_size >= 256 && vocab_size < 1 << 30, call,
          "expected a vocab_size of at least 256, the bytes, got ", vocab_size);
  BpeVocabulary made;
  for (const unsigned char byte : bytes_in_order()) made.tokens.push_back(byte_alphabet()[byte]);
  Trainer trainer(words_of(text, splitters));
  std::unordered_map<std::string, std::int32_t> ids;  // two pairs may make the same token
  while (std::int64_t(made.tokens.size()) < vocab_size) {
    const std::optional<Pair> pair = trainer.next();
    if (!pair) break;
    const auto &left = made.tokens[*pair >> 32], &right = made.tokens[std::uint32_t(*pair)];
    made.merges.emplace_back(left, right);
    const auto [entry, is_new] = ids.try_emplace(left + right, std::int32_t(made.tokens.size()));
    trainer.merge(*pair, entry->second);
    if (is_new) made.tokens.push_back(entry->first);
  }
  return made;
}

void save_bpe(const BpeVocabulary& vocabulary, const std::string& folder, SourceLocation location) {
  const Call call{"save_bpe", location};
  std::string tokens;
  for (std::size_t i = 0; i < vocabulary.tokens.size(); ++i)
    tokens += (i > 0 ? ",\n" : "{\n") + nlohmann::json(vocabulary.tokens[i]).dump() + ": " +
              std::to_string(i);
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges)
    merges.append(left).append(" ").append(right).append("\n");
  std::filesystem::create_directories(folder);
  write_file(folder + "/vocab.json", tokens + "\n}\n", call);
  write_file(folder + "/merges.txt", merges, call);
}

}  // namespace tinygrad::text
