// Unpacking a gzip file piece by piece, so that nothing is allocated on the word of its contents
// alone.
#pragma once
#include <memory>

#include "io/source.h"

namespace tinygrad::data {

bool is_gzip(io::Bytes bytes);

class Gunzip {
 public:
  explicit Gunzip(const io::Source& source);
  ~Gunzip();
  /// Fills `out`; refuses the file where it is damaged or unpacks to less.
  void read(std::span<std::byte> out, const char* what);
  /// Refuses the file where more is left, packed or behind the packed.
  void end();

 private:
  struct Stream;
  std::size_t unpack(std::span<std::byte> out);
  const io::Source& source_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace tinygrad::data
