// SPDX-License-Identifier: MIT
// Source: the path and the bytes of a file that is being read, and the errors about it.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad::io {

using Bytes = std::span<const std::byte>;

/// A name in a message, which is escaped only when the message is built.
struct Name {
  std::string_view text;
};
inline std::string part(const Name& name) { return in_quotes(name.text); }
template <class T> const T& part(const T& other) { return other; }

/// A file that is being read.
struct Source {
  Call call;
  std::string path;
  Bytes bytes;
  /// Text for the end of all errors, made from the file's bytes.
  std::string (*hint)(Bytes bytes) = [](Bytes) { return std::string(); };

  /// Throws IoError with the path, the parts and the hint.
  template <class... Parts> [[noreturn]] void refuse(const Parts&... parts) const {
    fail<IoError>(call, in_quotes(path), ": ", part(parts)..., hint(bytes));
  }
  /// Calls refuse(parts...) unless ok.
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    if (!ok) [[unlikely]]
      refuse(parts...);
  }
};

}  // namespace tinygrad::io
