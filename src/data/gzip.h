// SPDX-License-Identifier: MIT
// Decompresses a gzip file in parts, so that memory is allocated only for sizes that were checked.
#pragma once
#include <memory>

#include "io/source.h"

namespace tinygrad::data {

bool is_gzip(io::Bytes bytes);

/// A decompressor of one gzip file. Errors in the file are thrown as IoError.
class Gunzip {
 public:
  explicit Gunzip(const io::Source& source);
  ~Gunzip();
  /// Fills `out`. Throws if the file is damaged or contains fewer bytes.
  void read(std::span<std::byte> out, const char* what);
  /// Throws if there are more bytes, in the compressed data or after them.
  void end();

 private:
  struct Stream;
  std::size_t unpack(std::span<std::byte> out);
  void next_member();
  const io::Source& source_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace tinygrad::data
