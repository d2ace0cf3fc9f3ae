// SPDX-License-Identifier: MIT
// Tokenizers that are made from lists: characters, a trained byte-pair encoding, and the lists that
// a GGUF file holds.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tinygrad/text/tokenizer.h"

namespace tinygrad::text {

/// The tokenizer of the distinct characters of a text, in the order of their code points. encode()
/// throws ArgumentError for any other character.
TINYGRAD_API std::unique_ptr<Tokenizer> char_tokenizer(
    std::string_view text, SourceLocation location = SourceLocation::current());

/// A byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909) of bytes: the ids
/// of the tokens are their places in the list, and merges[i] are the two tokens that rank i joins.
/// A byte is written as one character, as GPT-2 does: "Ġ" is the space.
struct BpeVocabulary {
  std::vector<std::string> tokens;
  std::vector<std::pair<std::string, std::string>> merges;
};

/// Trains a byte-pair encoding: the 256 bytes come first; then the most frequent pair of
/// neighbours becomes a token, until there are vocab_size tokens or no pair is left. Of equally
/// frequent pairs the one with the smaller ids (left, then right) is taken. `split` is the name of
/// a pre-tokenizer (byte_level_bpe); no token crosses its words. Equal to tokenizers' BpeTrainer.
TINYGRAD_API BpeVocabulary train_bpe(std::string_view text, std::int64_t vocab_size,
                                     const std::string& split = "gpt-2",
                                     SourceLocation location = SourceLocation::current());
/// Writes vocab.json and merges.txt into a folder, which load_tokenizer() and Hugging Face's
/// packages read.
TINYGRAD_API void save_bpe(const BpeVocabulary& vocabulary, const std::string& folder,
                           SourceLocation location = SourceLocation::current());
/// `split` says where words end: "gpt-2", "llama-bpe" (Llama 3), "cl100k" (tiktoken's), "qwen2" or
/// "smollm". `special` tokens, such as "<|im_end|>", are those of the list that encode() looks for.
TINYGRAD_API std::unique_ptr<Tokenizer> byte_level_bpe(
    const BpeVocabulary& vocabulary, const std::string& split = "gpt-2",
    const std::vector<std::string>& special = {},
    SourceLocation location = SourceLocation::current());

/// What the keys tokenizer.ggml.* of a GGUF file hold.
struct TokenLists {
  std::string model = "";  ///< .model: "gpt2" (byte-level BPE) or "llama" (SentencePiece)
  std::string pre = "";    ///< .pre: the name of the pre-tokenizer, if model is "gpt2"
  std::vector<std::string> tokens = {};  ///< .tokens
  std::vector<std::string> merges = {};  ///< .merges: "left right", if model is "gpt2"
  std::vector<float> scores = {};        ///< .scores, if model is "llama"
  /// .token_type: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
  std::vector<std::int32_t> types = {};
  bool add_space_prefix = true;           ///< .add_space_prefix, if model is "llama"
  bool add_bos = false, add_eos = false;  ///< .add_bos_token, .add_eos_token
  std::int64_t bos = -1, eos = -1;        ///< .bos_token_id, .eos_token_id
};
/// Throws ArgumentError for a model or a pre-tokenizer that is not known, by its name.
TINYGRAD_API std::unique_ptr<Tokenizer> make_tokenizer(
    const TokenLists& lists, SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::text
