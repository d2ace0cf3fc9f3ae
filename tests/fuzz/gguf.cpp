// SPDX-License-Identifier: MIT
// Fuzzes GGUF: the mapped and the read path must agree, and a file that loads must be written and
// load again to the same bits.
#include "tinygrad/gguf/gguf.h"
#include "fuzz/round_trip.h"

namespace {

using namespace tinygrad;
using test::bits, test::MemoryFile, test::scratch;

/// The tensors' bits, or why there are none.
std::string outcome(const std::string& path, bool map, NamedTensors& tensors) {
  try {
    tensors = gguf::load(path, {.map = map});
    return bits(tensors);
  } catch (const IoError& error) { return std::string("refused: ") + error.what(); }
}

void save_and_load_again(const NamedTensors& tensors, const gguf::Metadata& metadata) {
  const std::string& path = scratch();
  gguf::save(tensors, path, metadata);
  MemoryFile::check(bits(gguf::load(path)) == bits(tensors));
  MemoryFile::check(gguf::File(path).metadata().size() == metadata.size());
  std::filesystem::remove(path);
}

/// Products read all blocks of a kept matrix and nothing else.
void multiply(const gguf::File& file) {
  for (auto& info : file.tensors())
    if (info.shape.rank() == 2 && !info.bytes.empty() && info.bytes.size() < 1 << 16 &&
        (info.type == gguf::Type::Q8_0 || info.type == gguf::Type::Q4_1))
      gguf::linear(ones({1, info.shape[1]}), file.matrix(info.name));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  file.set(data, size);
  NamedTensors mapped, read;
  const std::string outcome = ::outcome(file.path(), true, mapped);
  MemoryFile::check(outcome == ::outcome(file.path(), false, read));
  if (outcome.starts_with("refused: ")) return 0;
  const gguf::File again(file.path());
  multiply(again);
  const auto alignment = again.get<std::uint32_t>("general.alignment", 32);
  if (alignment <= 4096) save_and_load_again(mapped, again.metadata());
  return 0;
}
