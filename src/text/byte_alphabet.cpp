// SPDX-License-Identifier: MIT
// Writes bytes in GPT-2's alphabet, and reads them back.
#include "byte_alphabet.h"

#include <algorithm>
#include <numeric>

#include "unicode.h"

namespace tinygrad::text {
namespace {

bool stands_for_itself(unsigned byte) {
  return (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
}

std::array<char32_t, 256> characters() {
  std::array<char32_t, 256> all;
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte)
    all[byte] = stands_for_itself(byte) ? char32_t(byte) : next++;
  return all;
}

/// The byte of each character below U+0144, or -1.
std::array<int, 0x144> bytes() {
  std::array<int, 0x144> all;
  all.fill(-1);
  const auto points = characters();
  for (int byte = 0; byte < 256; ++byte) all[points[std::size_t(byte)]] = byte;
  return all;
}

}  // namespace

const std::array<std::string, 256>& byte_alphabet() {
  static const auto all = [] {
    std::array<std::string, 256> texts;
    const auto points = characters();
    for (std::size_t byte = 0; byte < 256; ++byte) append(texts[byte], points[byte]);
    return texts;
  }();
  return all;
}

const std::array<unsigned char, 256>& bytes_in_order() {
  static const auto all = [] {
    std::array<unsigned char, 256> order;
    std::iota(order.begin(), order.end(), static_cast<unsigned char>(0));
    std::stable_partition(order.begin(), order.end(), stands_for_itself);
    return order;
  }();
  return all;
}

std::string to_alphabet(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += byte_alphabet()[static_cast<unsigned char>(byte)];
  return text;
}

std::string from_alphabet(std::string_view token) {
  static const auto all = bytes();
  std::string text;
  for (const char32_t point : code_points(token)) {
    if (point >= all.size() || all[point] < 0) return std::string(token);
    text += char(all[point]);
  }
  return text;
}

std::string byte_token(unsigned char byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return std::string("<0x") + digits[byte >> 4] + digits[byte & 15] + '>';
}

std::optional<char> byte_of(std::string_view token) {
  for (int byte = 0; token.size() == 6 && token.starts_with("<0x") && byte < 256; ++byte)
    if (byte_token(static_cast<unsigned char>(byte)) == token) return char(byte);
  return std::nullopt;
}

}  // namespace tinygrad::text
