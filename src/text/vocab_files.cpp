// SPDX-License-Identifier: MIT
// Reads vocabularies of a few lines of format: vocab.json with merges.txt, vocab.txt, *.tiktoken.
#include <algorithm>
#include <charconv>

#include "byte_alphabet.h"
#include "json_vocabulary.h"
#include "parts.h"
#include "problem.h"

namespace tinygrad::text {
namespace {

/// Calls use(line) for the lines of a text, without their ends.
template <class Use> void for_each_line(std::string_view text, const Use& use) {
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const bool two = length > 0 && text[length - 1] == '\r';  // "\r\n"
    use(text.substr(0, two ? length - 1 : length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::size_t digit = digits.find(c);
    expect(digit != std::string_view::npos, "the token ", in_quotes(text), " is not base64");
    bits = bits << 6 | std::uint32_t(digit), count += 6;
    if (count >= 8) count -= 8, bytes += char(bits >> count & 0xFF);
  }
  return bytes;
}

}  // namespace

std::unique_ptr<Pipeline> read_vocab_and_merges(std::string_view vocab, std::string_view merges) {
  std::vector<std::string> tokens = tokens_of_json(vocab);
  Pairs pairs;
  for_each_line(merges, [&](std::string_view line) {
    if (!line.empty() && !line.starts_with("#version")) pairs.push_back(merge_of_line(line));
  });
  const auto has = [&](const char* token) {
    return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
  };
  if (has("<|startoftext|>") && has("a</w>")) return clip(std::move(tokens), pairs);
  auto made = byte_level(std::move(tokens), pairs, {split_gpt2});
  const std::string end = "<|endoftext|>";
  if (const std::int64_t id = made->vocabulary.find(end); id >= 0)
    made->add({.id = id, .text = end, .special = true});
  return made;
}

std::unique_ptr<Pipeline> read_vocab_txt(std::string_view bytes) {
  std::vector<std::string> tokens;
  for_each_line(bytes, [&](std::string_view line) { tokens.emplace_back(line); });
  return bert(std::move(tokens));
}

std::unique_ptr<Pipeline> read_tiktoken(std::string_view bytes) {
  std::vector<std::string> tokens;
  for_each_line(bytes, [&](std::string_view line) {
    const auto space = std::size_t(std::find(line.begin(), line.end(), ' ') - line.begin());
    std::size_t rank = 0;
    std::from_chars(line.data() + std::min(space + 1, line.size()), line.data() + line.size(),
                    rank);
    expect(rank == tokens.size(), "expected the token of rank ", tokens.size(), ", got ",
           in_quotes(line));
    tokens.push_back(to_alphabet(from_base64(line.substr(0, space))));
  });
  auto made = byte_level(std::move(tokens), {}, splitters_by_name("cl100k"));
  std::vector<std::int64_t> ranks(made->texts.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = std::int64_t(i);
  made->model = std::make_unique<Bpe>(made->vocabulary, merges_of_splits(made->vocabulary, ranks),
                                      BpeOptions{.ignore_merges = true});
  return made;
}

}  // namespace tinygrad::text
