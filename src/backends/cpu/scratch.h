// SPDX-License-Identifier: MIT
// Scratch memory of a running kernel, from the backend's pool, so that a training loop allocates
// nothing from the system.
#pragma once
#include <cstddef>
#include <cstdint>

namespace tinygrad::cpu {

/// 64-byte aligned. Defined in memory.cpp, compiled once.
void* scratch_allocate(std::size_t bytes);
void scratch_release(void* memory, std::size_t bytes);

namespace {

/// Uninitialized memory for `count` values of T, 64-byte aligned, released with the scope; null if
/// count is 0.
template <class T> class Scratch {
 public:
  explicit Scratch(std::int64_t count) : bytes_(std::size_t(count) * sizeof(T)) {
    if (bytes_) data_ = static_cast<T*>(scratch_allocate(bytes_));
  }
  ~Scratch() {
    if (data_) scratch_release(data_, bytes_);
  }
  Scratch(const Scratch&) = delete;
  operator T*() const { return data_; }

 private:
  std::size_t bytes_;
  T* data_ = nullptr;
};

}  // namespace
}  // namespace tinygrad::cpu
