// SPDX-License-Identifier: MIT
// CharDataset: a text as characters, in windows from which a model learns the next character.
//
//   const auto [train, held_out] = text::CharDataset(text, 128).split(0.9);
//   data::DataLoader loader(train, {.batch_size = 32, .shuffle = true});  // x, y int64 [32, 128]
#pragma once
#include <memory>
#include <string_view>
#include <utility>

#include "tinygrad/data/dataset.h"
#include "tinygrad/text/tokenizer.h"

namespace tinygrad::text {

/// Copies share the text. Different threads may read one at once.
class TINYGRAD_API CharDataset {
 public:
  /// Windows of `block_size` characters of a text, with the tokenizer char_tokenizer(text). Throws
  /// ArgumentError if the text is empty or block_size is not positive.
  CharDataset(std::string_view text, std::int64_t block_size,
              SourceLocation location = SourceLocation::current());
  /// The number of windows, of which one begins where the one before ends. What does not fill the
  /// last is left out.
  std::int64_t size() const;
  /// Window i: window(i * block_size).
  data::Batch get(std::int64_t i) const { return window(i * block_size_); }
  /// x int64 [block_size], the characters from `begin` on, and y, the one after each of them.
  /// Throws IndexError if they are not all in the text.
  data::Batch window(std::int64_t begin, SourceLocation location = SourceLocation::current()) const;
  /// The first part of the text, floor(length fraction) characters, and the rest, both with the
  /// tokenizer of the whole. Throws ArgumentError unless fraction is in [0, 1].
  std::pair<CharDataset, CharDataset> split(
      double fraction, SourceLocation location = SourceLocation::current()) const;

  const Tokenizer& tokenizer() const { return *tokenizer_; }
  const Tensor& ids() const { return ids_; }  ///< of all characters, int64 [length], on the CPU
  std::int64_t length() const { return ids_.size(0); }
  std::int64_t block_size() const { return block_size_; }

 private:
  CharDataset part(std::int64_t begin, std::int64_t end) const;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Tensor ids_;
  std::int64_t block_size_;
};

}  // namespace tinygrad::text
