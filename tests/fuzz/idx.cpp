// SPDX-License-Identifier: MIT
// Fuzzes idx files, plain and packed: each must be loaded completely or refused; the size of a
// plain one that loads must be that of its header and elements.
#include "memory_file.h"
#include "tinygrad/error.h"
#include "tinygrad/vision/datasets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tinygrad;
  static test::MemoryFile file;
  file.set(bytes, size);
  try {
    const Tensor t = vision::load_idx(file.path());
    const bool packed = bytes[0] == 0x1F;
    const std::size_t expected =
        4 + 4 * std::size_t(t.dim()) + std::size_t(t.numel()) * size_of(t.dtype());
    test::MemoryFile::check(packed || expected == size);
    test::MemoryFile::check(!packed || expected <= 1100 * size);
  } catch (const IoError&) {}
  return 0;
}
