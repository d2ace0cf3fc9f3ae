// SPDX-License-Identifier: MIT
// The text that a program learns to write, and what its options give to write on from.
#pragma once
#include <tinygrad/text/tokenizer.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace common {

/// The text of a file or, if it has no name, of tinyshakespeare/input.txt in $TINYGRAD_DATA or
/// ./data. Throws IoError.
inline std::string read_text(std::string file) {
  const char* data = std::getenv("TINYGRAD_DATA");
  for (const std::string folder : {data ? data : "", "data"})
    if (file.empty() && std::filesystem::exists(folder + "/tinyshakespeare/input.txt"))
      file = folder + "/tinyshakespeare/input.txt";
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  tinygrad::require<tinygrad::IoError>(
      !text.empty(), "--text",
      file.empty() ? "names no file, and tinyshakespeare/input.txt is not in $TINYGRAD_DATA or "
                     "./data"
                   : file + " is empty or cannot be read");
  return text;
}

/// The ids of what an option gives. Throws ArgumentError if a token is not known.
inline tinygrad::text::Ids encode(const char* option, const std::string& text,
                                  const tinygrad::text::Tokenizer& tokenizer) {
  try {
    return tokenizer.encode(text);
  } catch (const tinygrad::ArgumentError& error) { tinygrad::fail(option, error.what()); }
}

}  // namespace common
