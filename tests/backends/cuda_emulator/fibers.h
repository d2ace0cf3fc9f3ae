// SPDX-License-Identifier: MIT
// Fibres: stacks between which one thread of the host can switch.
#pragma once
#include <ucontext.h>
#include <csetjmp>
#include <cstddef>

namespace cuda_emulator {

/// A stack of its own, or that of the host's thread. A switch costs about ten nanoseconds: ucontext
/// creates the stack, _longjmp switches to it.
class Fiber {
 public:
  /// Represents the stack of a caller that is not in a fibre.
  Fiber() = default;
  /// A new stack, on which `run` starts at the first switch. `run` must not return.
  explicit Fiber(void (*run)());
  ~Fiber();
  Fiber(const Fiber&) = delete;

  /// Suspends this fibre, which must be the running one, and resumes `next`; returns when this
  /// fibre is resumed.
  void switch_to(Fiber& next);
  /// Must be called first by `run`.
  static void arrived();

 private:
  void go();
  void* stack_ = nullptr;
  bool begun_ = false;
  ucontext_t context_;
  std::jmp_buf jump_;
  // the sanitizers' state of a stack
  [[maybe_unused]] void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  [[maybe_unused]] void* thread_ = nullptr;
};

}  // namespace cuda_emulator
