// SPDX-License-Identifier: MIT
// Cuts a text into windows of characters.
#include "tinygrad/text/char_dataset.h"

#include <algorithm>

#include "tinygrad/ops.h"
#include "tinygrad/text/vocabulary.h"

namespace tinygrad::text {

CharDataset::CharDataset(std::string_view text, std::int64_t block_size, SourceLocation location)
    : tokenizer_(char_tokenizer(text, location)),
      ids_(from_vector(tokenizer_->encode(text), "cpu")),
      block_size_(block_size) {
  require(block_size > 0, Call{"CharDataset", location}, "block_size must be positive, got ",
          block_size);
}

std::int64_t CharDataset::size() const {
  return std::max<std::int64_t>(0, length() - 1) / block_size_;
}

data::Batch CharDataset::window(std::int64_t begin, SourceLocation location) const {
  require<IndexError>(begin >= 0 && begin + block_size_ < length(), Call{"window", location},
                      block_size_, " characters from ", begin,
                      " on, and the next, are not in a text of ", length());
  const auto from = [&](std::int64_t at) { return ids_.slice(0, at, at + block_size_); };
  return {from(begin), from(begin + 1)};
}

CharDataset CharDataset::part(std::int64_t begin, std::int64_t end) const {
  CharDataset part = *this;
  part.ids_ = ids_.slice(0, begin, end);
  return part;
}
std::pair<CharDataset, CharDataset> CharDataset::split(double fraction,
                                                       SourceLocation location) const {
  require(fraction >= 0 && fraction <= 1, Call{"split", location},
          "the fraction must be in [0, 1], got ", fraction);
  const auto middle = std::int64_t(double(length()) * fraction);
  return {part(0, middle), part(middle, length())};
}

}  // namespace tinygrad::text
