// SPDX-License-Identifier: MIT
// Writes ZIP archives: local headers, the members' bytes, the directory, and the end record.
#include "io/zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "shared/zip.h"

namespace tinygrad::io {
namespace {

/// Appends an integer, little-endian, as its type has bytes.
template <class T> void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

/// Versions of the format that a reader must know: ZIP64, or deflated members.
constexpr U16 zip64_version = 45, deflate_version = 20, utf8_flag = 1 << 11;
constexpr U32 first_day = 0x00210000;  // midnight of 1980-01-01, as NumPy writes
constexpr U32 readable_by_all = 0600u << 16;

std::string deflated(std::span<const Bytes> parts) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&z, deflateEnd);
  std::string out, buffer(1 << 16, '\0');
  const auto run = [&](Bytes in, int flush) {
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    z.avail_in = uInt(in.size());
    do {
      z.next_out = reinterpret_cast<Bytef*>(buffer.data()), z.avail_out = uInt(buffer.size());
      deflate(&z, flush);
      out.append(buffer, 0, buffer.size() - z.avail_out);
    } while (z.avail_out == 0);
  };
  constexpr std::size_t step = 1 << 30;  // zlib counts in 32 bits
  for (Bytes part : parts)
    for (; !part.empty(); part = part.subspan(std::min(step, part.size())))
      run(part.first(std::min(step, part.size())), Z_NO_FLUSH);
  run({}, Z_FINISH);
  return out;
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  written_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::span<const Bytes> parts, bool deflate) {
  U64 size = 0, crc = 0;
  for (const Bytes part : parts) {
    crc = crc32_z(crc, reinterpret_cast<const Bytef*>(part.data()), part.size());
    size += part.size();
  }
  const std::string content = deflate ? deflated(parts) : "";
  const U64 packed = deflate ? content.size() : size, offset = written_;
  const bool large = std::max(size, packed) > most_, far = offset > most_;
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) { return !(c & 0x80); });

  // What the local header and the directory share, from the version to the length of the name.
  std::string about;
  put(about, large || far ? zip64_version : deflate_version);
  put(about, ascii ? U16(0) : utf8_flag);
  put(about, U16(deflate ? Z_DEFLATED : 0));
  put(about, first_day);
  put(about, U32(crc));
  put(about, large ? zip::in_zip64 : U32(packed));
  put(about, large ? zip::in_zip64 : U32(size));
  put(about, U16(name.size()));
  std::string sizes;
  if (large) put(sizes, size), put(sizes, packed);
  const auto extra = [](const std::string& values) {
    std::string field;
    if (values.empty()) return field;
    put(field, zip::zip64_extra), put(field, U16(values.size()));
    return field + values;
  };

  std::string local;
  put(local, zip::local_signature);
  local += about;
  put(local, U16(extra(sizes).size()));
  write(local + name + extra(sizes));
  if (deflate) write(content);
  else
    for (const Bytes part : parts) file_.write(part), written_ += part.size();

  if (far) put(sizes, offset);
  put(directory_, zip::member_signature);
  put(directory_, zip64_version);
  directory_ += about;
  put(directory_, U16(extra(sizes).size()));
  directory_.append(6, '\0');  // no comment, disk 0, no attributes of the content
  put(directory_, readable_by_all);
  put(directory_, far ? zip::in_zip64 : U32(offset));
  directory_ += name + extra(sizes);
  ++count_;
}

void ZipWriter::finish() {
  const U64 offset = written_, size = directory_.size();
  const bool large = std::max(offset, size) > most_ || count_ > std::min<U64>(most_, 0xFFFE);
  std::string end = std::move(directory_);
  if (large) {
    put(end, zip::zip64_signature), put(end, U64(44));  // the bytes that follow
    put(end, zip64_version), put(end, zip64_version), put(end, U64(0));
    for (const U64 value : {count_, count_, size, offset}) put(end, value);
    put(end, zip::zip64_locator_signature), put(end, U32(0));
    put(end, offset + size), put(end, U32(1));
  }
  put(end, zip::end_signature), put(end, U32(0));
  const U16 count = large ? U16(0xFFFF) : U16(count_);
  put(end, count), put(end, count);
  put(end, large ? zip::in_zip64 : U32(size)), put(end, large ? zip::in_zip64 : U32(offset));
  put(end, U16(0));  // no comment
  write(end);
}

}  // namespace tinygrad::io
