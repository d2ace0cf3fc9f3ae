// SPDX-License-Identifier: MIT
// Profiler: the observer behind ProfileScope.
#pragma once
#include <chrono>
#include <deque>
#include <unordered_map>

#include "costs.h"
#include "tinygrad/trace/profile.h"

namespace tinygrad {

/// Calls of one op, with one place in the program, on one device.
struct Profile::Entry : ProfileRow {
  const ModulePath* path = nullptr;
  tracing::CountFlops count_flops = nullptr;
};

/// Adds up calls, operations and bytes when an op ends; of the time it notes marks of the device's
/// clock, which are read at the end.
class Profiler : public Observer {
 public:
  void begin(const OpEvent& op) override;
  void end(const OpEvent& op) override;
  Profile result() const;

 private:
  struct Key {
    const char *name, *derivative_of;
    const ModulePath* path;
    std::size_t clock;
    bool operator==(const Key& other) const;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  struct Clock {
    Device device;
    std::unique_ptr<DeviceClock> clock;
  };
  struct Op {
    std::uint32_t entry, clock;
    std::size_t outer, begin, end;  ///< outer: the op whose formula this is a part of
  };
  static constexpr std::size_t none = ~std::size_t(0);

  std::size_t clock_of(const Device& device);
  std::uint32_t entry_of(const OpEvent& op, std::size_t clock);

  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::vector<Clock> clocks_;
  std::deque<Profile::Entry> entries_;  // positions_ points to their names
  std::unordered_map<Key, std::uint32_t, Hash> positions_;
  std::vector<Op> ops_;
  std::size_t open_ = none;  ///< the innermost op that has not ended
};

}  // namespace tinygrad
