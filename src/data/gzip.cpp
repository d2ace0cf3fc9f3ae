// SPDX-License-Identifier: MIT
// Gunzip: decompresses a gzip file with zlib. A file may have several members, whose data follow
// one another, and zeros behind them (RFC 1952, 2.2), as `cat a.gz b.gz` and tapes make.
#include "data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace tinygrad::data {

struct Gunzip::Stream {
  z_stream z{};
  io::Bytes rest;  // the bytes that zlib has not consumed
  bool ended = false;
};

bool is_gzip(io::Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte(0x1F) && bytes[1] == std::byte(0x8B);
}

Gunzip::Gunzip(const io::Source& source) : source_(source), stream_(std::make_unique<Stream>()) {
  stream_->rest = source.bytes;
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&stream_->z, gzip_only) != Z_OK) throw std::bad_alloc();
}
Gunzip::~Gunzip() { inflateEnd(&stream_->z); }

/// Decompresses up to out.size() bytes and returns their number, which is smaller only at the end.
std::size_t Gunzip::unpack(std::span<std::byte> out) {
  Stream& s = *stream_;
  std::size_t done = 0;
  while (done < out.size() && !s.ended) {
    const io::Bytes in =
        s.rest.first(std::min<std::size_t>(s.rest.size(), 1 << 30));  // zlib counts in 32 bits
    const auto room = out.subspan(done).first(std::min<std::size_t>(out.size() - done, 1 << 30));
    s.z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    s.z.avail_in = uInt(in.size());
    s.z.next_out = reinterpret_cast<Bytef*>(room.data());
    s.z.avail_out = uInt(room.size());
    const int result = inflate(&s.z, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    source_.check(result != Z_BUF_ERROR, "cut short: the gzip data have no end");
    source_.check(result == Z_OK || result == Z_STREAM_END, "the gzip data are damaged");
    s.rest = s.rest.subspan(in.size() - s.z.avail_in);
    done += room.size() - s.z.avail_out;
    if (result == Z_STREAM_END) next_member();
  }
  return done;
}

void Gunzip::next_member() {
  Stream& s = *stream_;
  const auto zero = [](std::byte b) { return b == std::byte(0); };
  const auto behind = std::find_if_not(s.rest.begin(), s.rest.end(), zero);
  if (behind == s.rest.end()) s.rest = {};
  s.ended = !is_gzip(s.rest);
  if (!s.ended && inflateReset(&s.z) != Z_OK) throw std::bad_alloc();
}

void Gunzip::read(std::span<std::byte> out, const char* what) {
  const std::size_t count = unpack(out);
  source_.check(count == out.size(), "cut short: ", what, " needs ", out.size(),
                " bytes, the gzip data hold ", count);
}

void Gunzip::end() {
  std::byte more{};
  source_.check(unpack({&more, 1}) == 0,
                "the gzip data contain more bytes than the idx header declares");
  source_.check(stream_->rest.empty(), stream_->rest.size(),
                " bytes are left over after the gzip data");
}

}  // namespace tinygrad::data
