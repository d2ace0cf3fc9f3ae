// Fibres: stacks between which one thread of the host goes to and fro.
#pragma once
#include <ucontext.h>
#include <csetjmp>
#include <cstddef>

namespace cuda_emulator {

/// One stack, or the host thread's own. A switch costs some ten nanoseconds: ucontext makes the
/// stack, _longjmp goes there.
class Fiber {
 public:
  /// The stack of whoever calls switch_to from outside of any fibre.
  Fiber() = default;
  /// A new stack, on which `run` begins at the first switch; it never returns.
  explicit Fiber(void (*run)());
  ~Fiber();
  Fiber(const Fiber&) = delete;

  /// Leaves this fibre, which is the running one, and goes on in `next` where that was left;
  /// returns when this one is gone on with.
  void switch_to(Fiber& next);
  /// What `run` does first.
  static void arrived();

 private:
  void go();
  void* stack_ = nullptr;
  bool begun_ = false;
  ucontext_t context_;
  std::jmp_buf jump_;
  // what sanitizers keep of a stack
  [[maybe_unused]] void* fake_stack_ = nullptr;
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  [[maybe_unused]] void* thread_ = nullptr;
};

}  // namespace cuda_emulator
