// SPDX-License-Identifier: MIT
// The list of index checks of a device, and the error for the first bad index that one found.
#include "backends/common/bad_indices.h"

#include "core/call.h"

namespace tinygrad {

int BadIndices::reserve(const View& index, std::int64_t size, int groups) {
  const Call& call = running_call();
  const Check check = {call.op, Scope::user_location(call.location), Scope::path(), index, size, 0,
                       groups};
  std::lock_guard lock(mutex_);
  if (reserved_ + groups > slots) return -1;
  checks_.push_back(check);
  checks_.back().first = reserved_;
  reserved_ += groups;
  return checks_.back().first;
}

int BadIndices::reserved() const {
  std::lock_guard lock(mutex_);
  return reserved_;
}

void BadIndices::throw_first(const Slot* found, int count) {
  std::vector<Check> checks;
  {
    std::lock_guard lock(mutex_);
    checks.swap(checks_);
    reserved_ = 0;
  }
  throw_first_of(checks, found, count);
}

void BadIndices::throw_first_and_keep(const Slot* found, int count) const {
  std::vector<Check> checks;
  {
    std::lock_guard lock(mutex_);
    checks = checks_;
  }
  throw_first_of(checks, found, count);
}

void BadIndices::throw_first_of(const std::vector<Check>& checks, const Slot* found, int count) {
  for (const Check& check : checks) {
    Slot first = {-1, 0};
    for (int i = check.first; i < check.first + check.groups && i < count; ++i)
      if (found[i].position >= 0 && (first.position < 0 || found[i].position < first.position))
        first = found[i];
    if (first.position >= 0) throw_bad(check, first);
  }
}

/// The error names the op, the module and the source location of the check, not those of the
/// download that throws.
void BadIndices::throw_bad(const Check& check, const Slot& bad) {
  const Scope scope(check.path, check.location);
  const Running running(Call(check.op, check.location));
  bad_index(check.index, bad.position, bad.value, check.size);
}

}  // namespace tinygrad
