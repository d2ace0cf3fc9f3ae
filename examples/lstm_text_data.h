// SPDX-License-Identifier: MIT
// Reads a text as codes of its characters, and cuts it into batches that follow one another.
#pragma once
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace lstm_text {

namespace tg = tinygrad;

/// B parts of the text side by side: x, y int64 [B, T], where y is what follows each character of
/// x. The next batch goes on where this one ends.
struct Batch {
  tg::Tensor x, y;
  bool is_first;  ///< of the text
};

class Text {
 public:
  explicit Text(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    tg::require<tg::IoError>(
        !text.empty(), "--text",
        file.empty()
            ? "names no file, and tinyshakespeare/input.txt is not in $TINYGRAD_DATA or ./data"
            : file + " is empty or cannot be read");
    characters_ = text;
    std::sort(characters_.begin(), characters_.end());
    characters_.erase(std::unique(characters_.begin(), characters_.end()), characters_.end());
    codes_ = encode(text);
  }
  /// The characters that occur.
  std::int64_t size() const { return std::ssize(characters_); }
  std::int64_t length() const { return codes_.size(0); }
  /// The first character, int64 [1].
  tg::Tensor first() const { return narrow(codes_, 0, 0, 1); }
  char operator[](std::int64_t code) const { return characters_[std::size_t(code)]; }
  /// int64 [characters]. Throws ArgumentError for one that is not in the text.
  tg::Tensor encode(const std::string& text) const {
    std::vector<std::int64_t> codes;
    for (const char c : text) {
      codes.push_back(std::int64_t(characters_.find(c)));
      tg::require(codes.back() >= 0, "--prompt",
                  "has a character that is not in the text: ", std::string(1, c));
    }
    return tg::from_vector(codes, "cpu");
  }
  /// The text from one position to another. What does not fill a batch is left out.
  std::vector<Batch> batches(std::int64_t from, std::int64_t to, std::int64_t b,
                             std::int64_t t) const {
    const std::int64_t n = (to - from - 1) / (b * t);
    tg::require(n > 0, "--text", "has too few characters for ", b, " parts of ", t, ": ",
                to - from);
    const auto part = [&](std::int64_t shift) {
      return reshape(narrow(codes_, 0, from + shift, n * b * t), {b, n * t})
          .to(tg::default_device());
    };
    const tg::Tensor x = part(0), y = part(1);
    std::vector<Batch> all;
    for (std::int64_t i = 0; i < n; ++i)
      all.push_back({narrow(x, 1, i * t, t), narrow(y, 1, i * t, t), i == 0});
    return all;
  }

 private:
  std::string characters_;  ///< sorted
  tg::Tensor codes_;
};

}  // namespace lstm_text
