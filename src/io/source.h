// SPDX-License-Identifier: MIT
// Source: the path and the bytes of a file that is being read, and the errors about it.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "nn/problems.h"
#include "tinygrad/error.h"

namespace tinygrad::io {

using Bytes = std::span<const std::byte>;

/// A name in a message, which is escaped only when the message is built.
struct Name {
  std::string_view text;
};
inline std::string part(const Name& name) { return in_quotes(name.text); }
template <class T> const T& part(const T& other) { return other; }

/// Text such as "; this is a gzip file" if the first bytes are those of another known format,
/// otherwise empty.
std::string guess(Bytes bytes);

/// A file that is being read.
struct Source {
  Call call;
  std::string path;
  Bytes bytes;

  /// Throws IoError with the path, the parts and guess().
  template <class... Parts> [[noreturn]] void refuse(const Parts&... parts) const {
    fail<IoError>(call, in_quotes(path), ": ", part(parts)..., guess(bytes));
  }
  /// Calls refuse(parts...) unless ok.
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    if (!ok) [[unlikely]]
      refuse(parts...);
  }
};

}  // namespace tinygrad::io
