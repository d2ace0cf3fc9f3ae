// Three small owners that make ops cheap: a counted pointer, a list and a callable that need no
// allocation of their own.
#pragma once
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "tinygrad/export.h"

namespace tinygrad {

/// A pointer to something that holds its own count. T provides retain(T*) and release(T*), found by
/// argument-dependent lookup.
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

/// Throws IndexError.
[[noreturn]] TINYGRAD_API void fail_position(std::size_t i, std::size_t size);

/// A list whose first N elements lie inside it; more move to the heap. Elements must move without
/// throwing. Positions outside throw IndexError.
template <class T, std::size_t N> class Small {
 public:
  Small() = default;
  Small(std::initializer_list<T> list) : Small(list.begin(), list.end()) {}
  Small(const T* first, const T* last) {
    for (; first != last; ++first) push_back(*first);
  }
  Small(const Small& other) : Small(other.begin(), other.end()) {}
  Small(Small&& other) noexcept { take(other); }
  Small& operator=(Small other) noexcept {
    reset();
    take(other);
    return *this;
  }
  ~Small() { reset(); }

  void push_back(T value) {
    if (size_ == room_) grow();
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
  T& operator[](std::size_t i) { return data_[place(i)]; }
  const T& operator[](std::size_t i) const { return data_[place(i)]; }
  T& back() { return data_[place(size_ - 1)]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  std::size_t place(std::size_t i) const {
    if (i >= size_) [[unlikely]]
      fail_position(i, size_);
    return i;
  }
  T* inside() { return reinterpret_cast<T*>(inside_); }
  void grow() {
    T* larger = static_cast<T*>(::operator new(2 * room_ * sizeof(T)));
    std::uninitialized_move_n(data_, size_, larger);
    std::destroy_n(data_, size_);
    if (data_ != inside()) ::operator delete(data_);
    data_ = larger, room_ *= 2;
  }
  void reset() {
    std::destroy_n(data_, size_);
    if (data_ != inside()) ::operator delete(data_);
    data_ = inside(), size_ = 0, room_ = N;
  }
  void take(Small& other) noexcept {  // this one is empty
    if (other.data_ != other.inside()) {
      data_ = std::exchange(other.data_, other.inside()), size_ = std::exchange(other.size_, 0),
      room_ = std::exchange(other.room_, N);
    } else {
      std::uninitialized_move_n(other.data_, other.size_, data_);
      size_ = other.size_;
      other.reset();
    }
  }
  alignas(T) std::byte inside_[N * sizeof(T)];
  T* data_ = inside();
  std::size_t size_ = 0, room_ = N;
};

/// Owns any callable; one of up to Bytes lies inside, a larger one costs an allocation. Moves, and
/// is not copied.
template <class Signature, std::size_t Bytes> class Function;
template <class R, class... A, std::size_t Bytes> class Function<R(A...), Bytes> {
 public:
  Function() = default;
  // clang-format off
  template <class F> requires(!std::derived_from<std::decay_t<F>, Function> && std::is_invocable_r_v<R, const std::decay_t<F>&, A...>)
  Function(F&& f) {
    // clang-format on
    using Own = std::decay_t<F>;
    if constexpr (sizeof(Own) <= Bytes && std::is_nothrow_move_constructible_v<Own>) {
      new (inside_) Own(std::forward<F>(f));
      table_ = &table_for<Own>;
    } else {
      *this = Function([own = std::make_unique<Own>(std::forward<F>(f))](A... a) -> R {
        return (*own)(std::forward<A>(a)...);
      });
    }
  }
  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    reset();
    take(other);
    return *this;
  }
  ~Function() { reset(); }
  void reset() {
    if (table_) std::exchange(table_, nullptr)->destroy(inside_);
  }
  explicit operator bool() const { return table_ != nullptr; }
  R operator()(A... a) const { return table_->call(inside_, std::forward<A>(a)...); }

 private:
  struct Table {
    R (*call)(const void*, A...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  template <class F>
  static constexpr Table table_for{
      [](const void* f, A... a) -> R { return (*static_cast<const F*>(f))(std::forward<A>(a)...); },
      [](void* from, void* to) noexcept {
        new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* f) noexcept { static_cast<F*>(f)->~F(); }};
  void take(Function& other) noexcept {
    if ((table_ = std::exchange(other.table_, nullptr))) table_->move(other.inside_, inside_);
  }
  alignas(8) std::byte inside_[Bytes];
  const Table* table_ = nullptr;
};

}  // namespace tinygrad
