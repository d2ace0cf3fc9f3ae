// SPDX-License-Identifier: MIT
// The parts that a tokenizer is made of: a vocabulary, and a model that cuts a word into its
// tokens.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tinygrad/text/tokenizer.h"

namespace tinygrad::text {

/// The tokens by id, and the ids by token (the first, if two are equal).
class Vocabulary {
 public:
  explicit Vocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
    for (std::size_t i = 0; i < tokens_.size(); ++i) ids_.emplace(tokens_[i], std::int64_t(i));
  }
  Vocabulary(Vocabulary&&) = default;  // the texts stay where they are
  std::int64_t size() const { return std::int64_t(tokens_.size()); }
  const std::vector<std::string>& tokens() const { return tokens_; }
  const std::string& operator[](std::int64_t id) const { return tokens_[std::size_t(id)]; }
  /// The id of a token, or -1.
  std::int64_t find(std::string_view token) const {
    const auto found = ids_.find(token);
    return found == ids_.end() ? -1 : found->second;
  }

 private:
  std::vector<std::string> tokens_;
  std::unordered_map<std::string_view, std::int64_t> ids_;
};

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the ids of the tokens of a word, which is not empty.
  virtual void encode(std::string_view word, Ids& ids) const = 0;
};

}  // namespace tinygrad::text
