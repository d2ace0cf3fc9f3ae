// SPDX-License-Identifier: MIT
// Idx files, plain and packed: loaded whole or refused; a plain one that loads is its own size,
// header and elements.
#include "memory_file.h"
#include "tinygrad/data.h"
#include "tinygrad/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tinygrad;
  static test::MemoryFile file;
  file.set(bytes, size);
  try {
    const Tensor t = data::load_idx(file.path());
    const bool packed = bytes[0] == 0x1F;
    const std::size_t expected =
        4 + 4 * std::size_t(t.dim()) + std::size_t(t.numel()) * size_of(t.dtype());
    test::MemoryFile::check(packed || expected == size);
    test::MemoryFile::check(!packed || expected <= 1100 * size);
  } catch (const IoError&) {}
  return 0;
}
