// SPDX-License-Identifier: MIT
// Trie: finds which texts of a set a longer text begins with, byte by byte.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tinygrad::text {

class Trie {
 public:
  static constexpr std::int32_t none = -1, root = 0;
  struct Match {
    std::int64_t value = none;
    std::size_t length = 0;
  };
  Trie() { first_.fill(none); }

  void insert(std::string_view text, std::int64_t value) {
    std::int32_t node = root;
    for (const char byte : text) {
      std::int32_t& next = node == root
                               ? first_[std::uint8_t(byte)]
                               : children_.try_emplace(key(node, byte), none).first->second;
      if (next == none) next = std::int32_t(values_.size()), values_.push_back(none);
      node = next;
    }
    values_[std::size_t(node)] = value;
  }
  bool empty() const { return values_.size() == 1; }
  /// The node behind a byte, or none.
  std::int32_t step(std::int32_t node, char byte) const {
    if (node == root) return first_[std::uint8_t(byte)];
    const auto found = children_.find(key(node, byte));
    return found == children_.end() ? none : found->second;
  }
  /// The value of the text that ends at a node, or none.
  std::int64_t value(std::int32_t node) const { return values_[std::size_t(node)]; }
  /// The longest text of the set that `text` begins with.
  Match longest(std::string_view text, std::int32_t node = root) const {
    Match best;
    for (std::size_t i = 0; i < text.size() && (node = step(node, text[i])) != none; ++i)
      if (value(node) != none) best = {value(node), i + 1};
    return best;
  }

 private:
  static std::uint64_t key(std::int32_t node, char byte) {
    return std::uint64_t(node) << 8 | std::uint8_t(byte);
  }
  std::array<std::int32_t, 256> first_;
  std::unordered_map<std::uint64_t, std::int32_t> children_;
  std::vector<std::int64_t> values_ = {none};
};

}  // namespace tinygrad::text
