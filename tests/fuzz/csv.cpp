// SPDX-License-Identifier: MIT
// Fuzzes CSV files: each must be read to columns of equal lengths or refused, and a table that is
// read must be like itself.
#include "memory_file.h"
#include "tinygrad/error.h"
#include "tinygrad/tables/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tinygrad;
  static test::MemoryFile file;
  file.set(bytes, size);
  try {
    const tables::Table table = tables::read_csv(file.path());
    for (const auto& column : table.columns)
      test::MemoryFile::check(column.values.numel() == table.size());
    const tables::Table again = tables::read_csv(file.path(), {.like = &table});
    test::MemoryFile::check(again.size() == table.size());
  } catch (const IoError&) {}
  return 0;
}
