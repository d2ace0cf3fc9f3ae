// SPDX-License-Identifier: MIT
// Looks up the result of a self check in this process, then in the cache on disk, and runs the
// check only if neither has it.
#include "backends/opencl/self_checks.h"

#include "tinygrad/error.h"

namespace tinygrad::opencl {

bool SelfChecks::passes(const std::string& path, const std::string& source,
                        const std::function<bool()>& compare) {
  std::lock_guard lock(mutex_);
  const auto known = known_.find(path);
  if (known != known_.end()) return known->second;
  return known_[path] = compute(device_ + "self check of " + path + "\n" + source, compare);
}

bool SelfChecks::compute(const std::string& key, const std::function<bool()>& compare) const {
  const std::vector<unsigned char> stored = cache_.load(key);
  if (stored.size() == 1) return stored[0] == 1;
  bool passed = false;
  try {
    passed = compare();
  } catch (const Error&) {
    // The driver refused the kernel, or had no memory left. The result is not stored, so that
    // another process tries again.
    return false;
  }
  cache_.store(key, {static_cast<unsigned char>(passed)});
  return passed;
}

}  // namespace tinygrad::opencl
