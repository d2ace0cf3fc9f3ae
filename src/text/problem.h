// SPDX-License-Identifier: MIT
// Problem: why a vocabulary is refused. Whoever knows the path or the call makes an Error of it.
#pragma once
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::text {

struct Problem {
  std::string text;
};

inline std::string as_text(const std::string& part) { return part; }
inline std::string as_text(const char* part) { return part; }
template <class T>
requires std::is_integral_v<T> std::string as_text(T part) { return std::to_string(part); }

/// Throws a Problem with the parts.
template <class... Parts> [[noreturn]] void refuse(const Parts&... parts) {
  throw Problem{(std::string() + ... + as_text(parts))};
}
/// Calls refuse(parts...) unless ok.
template <class... Parts> void expect(bool ok, const Parts&... parts) {
  if (!ok) refuse(parts...);
}

/// Returns make(); a Problem becomes an ArgumentError of the call.
template <class Make> auto or_argument_error(const Call& call, const Make& make) {
  try {
    return make();
  } catch (const Problem& problem) { fail(call, problem.text); }
}

}  // namespace tinygrad::text
