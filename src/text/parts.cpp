// SPDX-License-Identifier: MIT
// Puts tokenizers together: merges by their texts or by the tokens' ranks, byte-level BPE, CLIP's,
// BERT's.
#include "parts.h"

#include <algorithm>

#include "byte_alphabet.h"
#include "problem.h"
#include "unicode.h"
#include "wordpiece.h"

namespace tinygrad::text {

std::vector<Bpe::Merge> merges_of_pairs(const Vocabulary& vocabulary, const Pairs& pairs) {
  std::vector<Bpe::Merge> merges;
  merges.reserve(pairs.size());
  for (const auto& pair : pairs) {
    const auto id = [&](const std::string& text) {
      const std::int64_t found = vocabulary.find(text);
      expect(found >= 0, "the merge of ", in_quotes(pair.first), " and ", in_quotes(pair.second),
             " needs ", in_quotes(text), ", which is no token");
      return found;
    };
    merges.push_back({id(pair.first), id(pair.second), id(pair.first + pair.second),
                      std::int64_t(merges.size())});
  }
  return merges;
}

std::pair<std::string, std::string> merge_of_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  expect(space != std::string_view::npos && space > 0 && space + 1 < line.size() &&
             line.find(' ', space + 1) == std::string_view::npos,
         "expected two tokens with a space between them, got the merge ", in_quotes(line));
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

std::vector<Bpe::Merge> merges_of_splits(const Vocabulary& vocabulary,
                                         const std::vector<std::int64_t>& rank_of) {
  constexpr std::size_t longest = 512;  // the work is quadratic in the length
  std::vector<Bpe::Merge> merges;
  for (std::int64_t id = 0; id < vocabulary.size(); ++id) {
    const std::string_view whole = vocabulary[id];
    const std::int64_t rank = rank_of[std::size_t(id)];
    if (rank < 0 || whole.empty()) continue;
    expect(whole.size() <= longest, "the token ", id, " has ", whole.size(),
           " bytes, expected at most ", longest);
    for (std::size_t at = code_point(whole, 0).bytes; at < whole.size();
         at += code_point(whole, at).bytes) {
      const std::int64_t left = vocabulary.find(whole.substr(0, at));
      const std::int64_t right = left < 0 ? -1 : vocabulary.find(whole.substr(at));
      if (right >= 0 && rank_of[std::size_t(left)] >= 0 && rank_of[std::size_t(right)] >= 0)
        merges.push_back({left, right, id, rank});
    }
  }
  return merges;
}

std::unique_ptr<Pipeline> byte_level(std::vector<std::string> tokens, const Pairs& pairs,
                                     std::vector<Splitter> splitters, BpeOptions options) {
  auto made = std::make_unique<Pipeline>(std::move(tokens));
  made->splitters = std::move(splitters);
  made->model = std::make_unique<Bpe>(made->vocabulary, merges_of_pairs(made->vocabulary, pairs),
                                      std::move(options));
  for (std::string& text : made->texts) text = from_alphabet(text);
  return made;
}

std::unique_ptr<Pipeline> clip(std::vector<std::string> tokens, const Pairs& pairs) {
  const auto id = [&](std::string_view token) {
    const auto found = std::find(tokens.begin(), tokens.end(), token);
    expect(found != tokens.end(), "CLIP's token ", std::string(token), " is not there");
    return found - tokens.begin();
  };
  const std::int64_t begin = id("<|startoftext|>"), end = id("<|endoftext|>");
  auto made = byte_level(std::move(tokens), pairs, {split_clip, split_gpt2},
                         {.end_of_word = "</w>", .unknown = end});
  made->normalizers = {[](std::string_view text, bool) { return nfc(text); },
                       [](std::string_view text, bool) { return single_spaces(text); },
                       [](std::string_view text, bool) { return lower_case(text); }};
  for (std::string& text : made->texts) text = replace_all(text, "</w>", " ");
  made->join = Join::trim;
  made->prefix = {begin}, made->suffix = {end};
  for (const std::int64_t special : {begin, end})
    made->add({.id = special, .text = made->vocabulary[special], .special = true});
  return made;
}

void join_wordpiece(Pipeline& pipeline, std::string_view prefix, bool cleanup) {
  pipeline.join = Join::first_as_written;
  for (std::string& text : pipeline.texts) {
    if (text.starts_with(prefix)) {
      text.erase(0, prefix.size());
      continue;
    }
    text.insert(0, 1, ' ');
    if (!cleanup) continue;
    for (const char* before : {" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"})
      if (text.starts_with(before)) text.erase(0, 1);
  }
}

std::unique_ptr<Pipeline> bert(std::vector<std::string> tokens) {
  auto made = std::make_unique<Pipeline>(std::move(tokens));
  const auto id = [&](const char* token) {
    const std::int64_t found = made->vocabulary.find(token);
    expect(found >= 0, "the token ", token, " is not in the vocabulary");
    return found;
  };
  made->normalizers = {BertNormalizer()};
  made->splitters = {split_bert};
  made->model = std::make_unique<WordPiece>(made->vocabulary, id("[UNK]"));
  made->prefix = {id("[CLS]")}, made->suffix = {id("[SEP]")};
  for (const char* token : {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"})
    if (const std::int64_t found = made->vocabulary.find(token); found >= 0)
      made->add({.id = found, .text = token, .special = true});
  join_wordpiece(*made, "##", true);
  return made;
}

}  // namespace tinygrad::text
