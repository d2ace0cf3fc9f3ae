// SPDX-License-Identifier: MIT
// Type: how the elements of a tensor are stored in a GGUF file.
#pragma once
#include <cstdint>
#include <optional>

#include "tinygrad/dtype.h"

namespace tinygrad::gguf {

/// The types of ggml; types.def lists them.
enum class Type : std::uint32_t {
#define PLAIN(name, number, ...) name = number,
#define BLOCKS(name, number, ...) name = number,
#include "tinygrad/gguf/types.def"
};
/// "Q4_1"
TINYGRAD_API const char* to_string(Type type);
/// The dtype of a type that stores plain elements; nothing for blocks.
TINYGRAD_API std::optional<DType> dtype_of(Type type);

}  // namespace tinygrad::gguf
