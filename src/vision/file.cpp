// SPDX-License-Identifier: MIT
// bytes_of() reads a file, UnpackedFile unpacks gzip with zlib. A gzip file may have several
// members, whose data follow one another, and zeros behind them (RFC 1952, 2.2), as `cat a.gz b.gz`
// and tapes make.
#include "file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>

namespace tinygrad::vision {

namespace fs = std::filesystem;

std::string bytes_of(const Call& call, const std::string& path) {
  std::error_code error;
  require<IoError>(fs::is_regular_file(path, error), call, "\"", path, "\" is not a file");
  const auto size = fs::file_size(path, error);
  std::ifstream in(path, std::ios::binary);
  std::string bytes(error ? 0 : std::size_t(size), '\0');
  in.read(bytes.data(), std::streamsize(bytes.size()));
  require<IoError>(!error && in, call, "\"", path, "\" cannot be read");
  return bytes;
}

namespace {

constexpr std::int64_t max_compression = 1032;  // one byte of gzip expands to at most so many

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1F\x8B"); }

}  // namespace

struct UnpackedFile::Gzip {
  z_stream z{};
  bool ended = false;
};

UnpackedFile::UnpackedFile(const Call& call, const std::string& path)
    : call_(call), path_(path), bytes_(bytes_of(call, path)), rest_(bytes_) {
  if (!is_gzip(bytes_)) return;
  gzip_ = std::make_unique<Gzip>();
  constexpr int gzip_only = 16 + MAX_WBITS;
  if (inflateInit2(&gzip_->z, gzip_only) != Z_OK) throw std::bad_alloc();
}
UnpackedFile::~UnpackedFile() {
  if (gzip_) inflateEnd(&gzip_->z);
}

/// Reads up to out.size() bytes and returns their number, which is smaller only at the end.
std::size_t UnpackedFile::unpack(std::span<unsigned char> out) {
  if (!gzip_) {
    const std::size_t count = rest_.copy(reinterpret_cast<char*>(out.data()), out.size());
    rest_.remove_prefix(count);
    return count;
  }
  z_stream& z = gzip_->z;
  std::size_t done = 0;
  while (done < out.size() && !gzip_->ended) {
    const auto in = rest_.substr(0, 1 << 30);  // zlib counts in 32 bits
    const auto room = out.subspan(done).first(std::min<std::size_t>(out.size() - done, 1 << 30));
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    z.avail_in = uInt(in.size());
    z.next_out = room.data();
    z.avail_out = uInt(room.size());
    const int result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    check(result != Z_BUF_ERROR, "cut short: the gzip data have no end");
    check(result == Z_OK || result == Z_STREAM_END, "the gzip data are damaged");
    rest_.remove_prefix(in.size() - z.avail_in);
    done += room.size() - z.avail_out;
    if (result == Z_STREAM_END) next_member();
  }
  return done;
}

void UnpackedFile::next_member() {
  if (rest_.find_first_not_of('\0') == std::string_view::npos) rest_ = {};
  gzip_->ended = !is_gzip(rest_);
  if (!gzip_->ended && inflateReset(&gzip_->z) != Z_OK) throw std::bad_alloc();
}

void UnpackedFile::read(std::span<unsigned char> out, const char* what) {
  const std::size_t count = unpack(out);
  check(count == out.size(), "cut short: ", what, " needs ", out.size(), " bytes, the file holds ",
        count);
}

void UnpackedFile::check_room(std::int64_t bytes, const char* what) const {
  const auto size = std::int64_t(gzip_ ? bytes_.size() : rest_.size());
  check(bytes / (gzip_ ? max_compression : 1) <= size, "cut short: ", what, " are ", bytes,
        " bytes, more than ", size, gzip_ ? " packed" : "", " bytes can hold");
}

void UnpackedFile::end() {
  unsigned char more = 0;
  check(!gzip_ || unpack({&more, 1}) == 0,
        "the gzip data contain more bytes than the header declares");
  check(rest_.empty(), rest_.size(), " bytes are left over after the ",
        gzip_ ? "gzip data" : "elements");
}

}  // namespace tinygrad::vision
