// SPDX-License-Identifier: MIT
// Ref: a reference-counted pointer to an object that holds its own count (an intrusive pointer).
#pragma once
#include <utility>

namespace tinygrad {

/// An intrusive reference-counted pointer. T provides retain(T*) and release(T*), which are found
/// by argument-dependent lookup.
template <class T> class Ref {
 public:
  Ref() = default;
  explicit Ref(T* p) : p_(p) {
    if (p_) retain(p_);
  }
  Ref(const Ref& other) : Ref(other.p_) {}
  Ref(Ref&& other) noexcept : p_(std::exchange(other.p_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~Ref() {
    if (p_) release(p_);
  }
  T* get() const { return p_; }
  T* operator->() const { return p_; }
  T& operator*() const { return *p_; }
  explicit operator bool() const { return p_ != nullptr; }

 private:
  T* p_ = nullptr;
};

}  // namespace tinygrad
