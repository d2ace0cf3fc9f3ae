// SPDX-License-Identifier: MIT
// Decodes tokens as they come. The text of a token may depend on the token before it, so the new
// text is what the last tokens give together, without what they gave before.
#include "tinygrad/text/tokenizer.h"
#include "unicode.h"

namespace tinygrad::text {

Tokenizer::~Tokenizer() = default;

std::string StreamDecoder::rest() {
  const std::span<const std::int64_t> all = ids_;
  const std::size_t before = tokenizer_.decode(all.first(done_), options_).size();
  std::string text = tokenizer_.decode(all, options_);
  return text.substr(std::min(before, text.size()));
}

std::string StreamDecoder::push(std::int64_t id) {
  ids_.push_back(id);
  std::string text = rest();
  if (text.empty() || complete_length(text) < text.size()) return "";
  ids_.erase(ids_.begin(), ids_.begin() + std::ptrdiff_t(done_));
  done_ = ids_.size();
  return text;
}

std::string StreamDecoder::finish() {
  std::string text = rest();
  ids_.clear(), done_ = 0;
  return text;
}

}  // namespace tinygrad::text
