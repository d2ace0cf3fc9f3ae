// SPDX-License-Identifier: MIT
// SelfChecks: comparisons of an optional code path with the plain one on this device. A path that
// needs an extension (sub-groups) is used only after it has computed the same results as the plain
// path there, because some drivers implement such extensions wrongly. The comparison runs when the
// path is first needed, and its result is stored beside the compiled programs.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "backends/opencl/cache.h"

namespace tinygrad::opencl {

class SelfChecks {
 public:
  /// device: the device's identity (program.h).
  SelfChecks(Cache cache, std::string device)
      : cache_(std::move(cache)), device_(std::move(device)) {}
  /// Returns whether `path`, whose kernels' source is `source`, computes what the plain path
  /// computes on this device: the result of the first call of compare(). If compare() throws, the
  /// check has failed.
  bool passes(const std::string& path, const std::string& source,
              const std::function<bool()>& compare);

 private:
  bool compute(const std::string& key, const std::function<bool()>& compare) const;

  Cache cache_;
  std::string device_;
  std::mutex mutex_;
  std::map<std::string, bool> known_;
};

}  // namespace tinygrad::opencl
