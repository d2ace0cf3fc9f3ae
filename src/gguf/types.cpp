// SPDX-License-Identifier: MIT
// The list of types (types.def) as functions of the type.
#include "types.h"

namespace tinygrad::gguf {

// The formatter takes an #include behind a macro for a part of it.
// clang-format off
const char* to_string(Type type) {
  switch (type) {
#define PLAIN(name, ...) case Type::name: return #name;
#define BLOCKS(name, ...) case Type::name: return #name;
#include "tinygrad/gguf/types.def"
  }
  return "unknown";
}

std::optional<DType> dtype_of(Type type) {
  switch (type) {
#define PLAIN(name, number, dtype) case Type::name: return DType::dtype;
#define BLOCKS(...)
#include "tinygrad/gguf/types.def"
    default: return std::nullopt;
  }
}

BlockSize block_size(Type type) {
  switch (type) {
#define PLAIN(name, number, dtype) case Type::name: return {1, std::int64_t(size_of(DType::dtype))};
#define BLOCKS(name, number, elements, bytes) case Type::name: return {elements, bytes};
#include "tinygrad/gguf/types.def"
  }
  return {1, 1};
}

bool is_type(std::uint32_t number) {
  switch (number) {
#define PLAIN(name, number, ...) case number:
#define BLOCKS(name, number, ...) case number:
#include "tinygrad/gguf/types.def"
      return true;
    default: return false;
  }
}
// clang-format on

}  // namespace tinygrad::gguf
