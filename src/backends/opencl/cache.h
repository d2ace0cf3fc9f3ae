// SPDX-License-Identifier: MIT
// Stores compiled programs on disk. Every file is verified when it is read: a file that is
// truncated, modified, stored under another key or unreadable counts as absent, and the program is
// compiled again. No function here throws; any number of processes may share a folder.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace tinygrad::opencl {

class Cache {
 public:
  /// An empty name means no cache. The folder is created when the first program is stored.
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  bool is_on() const { return !folder_.empty(); }
  /// Returns the program that was stored under exactly this key; empty if there is none.
  std::vector<unsigned char> load(const std::string& key) const noexcept;
  void store(const std::string& key, const std::vector<unsigned char>& program) const noexcept;
  /// Returns the path of the file that load(key) reads; empty without a cache.
  std::string path(const std::string& key) const;

 private:
  std::string folder_;
};

}  // namespace tinygrad::opencl
