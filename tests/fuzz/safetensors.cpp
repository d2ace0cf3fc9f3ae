// SPDX-License-Identifier: MIT
// Fuzzes safetensors: the mapped and the read path must agree, and a file that loads must save and
// load again to the same bits.
#include <algorithm>
#include <random>
#include <string_view>

#include "fuzz/round_trip.h"
#include "tinygrad/error.h"
#include "tinygrad/io.h"

extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t most);

namespace {

using namespace tinygrad;
using test::bits, test::MemoryFile, test::scratch;

/// The tensors' bits, or why there are none.
std::string outcome(const std::string& path, bool map, NamedTensors& tensors) {
  try {
    tensors = load_safetensors(path, {.map = map});
    return bits(tensors);
  } catch (const IoError& error) { return std::string("refused: ") + error.what(); }
}

void save_and_load_again(NamedTensors tensors, const Metadata& metadata) {
  const std::string& path = scratch();
  save_safetensors(tensors, path, metadata);
  const NamedTensors again = load_safetensors(path);
  MemoryFile::check(load_safetensors_metadata(path) == metadata);
  std::filesystem::remove(path);
  const auto by_name = [](auto& a, auto& b) { return a.first < b.first; };
  NamedTensors sorted = again;
  std::sort(tensors.begin(), tensors.end(), by_name);
  std::sort(sorted.begin(), sorted.end(), by_name);
  MemoryFile::check(bits(tensors) == bits(sorted));
}

/// A number in the header becomes another one.
void change_a_number(std::string& header, std::minstd_rand& random) {
  static constexpr std::string_view numbers[] = {"0",
                                                 "1",
                                                 "2",
                                                 "3",
                                                 "4",
                                                 "8",
                                                 "255",
                                                 "4294967296",
                                                 "9223372036854775807",
                                                 "18446744073709551615",
                                                 "-1"};
  const auto from =
      header.find_first_of("0123456789", header.empty() ? 0 : random() % header.size());
  if (from == std::string::npos) return;
  const auto to = std::min(header.find_first_not_of("0123456789", from), header.size());
  header.replace(from, to - from, numbers[random() % std::size(numbers)]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  file.set(data, size);
  NamedTensors mapped, read;
  const std::string outcome = ::outcome(file.path(), true, mapped);
  MemoryFile::check(outcome == ::outcome(file.path(), false, read));
  if (!outcome.starts_with("refused: "))
    save_and_load_again(mapped, load_safetensors_metadata(file.path()));
  return 0;
}

/// Half of the time a valid frame with one to three fields changed, else whatever bytes.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  std::minstd_rand random(seed);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8 && i < size; ++i) length |= std::uint64_t(data[i]) << 8 * i;
  if (size < 8 || length > size - 8 || random() % 2) return LLVMFuzzerMutate(data, size, most);
  const auto letters = reinterpret_cast<const char*>(data) + 8;
  std::string header(letters, length), rest(letters + length, size - 8 - length);
  for (unsigned n = 1 + random() % 3; n > 0; --n) change_a_number(header, random);
  if (8 + header.size() + rest.size() > most) return LLVMFuzzerMutate(data, size, most);
  for (std::size_t i = 0; i < 8; ++i) data[i] = std::uint8_t(header.size() >> 8 * i);
  std::copy(header.begin(), header.end(), data + 8);
  std::copy(rest.begin(), rest.end(), data + 8 + header.size());
  return 8 + header.size() + rest.size();
}
