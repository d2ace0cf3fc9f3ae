// SPDX-License-Identifier: MIT
// SmallVector: a vector whose first elements need no allocation.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <utility>

#include "tinygrad/detail/export.h"

namespace tinygrad {

/// Throws IndexError: position i is outside a vector of `size` elements.
[[noreturn]] TINYGRAD_API void fail_position(std::size_t i, std::size_t size);

/// A vector that stores up to N elements inside the object; if it grows beyond N, all elements move
/// to the heap. The move constructor of T must not throw. Positions outside throw IndexError.
template <class T, std::size_t N> class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(std::initializer_list<T> list) : SmallVector(list.begin(), list.end()) {}
  SmallVector(const T* first, const T* last) {
    for (; first != last; ++first) push_back(*first);
  }
  SmallVector(const SmallVector& other) : SmallVector(other.begin(), other.end()) {}
  SmallVector(SmallVector&& other) noexcept { take(other); }
  SmallVector& operator=(SmallVector other) noexcept {
    reset();
    take(other);
    return *this;
  }
  ~SmallVector() { reset(); }

  void push_back(T value) {
    if (size_ == capacity_) grow();
    new (data_ + size_) T(std::move(value));
    ++size_;
  }
  void resize(std::size_t size) {
    while (size_ > size) data_[--size_].~T();
    while (size_ < size) push_back(T());
  }
  void clear() { resize(0); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[checked(i)]; }
  const T& operator[](std::size_t i) const { return data_[checked(i)]; }
  T& back() { return data_[checked(size_ - 1)]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  std::size_t checked(std::size_t i) const {
    if (i >= size_) [[unlikely]]
      fail_position(i, size_);
    return i;
  }
  T* inline_data() { return reinterpret_cast<T*>(inline_storage_); }
  void grow() {
    T* larger = static_cast<T*>(::operator new(2 * capacity_ * sizeof(T)));
    std::uninitialized_move_n(data_, size_, larger);
    std::destroy_n(data_, size_);
    if (data_ != inline_data()) ::operator delete(data_);
    data_ = larger, capacity_ *= 2;
  }
  void reset() {
    std::destroy_n(data_, size_);
    if (data_ != inline_data()) ::operator delete(data_);
    data_ = inline_data(), size_ = 0, capacity_ = N;
  }
  void take(SmallVector& other) noexcept {  // *this is empty
    if (other.data_ != other.inline_data()) {
      data_ = std::exchange(other.data_, other.inline_data()),
      size_ = std::exchange(other.size_, 0), capacity_ = std::exchange(other.capacity_, N);
    } else {
      std::uninitialized_move_n(other.data_, other.size_, data_);
      size_ = other.size_;
      other.reset();
    }
  }
  alignas(T) std::byte inline_storage_[N * sizeof(T)];
  T* data_ = inline_data();
  std::size_t size_ = 0, capacity_ = N;
};

}  // namespace tinygrad
