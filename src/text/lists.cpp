// SPDX-License-Identifier: MIT
// Makes tokenizers from lists: a trained BPE, and the lists of a GGUF file.
#include <algorithm>

#include "parts.h"
#include "problem.h"
#include "tinygrad/text/vocabulary.h"

namespace tinygrad::text {
namespace {

std::vector<Splitter> splitters(const std::string& name) {
  std::vector<Splitter> found = splitters_by_name(name);
  expect(!found.empty(), "the pre-tokenizer ", in_quotes(name), " is not known, expected one of ",
         splitter_names());
  return found;
}

Ids around(const TokenLists& lists, bool add, std::int64_t id) {
  expect(!add || (id >= 0 && id < std::int64_t(lists.tokens.size())), "the token ", id,
         " that is added to a text is not one of ", lists.tokens.size(), " tokens");
  return add ? Ids{id} : Ids{};
}

std::unique_ptr<Tokenizer> gpt2(const TokenLists& lists) {
  Pairs pairs;
  for (const std::string& merge : lists.merges) pairs.push_back(merge_of_line(merge));
  auto made = byte_level(lists.tokens, pairs, splitters(lists.pre));
  for (std::size_t i = 0; i < lists.types.size(); ++i) {
    const auto kind = Piece::Kind(lists.types[i]);
    if (kind == Piece::Kind::control || kind == Piece::Kind::user_defined)
      made->add({.id = std::int64_t(i),
                 .text = lists.tokens[i],
                 .special = kind == Piece::Kind::control});
  }
  made->prefix = around(lists, lists.add_bos, lists.bos);
  made->suffix = around(lists, lists.add_eos, lists.eos);
  return made;
}

std::unique_ptr<Tokenizer> llama(const TokenLists& lists) {
  expect(lists.scores.size() == lists.tokens.size(), "expected a score for each of ",
         lists.tokens.size(), " tokens, got ", lists.scores.size());
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < lists.tokens.size(); ++i) {
    const auto kind = lists.types.empty() ? Piece::Kind::normal : Piece::Kind(lists.types[i]);
    pieces.push_back({lists.tokens[i], lists.scores[i], kind});
  }
  return sentencepiece(std::move(pieces),
                       {.bpe = true,
                        .byte_fallback = true,
                        .dummy_prefix = lists.add_space_prefix,
                        .remove_spaces = false},
                       true, around(lists, lists.add_bos, lists.bos),
                       around(lists, lists.add_eos, lists.eos));
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const TokenLists& lists, SourceLocation location) {
  return or_argument_error({"make_tokenizer", location}, [&] {
    expect(lists.types.empty() || lists.types.size() == lists.tokens.size(),
           "expected a type for each of ", lists.tokens.size(), " tokens, got ",
           lists.types.size());
    if (lists.model == "gpt2") return gpt2(lists);
    expect(lists.model == "llama", "expected the model \"gpt2\" or \"llama\", got ",
           in_quotes(lists.model));
    return llama(lists);
  });
}

std::unique_ptr<Tokenizer> byte_level_bpe(const BpeVocabulary& vocabulary, const std::string& split,
                                          const std::vector<std::string>& special,
                                          SourceLocation location) {
  return or_argument_error({"byte_level_bpe", location}, [&] {
    auto made = byte_level(vocabulary.tokens, vocabulary.merges, splitters(split));
    for (const std::string& token : special) {
      const std::int64_t id = made->vocabulary.find(token);
      expect(id >= 0, "the special token ", in_quotes(token), " is not in the vocabulary");
      made->add({.id = id, .text = token, .special = true});
    }
    return std::unique_ptr<Tokenizer>(std::move(made));
  });
}

}  // namespace tinygrad::text
