// SPDX-License-Identifier: MIT
// Reads everything of a GGUF file but the elements of its tensors.
#pragma once
#include "source.h"
#include "tinygrad/gguf/gguf.h"

namespace tinygrad::gguf {

struct Content {
  int version = 0;
  Metadata metadata;
  std::vector<TensorInfo> tensors;
};
/// Throws IoError, with what is wrong, if the file is damaged or of another format. Memory use
/// stays below 16 times the file's size.
Content parse(const io::Source& source);

/// Returns whether a file may begin its data at multiples of `alignment`: a power of two.
constexpr bool is_alignment(std::uint64_t alignment) {
  return alignment && !(alignment & (alignment - 1));
}
constexpr const char* alignment_key = "general.alignment";
constexpr std::uint32_t default_alignment = 32;

}  // namespace tinygrad::gguf
