// SPDX-License-Identifier: MIT
// ByteReader: reads the bytes of a file from front to back. Every length is compared with the
// remaining bytes before it is used.
#pragma once
#include <bit>
#include <cstdint>

#include "io/source.h"

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
  std::uint64_t little_endian64(const char* what) {
    std::uint64_t n = 0;
    int shift = 0;
    for (std::byte b : take(8, what)) n |= std::to_integer<std::uint64_t>(b) << shift, shift += 8;
    return n;
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
