// SPDX-License-Identifier: MIT
// Tokenizers: text becomes the ids of tokens, which an embedding reads, and ids become text again.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::text {

using Ids = std::vector<std::int64_t>;

struct EncodeOptions {
  /// Adds the tokens that the model expects around a text, such as [CLS] and [SEP] or `<s>`.
  bool add_special_tokens = true;
  /// Recognizes special tokens that are written in the text, such as <|im_end|>. Without it they
  /// are text as any other: this is for text that a stranger wrote.
  bool parse_special_tokens = true;
};

struct DecodeOptions {
  bool skip_special_tokens = true;
};

/// A text of bytes in UTF-8 <-> ids in [0, size()). Different threads may use one tokenizer at
/// once.
class TINYGRAD_API Tokenizer {
 public:
  virtual ~Tokenizer();
  /// Bytes that are not UTF-8 are kept by byte-level tokenizers; others treat them as U+FFFD.
  virtual Ids encode(std::string_view text, const EncodeOptions& options = {}) const = 0;
  /// The bytes that the tokens stand for: tokens that are part of a character may give bytes that
  /// are not UTF-8 (StreamDecoder waits for the rest). Throws IndexError for an id out of range.
  virtual std::string decode(std::span<const std::int64_t> ids,
                             const DecodeOptions& options = {}) const = 0;
  /// The token as the vocabulary writes it: "Ġthe", "##ing", "▁the". Throws IndexError.
  virtual std::string token(std::int64_t id) const = 0;
  /// The id of a token as the vocabulary writes it.
  virtual std::optional<std::int64_t> id(std::string_view token) const = 0;
  virtual std::int64_t size() const = 0;
};

/// Returns the tokenizer of a folder of a model, or of a file. Read are tokenizer.json (byte-level
/// BPE, BPE with byte fallback, CLIP's BPE, WordPiece), tokenizer.model (SentencePiece: unigram or
/// BPE), vocab.json with merges.txt (GPT-2, CLIP), vocab.txt (WordPiece), and *.tiktoken; a folder
/// is searched for these names in this order. tokenizer_config.json, if it is there, says whether a
/// tokenizer.model adds `<s>` and `</s>`. Throws IoError with the path and the reason: the file is
/// missing or damaged, or has a part, which is named, that is not known.
TINYGRAD_API std::unique_ptr<Tokenizer> load_tokenizer(
    const std::string& path, SourceLocation location = SourceLocation::current());

/// The tokens of a chat, decoded while they are generated: push() returns the text that is complete
/// and holds back bytes that are the beginning of a character.
class TINYGRAD_API StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, const DecodeOptions& options = {})
      : tokenizer_(tokenizer), options_(options) {}
  std::string push(std::int64_t id);
  /// The text that was held back.
  std::string finish();

 private:
  std::string rest();
  const Tokenizer& tokenizer_;
  DecodeOptions options_;
  Ids ids_;               // the last token whose text was returned, and those after it
  std::size_t done_ = 0;  // how many of them gave their text
};

}  // namespace tinygrad::text
