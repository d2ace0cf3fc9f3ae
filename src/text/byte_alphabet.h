// SPDX-License-Identifier: MIT
// GPT-2's alphabet, which writes each byte as one visible character, so that a vocabulary is text:
// printable characters of Latin-1 stand for themselves, the others for U+0100 and up, in order.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace tinygrad::text {

/// The character of each byte.
const std::array<std::string, 256>& byte_alphabet();
/// The bytes in the order of their characters: GPT-2's first 256 tokens.
const std::array<unsigned char, 256>& bytes_in_order();
std::string to_alphabet(std::string_view bytes);
/// The bytes that a token stands for: those of its text, if a character is not of the alphabet.
std::string from_alphabet(std::string_view token);

/// The token "<0x0A>" of a byte, in vocabularies of characters that fall back to bytes.
std::string byte_token(unsigned char byte);
/// The byte of such a token.
std::optional<char> byte_of(std::string_view token);

}  // namespace tinygrad::text
