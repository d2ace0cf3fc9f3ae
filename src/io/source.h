// A file that is being read: where its bytes are, and how it is refused.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad::io {

using Bytes = std::span<const std::byte>;

/// Names and paths in messages: shown, with everything escaped that is not printable, and cut after
/// 200 characters.
std::string in_quotes(std::string_view text);
/// A name in a message, made printable only when the message is.
struct Name {
  std::string_view text;
};
inline std::string part(const Name& name) { return in_quotes(name.text); }
template <class T> const T& part(const T& other) { return other; }

/// "; this is a gzip file": what the bytes are, where they begin as a known other kind of file;
/// else empty.
std::string guess(Bytes bytes);

struct Source {
  Call call;
  std::string path;
  Bytes bytes;

  template <class... Parts> [[noreturn]] void refuse(const Parts&... parts) const {
    fail<IoError>(call, in_quotes(path), ": ", part(parts)..., guess(bytes));
  }
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    if (!ok) [[unlikely]]
      refuse(parts...);
  }
};

}  // namespace tinygrad::io
