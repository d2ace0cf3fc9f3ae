// Indices that a kernel found out of range. It touches no memory for them and notes the first; the
// next read by the host throws.
//
// Each check of an index has slots of its own in a ring that the device writes to, one for each
// group of its threads, and fills every one of them: position and value of the first bad index that
// the group met, or position -1. So slots need no clearing, and nothing atomic.
#pragma once
#include <mutex>
#include <vector>

#include "tinygrad/backend.h"
#include "tinygrad/error.h"
#include "tinygrad/scope.h"

namespace tinygrad {

class BadIndices {
 public:
  static constexpr int slots = 4096, most_groups = 64;
  struct Slot {
    std::int64_t position, value;
  };

  /// Takes slots for a check of `index`, into a dimension of `size`, by the op that runs now; -1
  /// where the ring is full.
  int take(const View& index, std::int64_t size, int groups);
  /// How many slots, from the first on, were taken since the last call of throw_first.
  int taken() const;
  /// Throws as throw_first does, and forgets nothing: for checks that are run again.
  void look_at(const Slot* found, int count) const;
  /// Forgets all checks. Throws IndexError, as the op would have, for the first bad index of the
  /// oldest check that found one.
  void throw_first(const Slot* found, int count);

 private:
  struct Check {
    const char* op;
    SourceLocation location;
    const ModulePath* path;
    View index;  // its shape and strides; the memory may be gone
    std::int64_t size;
    int first, groups;
  };
  static void throw_first_of(const std::vector<Check>& checks, const Slot* found, int count);
  static void throw_bad(const Check& check, const Slot& bad);
  mutable std::mutex mutex_;
  std::vector<Check> checks_;
  int taken_ = 0;
};

}  // namespace tinygrad
