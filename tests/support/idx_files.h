// SPDX-License-Identifier: MIT
// Makes idx files by hand, plain and packed.
#pragma once
#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace tinygrad::test {

inline std::string big_endian(std::uint32_t n) {
  return {char(n >> 24), char(n >> 16), char(n >> 8), char(n)};
}

inline std::string idx(int type, const std::vector<std::uint32_t>& sizes,
                       const std::string& elements) {
  std::string bytes = {0, 0, char(type), char(sizes.size())};
  for (auto size : sizes) bytes += big_endian(size);
  return bytes + elements;
}

inline std::string gzip(const std::string& bytes) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&z, bytes.size()) + 32, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = uInt(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = uInt(packed.size());
  deflate(&z, Z_FINISH);
  packed.resize(z.total_out);
  deflateEnd(&z);
  return packed;
}

}  // namespace tinygrad::test
