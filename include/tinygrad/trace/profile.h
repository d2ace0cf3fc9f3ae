// SPDX-License-Identifier: MIT
// Profiles: what the time of a program is spent on, by op and by module, and how near each op comes
// to the limits of the machine.
//
//   const Profile p = profile([&] { step(); });
//   std::cout << p;
//
// A ProfileScope does the same for a part of a program. Both observe the ops of their thread alone
// (observer.h), in any number of nested scopes.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/observer.h"

namespace tinygrad {

/// What the calls of an op, or the ops of a module, took together. For an op that runs its formula,
/// time, operations and bytes are those of the ops inside, which have rows of their own.
struct ProfileRow {
  std::string name = {};  ///< "conv2d"; of a module "features.0 (Conv2d)", empty outside modules
  std::string derivative_of = {};  ///< by op: the op of the forward pass that is differentiated
  bool is_backward = false;        ///< computed in a backward pass
  Device device = {};
  std::int64_t calls = 0;
  double seconds = 0;
  /// Floating-point operations: of products, convolutions and attention those of the sums, 2mnk for
  /// [m, k] times [k, n]; one for each element of an elementwise op; 0 for all others.
  double flops = 0;
  double bytes = 0;  ///< of the views that were read and written, each once
};

/// The most that a device has reached: of operations in products of float32, and of bytes read and
/// written in copies.
struct DeviceLimits {
  double flops_per_second, bytes_per_second;
};
/// Measured by a large copy and a large product, which takes some tenths of a second, and kept for
/// later programs in $XDG_CACHE_HOME/tinygrad/limits.txt (~/.cache/tinygrad/limits.txt).
TINYGRAD_API DeviceLimits device_limits(const Device& device = default_device());

/// The rates that num_threads() threads of the host reach in loops that are none of the library's
/// kernels, so that these can be judged by them; the instruction set is that of the kernels
/// ($TINYGRAD_CPU).
struct HostLimits {
  double flops_per_second = 0;  ///< of float32 in registers; a multiply-add counts as two
  /// Bytes read and written per second: by b = a, by a = b + 3 c (McCalpin 1995, STREAM), and by a
  /// loop that reads alone.
  double copy = 0, triad = 0, read = 0;
};
/// Measures them now, each as the best of 20 runs, with arrays of so many float32: 2^24 are in
/// memory, 2^20 perhaps in a cache.
TINYGRAD_API HostLimits measure_host_limits(std::int64_t elements = 1 << 24);

/// The result of profile(). Rows are sorted by time, the longest first.
class TINYGRAD_API Profile {
 public:
  std::vector<ProfileRow> by_op() const;
  std::vector<ProfileRow> by_module() const;
  /// From begin to end of the scope, on the host's clock: also what is no op.
  double seconds() const { return seconds_; }

 private:
  friend class Profiler;
  struct Entry;
  std::shared_ptr<const std::vector<Entry>> entries_;
  double seconds_ = 0;
};
/// The part of the limits that a row reaches: the time that its operations or its bytes need at
/// least, whichever is longer, divided by its time. Above 1 if data came from a cache.
TINYGRAD_API double limit_reached(const ProfileRow& row, const DeviceLimits& limits);

/// Both tables as text.
TINYGRAD_API std::string to_string(const Profile& profile);
template <detail::TextStream Stream> Stream& operator<<(Stream& stream, const Profile& profile) {
  return detail::print(stream, to_string(profile));
}

/// While it lives, the ops of this thread are profiled. Each op costs about a microsecond. Time is
/// the device's own (Backend::clock); on a device without a clock, the host waits for each op.
class TINYGRAD_API ProfileScope {
 public:
  ProfileScope();
  ~ProfileScope();
  ProfileScope(const ProfileScope&) = delete;
  /// The profile of the ops that have ended. Waits for the devices.
  Profile result() const;

 private:
  std::unique_ptr<class Profiler> profiler_;
  ObserverScope scope_;
};

/// Profiles f().
TINYGRAD_API Profile profile(const InlineFunction<void(), 64>& f);

}  // namespace tinygrad
