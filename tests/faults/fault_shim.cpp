// SPDX-License-Identifier: MIT
// A library to be preloaded that makes system calls and allocations fail, one at a time:
// LD_PRELOAD=libtinygrad_faults.so and
//
//   TINYGRAD_FAULT=write:3:ENOSPC         the third write fails so, once
//   TINYGRAD_FAULT=write:3:ENOSPC:on      the third, and all after it
//
// Calls: malloc (with calloc, realloc and aligned blocks), read, write, fsync, rename, open, mmap.
// Errors: ENOMEM EIO ENOSPC EINTR EMFILE EACCES, and SHORT: half the bytes are read or written. A
// program that was started with it may set the fault anew with
// tinygrad_fault_arm("write:3:ENOSPC"), end it with tinygrad_fault_arm(""), and ask
// tinygrad_fault_fired().
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>

#include "plan.h"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

using tinygrad::test::number_among;

enum Call { malloc_call, read_call, write_call, fsync_call, rename_call, open_call, mmap_call };
constexpr const char* call_names[] = {"malloc", "read", "write", "fsync", "rename", "open", "mmap"};
constexpr int short_count = -1;  // instead of an error
constexpr const char* error_names[] = {"ENOMEM", "EIO",    "ENOSPC", "EINTR",
                                       "EMFILE", "EACCES", "SHORT"};
constexpr int errors[] = {ENOMEM, EIO, ENOSPC, EINTR, EMFILE, EACCES, short_count, EINVAL};

constinit tinygrad::test::FaultPlan plan;

/// Returns whether this call must fail; if so, errno is set.
bool fails(Call which) {
  if (!plan.fails(which)) return false;
  errno = plan.error() == short_count ? 0 : plan.error();
  return true;
}

template <class F> F real(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

template <class F> ssize_t transfer(Call which, F f, std::size_t count) {
  if (!fails(which)) return f(count);
  if (plan.error() != short_count) return -1;
  return f(count > 1 ? count / 2 : count);
}

}  // namespace

extern "C" {

void tinygrad_fault_arm(const char* text) {
  plan.arm(
      text, [](const char* name) { return number_among(call_names, name); },
      [](const char* name) { return errors[number_among(error_names, name)]; });
}
long tinygrad_fault_fired() { return plan.fired(); }

__attribute__((constructor)) static void start() {
  if (const char* text = std::getenv("TINYGRAD_FAULT")) tinygrad_fault_arm(text);
}

void* malloc(std::size_t bytes) { return fails(malloc_call) ? nullptr : __libc_malloc(bytes); }
void* calloc(std::size_t n, std::size_t bytes) {
  return fails(malloc_call) ? nullptr : __libc_calloc(n, bytes);
}
void* realloc(void* block, std::size_t bytes) {
  return fails(malloc_call) ? nullptr : __libc_realloc(block, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return fails(malloc_call) ? nullptr : __libc_memalign(alignment, bytes);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t bytes) {
  void* block = fails(malloc_call) ? nullptr : __libc_memalign(alignment, bytes);
  if (!block) return ENOMEM;
  *out = block;
  return 0;
}

ssize_t read(int file, void* to, std::size_t count) {
  static const auto next = real<ssize_t (*)(int, void*, std::size_t)>("read");
  return transfer(
      read_call, [=](std::size_t n) { return next(file, to, n); }, count);
}
ssize_t write(int file, const void* from, std::size_t count) {
  static const auto next = real<ssize_t (*)(int, const void*, std::size_t)>("write");
  return transfer(
      write_call, [=](std::size_t n) { return next(file, from, n); }, count);
}
int fsync(int file) {
  static const auto next = real<int (*)(int)>("fsync");
  return fails(fsync_call) ? -1 : next(file);
}
int rename(const char* from, const char* to) noexcept {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return fails(rename_call) ? -1 : next(from, to);
}
int open(const char* path, int flags, ...) {
  static const auto next = real<int (*)(const char*, int, mode_t)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return fails(open_call) ? -1 : next(path, flags, mode);
}
void* mmap(void* at, std::size_t size, int protection, int flags, int file, off_t offset) noexcept {
  static const auto next = real<void* (*)(void*, std::size_t, int, int, int, off_t)>("mmap");
  return fails(mmap_call) ? MAP_FAILED : next(at, size, protection, flags, file, offset);
}
}
