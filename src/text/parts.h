// SPDX-License-Identifier: MIT
// What the readers of the different formats share: tokenizers are put together from their parts.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bpe.h"
#include "pipeline.h"
#include "unigram.h"

namespace tinygrad::text {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// The merges whose texts are given in the order of their ranks; `glue` is what the left text of
/// CLIP's and the right text of WordPiece-like vocabularies lose when they are joined. Throws
/// Problem if a text or the two together are no token.
std::vector<Bpe::Merge> merges_of_pairs(const Vocabulary& vocabulary, const Pairs& pairs);
/// Reads "left right".
std::pair<std::string, std::string> merge_of_line(std::string_view line);
/// Every way to put a token together from two others; rank_of(id) is the rank of the whole, or -1
/// if it, or what it is a part of, is not merged.
std::vector<Bpe::Merge> merges_of_splits(const Vocabulary& vocabulary,
                                         const std::vector<std::int64_t>& rank_of);

/// A byte-level BPE with nothing added.
std::unique_ptr<Pipeline> byte_level(std::vector<std::string> tokens, const Pairs& pairs,
                                     std::vector<Splitter> splitters, BpeOptions options = {});
/// Makes it CLIP's: NFC, single spaces, lower case, "</w>".
std::unique_ptr<Pipeline> clip(std::vector<std::string> tokens, const Pairs& pairs);
/// BERT's tokenizer of a vocab.txt.
std::unique_ptr<Pipeline> bert(std::vector<std::string> tokens);
/// How the texts of WordPiece's tokens are joined.
void join_wordpiece(Pipeline& pipeline, std::string_view prefix, bool cleanup);

/// What a SentencePiece model says about the text, beside the pieces.
struct SentencePieceOptions {
  bool bpe = false, byte_fallback = false;
  bool dummy_prefix = true, remove_spaces = true, escape_spaces = true;
  std::string charsmap = "";  // the precompiled map of characters
  std::int64_t unknown = 0;
  std::string unknown_text = " \u2047 ";  // what decode() writes for it
};
std::unique_ptr<Tokenizer> sentencepiece(std::vector<Piece> pieces, SentencePieceOptions options,
                                         bool add_control, Ids prefix, Ids suffix);

// The readers of files; each throws Problem.
std::unique_ptr<Pipeline> read_tokenizer_json(std::string_view bytes);
std::unique_ptr<Tokenizer> read_sentencepiece(const Call& call, std::string_view bytes,
                                              bool add_bos, bool add_eos);
std::unique_ptr<Pipeline> read_vocab_and_merges(std::string_view vocab, std::string_view merges);
std::unique_ptr<Pipeline> read_vocab_txt(std::string_view bytes);
std::unique_ptr<Pipeline> read_tiktoken(std::string_view bytes);

}  // namespace tinygrad::text
