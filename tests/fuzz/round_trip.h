// SPDX-License-Identifier: MIT
// A check of formats of tensors, which their fuzz targets share.
#pragma once
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/memory_file.h"
#include "tinygrad/error.h"
#include "tinygrad/tensor.h"

namespace tinygrad::test {

/// The elements, dtypes and shapes, sorted: equal for equal bits.
inline std::vector<std::string> sorted_bits(const NamedTensors& tensors) {
  std::vector<std::string> all;
  for (auto& [name, t] : tensors) {
    std::string bytes(std::size_t(t.numel()) * size_of(t.dtype()), '\0');
    t.read(bytes.data(), t.dtype());
    all.push_back(to_string(t.dtype()) + to_string(t.shape()) + bytes);
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// Calls load(path, map) in both ways, which must give the same tensors or the same IoError; and if
/// there are tensors, again(tensors, path), which must save and load them to the same bits.
template <class Load, class Again>
void check_round_trip(const std::uint8_t* data, std::size_t size, Load load, Again again) {
  static MemoryFile file;
  file.set(data, size);
  NamedTensors tensors[2];
  std::string refused[2];
  for (const bool map : {false, true}) try {
      tensors[map] = load(file.path(), map);
    } catch (const IoError& error) { refused[map] = error.what(); }
  MemoryFile::check(refused[0] == refused[1]);
  MemoryFile::check(sorted_bits(tensors[0]) == sorted_bits(tensors[1]));
  if (!refused[0].empty()) return;
  static const std::string path = (std::filesystem::is_directory("/dev/shm")
                                       ? "/dev/shm"
                                       : std::filesystem::temp_directory_path().string()) +
                                  "/tinygrad-fuzz-" + std::to_string(getpid());
  MemoryFile::check(sorted_bits(tensors[0]) == sorted_bits(again(tensors[0], path)));
  std::filesystem::remove(path);
}

}  // namespace tinygrad::test
