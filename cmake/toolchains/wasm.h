// SPDX-License-Identifier: MIT
// What the C++ library of Emscripten before 3.1.30 lacks of C++20; included before every file.
#pragma once
#ifdef __cplusplus
#include <bit>
#include <cstddef>
#include <memory>
#include <thread>
#include <type_traits>
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
}  // namespace std
#endif
