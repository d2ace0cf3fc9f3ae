// SPDX-License-Identifier: MIT
#undef _FORTIFY_SOURCE  // or longjmp to another stack is taken for a mistake
#include "fibers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#if __has_include(<sanitizer/common_interface_defs.h>)
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __has_feature
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define THREAD_SANITIZER 1
#endif

namespace cuda_emulator {
namespace {
constexpr std::size_t stack_bytes =
    256 << 10;  // the system provides memory only for pages that are used
Fiber *leaving = nullptr,
      *entering = nullptr;  // of the last switch; guarded by the lock of launches
}  // namespace

Fiber::Fiber(void (*run)()) {
  const std::size_t guard =
      std::size_t(sysconf(_SC_PAGESIZE));  // a guard page: an overflow crashes at once
  stack_ = mmap(nullptr, guard + stack_bytes, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED || mprotect(stack_, guard, PROT_NONE) != 0)
    std::perror("cuda_emulator: no memory for a stack"), std::abort();
  bottom_ = static_cast<char*>(stack_) + guard, size_ = stack_bytes;
  getcontext(&context_);
  context_.uc_stack.ss_sp = static_cast<char*>(stack_) + guard;
  context_.uc_stack.ss_size = stack_bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, run, 0);
#if THREAD_SANITIZER
  thread_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  if (!stack_) return;
#if ADDRESS_SANITIZER
  __asan_unpoison_memory_region(bottom_, size_);
#endif
#if THREAD_SANITIZER
  __tsan_destroy_fiber(thread_);
#endif
  munmap(stack_, stack_bytes + std::size_t(sysconf(_SC_PAGESIZE)));
}

void Fiber::switch_to(Fiber& next) {
  leaving = this, entering = &next;
#if ADDRESS_SANITIZER
  __sanitizer_start_switch_fiber(&fake_stack_, next.bottom_, next.size_);
#endif
#if THREAD_SANITIZER
  if (!stack_) thread_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(next.thread_, 0);
  swapcontext(&context_, &next.context_);  // sanitizers do not support _longjmp between stacks
#else
  if (!_setjmp(jump_)) next.go();
#endif
  arrived();
}

void Fiber::go() {
  if (begun_ || !stack_) _longjmp(jump_, 1);
  begun_ = true;
  setcontext(&context_);
}

void Fiber::arrived() {
#if ADDRESS_SANITIZER
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(entering->fake_stack_, &bottom, &size);
  if (!leaving->stack_)
    leaving->bottom_ = bottom,
    leaving->size_ = size;  // the bounds of the host's own stack are known only here
#endif
}

}  // namespace cuda_emulator
