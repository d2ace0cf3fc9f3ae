// SPDX-License-Identifier: MIT
// ByteReader: reads the bytes of a file from front to back. Every length is compared with the
// remaining bytes before it is used.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "source.h"

namespace tinygrad::io {

static_assert(std::endian::native == std::endian::little,
              "tensors are copied from files without a conversion from little-endian");

class ByteReader {
 public:
  ByteReader(const Source& source, Bytes bytes) : source_(source), rest_(bytes) {}

  std::size_t remaining() const { return rest_.size(); }
  /// The next `count` bytes. Throws IoError if fewer are left.
  Bytes take(std::uint64_t count, const char* what) {
    source_.check(count <= rest_.size(), "cut short: ", what, " needs ", count, " bytes, and ",
                  rest_.size(), " are left");
    const Bytes taken = rest_.first(std::size_t(count));
    rest_ = rest_.subspan(std::size_t(count));
    return taken;
  }
  /// The next bytes as text.
  std::string_view text(std::uint64_t count, const char* what) {
    const Bytes bytes = take(count, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// The next number, little-endian: read<std::uint32_t>("the count").
  template <class T>
  requires std::is_arithmetic_v<T> T read(const char* what) {
    T value;
    std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
    return value;
  }
  /// Throws IoError if bytes are left.
  void end() const {
    source_.check(rest_.empty(), rest_.size(), " bytes are left over at the end");
  }

 private:
  const Source& source_;
  Bytes rest_;
};

}  // namespace tinygrad::io
