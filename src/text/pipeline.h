// SPDX-License-Identifier: MIT
// Pipeline: a tokenizer made of parts. A text is cut at the tokens that are added to the model;
// what is between them is normalized, cut into words, and encoded by the model, word by word.
#pragma once
#include <memory>

#include "model.h"
#include "normalizer.h"
#include "pre_tokenizer.h"
#include "trie.h"

namespace tinygrad::text {

/// A token that is looked for in the text. `strips` spaces of the text before or behind it are part
/// of it; if it is `normalized`, it is looked for in the normalized text.
struct AddedToken {
  std::int64_t id;
  std::string text;
  bool special = false, normalized = false, strips_left = false, strips_right = false;
};

/// What decode() does beside joining the texts of the tokens.
enum class Join {
  plain,
  first_as_written,     // the first token is that of the vocabulary (WordPiece: without ' ')
  drop_first_space,     // SentencePiece: the ' ' that encode() puts before a text
  drop_leading_spaces,  // SentencePiece, if encode() removes them, too
  trim                  // CLIP
};

class Pipeline : public Tokenizer {
 public:
  explicit Pipeline(std::vector<std::string> tokens)
      : vocabulary(std::move(tokens)), texts(vocabulary.tokens()), special(texts.size()) {}
  Ids encode(std::string_view text, const EncodeOptions& options) const override;
  std::string decode(std::span<const std::int64_t> ids,
                     const DecodeOptions& options) const override;
  std::string token(std::int64_t id) const override;
  std::optional<std::int64_t> id(std::string_view token) const override;
  std::int64_t size() const override { return vocabulary.size(); }
  void add(const AddedToken& token);

  Vocabulary vocabulary;
  std::vector<Normalizer> normalizers;  // before tokens that are normalized are looked for
  std::vector<Normalizer> prepare;      // behind that
  std::vector<Splitter> splitters;
  std::unique_ptr<Model> model;
  Ids prefix, suffix;              // special tokens around a text
  std::vector<std::string> texts;  // what each token stands for
  std::vector<char> special;       // whether decode() may skip a token
  Join join = Join::plain;

 private:
  /// Calls token(id) and piece(text, offset) for the parts of a text.
  template <class OnToken, class OnPiece>
  void cut(std::string_view text, bool normalized, bool parse_special, const OnToken& on_token,
           const OnPiece& on_piece) const;
  void encode_piece(std::string_view text, bool first, Ids& ids) const;
  void encode_words(std::string_view text, Ids& ids) const;
  void check(const char* call, std::int64_t id) const;

  std::vector<AddedToken> added_;
  Trie added_raw_, added_normalized_;  // places in added_
};

}  // namespace tinygrad::text
