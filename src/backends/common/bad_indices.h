// SPDX-License-Identifier: MIT
// Reports indices that a kernel found out of range. The kernel accesses no memory for them and
// records the first; the next download by the host throws.
//
// Each check of an index tensor has its own slots in a buffer that the device writes to, one for
// each group of its threads, and writes every one of them: position and value of the first bad
// index that the group found, or position -1. So slots need no clearing, and no atomic operation.
#pragma once
#include <mutex>
#include <vector>

#include "tinygrad/backend.h"
#include "tinygrad/error.h"
#include "tinygrad/scope.h"

namespace tinygrad {

class BadIndices {
 public:
  static constexpr int slots = 4096, max_groups = 64;
  struct Slot {
    std::int64_t position, value;
  };

  /// Reserves `groups` slots for a check, by the running op, that `index` lies in 0 ... size - 1.
  /// Returns the first slot, or -1 if too few are left.
  int reserve(const View& index, std::int64_t size, int groups);
  /// The number of slots reserved since the last call of throw_first.
  int reserved() const;
  /// Throws as throw_first does, but keeps the checks: for recorded work, which runs again.
  void throw_first_and_keep(const Slot* found, int count) const;
  /// Removes all checks. Throws the IndexError of the op, for the first bad index of the oldest
  /// check that found one.
  void throw_first(const Slot* found, int count);

 private:
  struct Check {
    const char* op;
    SourceLocation location;
    const ModulePath* path;
    View index;  // for its shape and strides; the memory may have been released
    std::int64_t size;
    int first, groups;
  };
  static void throw_first_of(const std::vector<Check>& checks, const Slot* found, int count);
  static void throw_bad(const Check& check, const Slot& bad);
  mutable std::mutex mutex_;
  std::vector<Check> checks_;
  int reserved_ = 0;
};

}  // namespace tinygrad
