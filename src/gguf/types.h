// SPDX-License-Identifier: MIT
// What the reader and the writer know about a type: the size of its blocks, and the functions that
// decode and encode blocks.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "tinygrad/gguf/type.h"

namespace tinygrad::gguf {

struct BlockSize {
  std::int64_t elements, bytes;
};
/// A block of the type; {1, size of an element} for plain elements.
BlockSize block_size(Type type);
/// Returns whether `number` is that of a type.
bool is_type(std::uint32_t number);

/// Decodes `count` blocks at `in` to count * elements floats at `out`.
using Decode = void (*)(const std::byte* in, std::int64_t count, float* out);
/// The decoder of a type of blocks; null if this library has none.
Decode decoder(Type type);

/// Encodes `count` blocks from count * elements floats. Returns false if an element is infinite or
/// NaN, or too large for the scale, which is a float16.
using Encode = bool (*)(const float* in, std::int64_t count, std::byte* out);
/// The encoder of a type of blocks (Q8_0, Q4_0); null for others.
Encode encoder(Type type);

/// Decodes elements of whole blocks on the threads of the CPU.
void decode_all(Type type, std::span<const std::byte> in, float* out);

}  // namespace tinygrad::gguf
