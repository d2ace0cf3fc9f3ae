#include "backends/opencl/agreements.h"

#include "tinygrad/error.h"

namespace tinygrad::opencl {

bool Agreements::hold(const std::string& path, const std::string& text,
                      const std::function<bool()>& compare) {
  std::lock_guard lock(mutex_);
  const auto known = known_.find(path);
  if (known != known_.end()) return known->second;
  return known_[path] = find_out(device_ + "agreement of " + path + "\n" + text, compare);
}

bool Agreements::find_out(const std::string& key, const std::function<bool()>& compare) const {
  const std::vector<unsigned char> stored = cache_.load(key);
  if (stored.size() == 1) return stored[0] == 1;
  bool agrees = false;
  try {
    agrees = compare();
  } catch (const Error&) {
    return false;
  }  // the driver refuses it, or had no memory left: another process asks again
  cache_.store(key, {static_cast<unsigned char>(agrees)});
  return agrees;
}

}  // namespace tinygrad::opencl
