// SPDX-License-Identifier: MIT
// Defines what this project uses of C++20 and a standard library may lack. TinygradCompiler.cmake
// includes it before every file if a test program does not compile. Of libc++, 14 lacks most of it,
// 17 only jthread.
#pragma once
#ifdef __cplusplus
#include <algorithm>
#include <bit>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <version>

namespace std {

#ifndef __cpp_lib_bit_cast
template <class To, class From> constexpr To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}
#endif

#ifndef __cpp_lib_smart_ptr_for_overwrite
template <class T> unique_ptr<T> make_unique_for_overwrite(size_t count) {
  return unique_ptr<T>(new remove_extent_t<T>[count]);
}
#endif

#ifndef __cpp_lib_jthread
struct jthread : thread {
  using thread::thread;
  jthread(jthread&&) = default;
  ~jthread() {
    if (joinable()) join();
  }
};
#endif

#ifndef __cpp_lib_ranges
namespace ranges {
#define TINYGRAD_OF_RANGE(name)                                                     \
  template <class R, class... A> constexpr auto name(R&& range, A&&... arguments) { \
    return std::name(std::begin(range), std::end(range), arguments...);             \
  }
TINYGRAD_OF_RANGE(any_of)
TINYGRAD_OF_RANGE(count)
TINYGRAD_OF_RANGE(count_if)
TINYGRAD_OF_RANGE(find_if)
TINYGRAD_OF_RANGE(max_element)
TINYGRAD_OF_RANGE(replace)
TINYGRAD_OF_RANGE(reverse)
#undef TINYGRAD_OF_RANGE

/// Compares the projections of two elements.
template <class C, class P> constexpr auto compared(C compare, P projection) {
  return [=](const auto& a, const auto& b) {
    return compare(std::invoke(projection, a), std::invoke(projection, b));
  };
}
#define TINYGRAD_OF_ORDER(name)                                                          \
  template <class R, class C = std::less<>, class P = std::identity>                     \
  requires requires(R & range) { std::begin(range); }                                    \
  constexpr auto name(R&& range, C compare = {}, P projection = {}) {                    \
    return std::name(std::begin(range), std::end(range), compared(compare, projection)); \
  }                                                                                      \
  template <class I, class C = std::less<>, class P = std::identity>                     \
  requires requires(I at) { *at; }                                                       \
  constexpr auto name(I first, I last, C compare = {}, P projection = {}) {              \
    return std::name(first, last, compared(compare, projection));                        \
  }
TINYGRAD_OF_ORDER(is_sorted)
TINYGRAD_OF_ORDER(minmax_element)
TINYGRAD_OF_ORDER(sort)
TINYGRAD_OF_ORDER(stable_sort)
#undef TINYGRAD_OF_ORDER

template <class R, class T, class P = std::identity>
constexpr auto find(R&& range, const T& value, P projection = {}) {
  return std::find_if(std::begin(range), std::end(range),
                      [&](const auto& x) { return std::invoke(projection, x) == value; });
}
template <class I, class J> struct mismatch_result {
  I in1;
  J in2;
};
template <class R, class S> constexpr auto mismatch(R&& a, S&& b) {
  const auto [i, j] = std::mismatch(std::begin(a), std::end(a), std::begin(b), std::end(b));
  return mismatch_result<decltype(std::begin(a)), decltype(std::begin(b))>{i, j};
}
}  // namespace ranges
#endif

}  // namespace std
#endif
