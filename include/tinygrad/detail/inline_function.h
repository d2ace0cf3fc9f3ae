// SPDX-License-Identifier: MIT
// InlineFunction: a move-only callable that needs no allocation if it is small. SharedFunction: a
// callable that can be copied.
#pragma once
#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace tinygrad {

/// Owns any callable. A callable of up to Bytes is stored inside, a larger one is allocated.
/// Move-only, like std::move_only_function.
template <class Signature, std::size_t Bytes> class InlineFunction;
template <class R, class... A, std::size_t Bytes> class InlineFunction<R(A...), Bytes> {
 public:
  InlineFunction() = default;
  // clang-format off
  template <class F> requires(!std::derived_from<std::decay_t<F>, InlineFunction> &&
                              std::is_invocable_r_v<R, const std::decay_t<F>&, A...>)
  InlineFunction(F&& f) {
    // clang-format on
    using Own = std::decay_t<F>;
    if constexpr (sizeof(Own) <= Bytes && std::is_nothrow_move_constructible_v<Own>) {
      new (inline_storage_) Own(std::forward<F>(f));
      table_ = &table_for<Own>;
    } else {
      *this = InlineFunction([own = std::make_unique<Own>(std::forward<F>(f))](A... a) -> R {
        return (*own)(std::forward<A>(a)...);
      });
    }
  }
  InlineFunction(InlineFunction&& other) noexcept { take(other); }
  InlineFunction& operator=(InlineFunction&& other) noexcept {
    reset();
    take(other);
    return *this;
  }
  ~InlineFunction() { reset(); }
  void reset() {
    if (table_) std::exchange(table_, nullptr)->destroy(inline_storage_);
  }
  explicit operator bool() const { return table_ != nullptr; }
  R operator()(A... a) const { return table_->call(inline_storage_, std::forward<A>(a)...); }

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
  void take(InlineFunction& other) noexcept {
    if ((table_ = std::exchange(other.table_, nullptr)))
      table_->move(other.inline_storage_, inline_storage_);
  }
  alignas(8) std::byte inline_storage_[Bytes];
  const Table* table_ = nullptr;
};

/// A callable whose copies share it. Like InlineFunction, it calls it as const.
template <class Signature> class SharedFunction;
template <class R, class... A> class SharedFunction<R(A...)> {
  using Own = InlineFunction<R(A...), 64>;

 public:
  SharedFunction() = default;
  // clang-format off
  template <class F> requires(!std::derived_from<std::decay_t<F>, SharedFunction> &&
                              std::is_constructible_v<Own, F>)
  SharedFunction(F&& f) : own_(std::make_shared<const Own>(std::forward<F>(f))) {}
  // clang-format on
  explicit operator bool() const { return own_ && *own_; }
  R operator()(A... a) const { return (*own_)(std::forward<A>(a)...); }

 private:
  std::shared_ptr<const Own> own_;
};

}  // namespace tinygrad
