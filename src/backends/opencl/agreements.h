// A path that only some devices can take (sub-groups) is taken on a device only after it gave there
// what the plain path gives: drivers have got such things wrong. It is tried when first needed, and
// the result is remembered beside the compiled programs.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "backends/opencl/cache.h"

namespace tinygrad::opencl {

class Agreements {
 public:
  /// device: its identity (program.h).
  Agreements(Cache cache, std::string device)
      : cache_(std::move(cache)), device_(std::move(device)) {}
  /// Whether `path`, whose kernels are in `text`, agrees here with the plain one: what compare()
  /// said when it was asked the first time. Where it throws, it does not.
  bool hold(const std::string& path, const std::string& text, const std::function<bool()>& compare);

 private:
  bool find_out(const std::string& key, const std::function<bool()>& compare) const;

  Cache cache_;
  std::string device_;
  std::mutex mutex_;
  std::map<std::string, bool> known_;
};

}  // namespace tinygrad::opencl
