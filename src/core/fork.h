// SPDX-License-Identifier: MIT
// What fork() leaves: the new process has a copy of the memory, and of the threads only the one
// that forked. It must not wait for the others.
#pragma once
#include <atomic>
#include <mutex>
#include <new>

namespace tinygrad {

/// Registers functions that fork() calls: before it, and after it in the parent and in the new
/// process; null calls none. Nothing on systems without fork().
void at_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

/// How often fork() lies between the start of the program and this process.
extern std::atomic<int> fork_count;

/// Remembers the process in which it was made. What threads serve, such as an open driver, is of no
/// use in a process that is forked from that one.
class OwnProcess {
 public:
  bool is_this_one() const { return count_ == fork_count.load(std::memory_order_relaxed); }

 private:
  int count_ = fork_count.load(std::memory_order_relaxed);
};

/// A mutex that is never destroyed. A forked process finds it free, since the thread that may have
/// held it does not exist there.
class ProcessMutex {
 public:
  ProcessMutex();
  ProcessMutex(const ProcessMutex&) = delete;
  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

  static void free_all();

 private:
  std::mutex mutex_;
  ProcessMutex* next_;
};

}  // namespace tinygrad
