// SPDX-License-Identifier: MIT
// Plans the call that fails: "write:3:ENOSPC", the third, once, or "write:3:ENOSPC:on", the third
// and all after it. It serves libraries that intercept calls; it allocates nothing, since it may
// run before main and inside of malloc.
#pragma once
#include <atomic>
#include <cstdio>
#include <cstring>

namespace tinygrad::test {

class FaultPlan {
 public:
  /// call_number(name) and error_number(name) read the names; a text without three parts plans
  /// nothing.
  template <class Call, class Error>
  void arm(const char* text, Call call_number, Error error_number) {
    planned_ = none;
    char call[64] = "", error[16] = "", mode[8] = "";
    long n = 0;
    if (std::sscanf(text, "%63[^:]:%ld:%15[^:]:%7s", call, &n, error, mode) < 3) return;
    countdown_ = n, fired_ = 0, error_ = error_number(error),
    from_then_on_ = std::strcmp(mode, "on") == 0;
    planned_.store(call_number(call), std::memory_order_release);
  }
  /// Returns whether this call must fail.
  bool fails(int call) {
    if (planned_.load(std::memory_order_acquire) != call) return false;
    const long left = countdown_.fetch_sub(1) - 1;
    if (left > 0 || (left < 0 && !from_then_on_)) return false;
    ++fired_;
    return true;
  }
  bool is_armed() const { return planned_.load(std::memory_order_relaxed) != none; }
  int error() const { return error_; }
  /// Returns the number of calls that failed since arm().
  long fired() const { return fired_; }

 private:
  static constexpr int none = -1;
  std::atomic<int> planned_ = none, error_ = 0;
  std::atomic<long> countdown_ = 0, fired_ = 0;
  std::atomic<bool> from_then_on_ = false;
};

/// Returns the index of a name among `names`, or their count if it is none of them.
template <int count> int number_among(const char* const (&names)[count], const char* name) {
  int n = 0;
  while (n < count && std::strcmp(names[n], name) != 0) ++n;
  return n;
}

}  // namespace tinygrad::test
