// SPDX-License-Identifier: MIT
// Checks of formats of tensors, which their fuzz targets share.
#pragma once
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "fuzz/memory_file.h"
#include "tinygrad/error.h"
#include "tinygrad/tensor.h"

namespace tinygrad::test {

/// The dtype, the shape and the elements: equal for equal bits.
inline std::string bits(const Tensor& t) {
  std::string bytes(std::size_t(t.numel()) * size_of(t.dtype()), '\0');
  t.read(bytes.data(), t.dtype());
  return to_string(t.dtype()) + to_string(t.shape()) + bytes;
}
/// The same with the names, in order.
inline std::string bits(const NamedTensors& tensors) {
  std::string all;
  for (auto& [name, t] : tensors) all += name + '=' + bits(t) + ';';
  return all;
}
inline std::vector<std::string> sorted_bits(const NamedTensors& tensors) {
  std::vector<std::string> all;
  for (auto& [name, t] : tensors) all.push_back(bits(t));
  std::sort(all.begin(), all.end());
  return all;
}

/// A path for files of this process, in memory if there is a place for it.
inline const std::string& scratch() {
  static const std::string path = (std::filesystem::is_directory("/dev/shm")
                                       ? "/dev/shm"
                                       : std::filesystem::temp_directory_path().string()) +
                                  "/tinygrad-fuzz-" + std::to_string(getpid());
  return path;
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
  MemoryFile::check(sorted_bits(tensors[0]) == sorted_bits(again(tensors[0], scratch())));
  std::filesystem::remove(scratch());
}

}  // namespace tinygrad::test
