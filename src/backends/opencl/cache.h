// Compiled programs on disk. A file is looked at before anybody trusts it: cut short, changed, of
// another key or unreadable, it counts as absent, and the program is compiled again. Nothing here
// throws; any number of processes may share a folder.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace tinygrad::opencl {

class Cache {
 public:
  /// Empty: no cache. The folder is made when something is stored.
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  bool is_on() const { return !folder_.empty(); }
  /// What was stored under exactly this key; empty where there is nothing.
  std::vector<unsigned char> load(const std::string& key) const noexcept;
  void store(const std::string& key, const std::vector<unsigned char>& program) const noexcept;
  /// Where load(key) looks; empty without a cache.
  std::string path(const std::string& key) const;

 private:
  std::string folder_;
};

}  // namespace tinygrad::opencl
