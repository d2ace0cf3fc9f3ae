// SPDX-License-Identifier: MIT
// Writes ZIP archives: local headers, the members' bytes, the directory, and the end record.
#include "io/zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <new>

#include "shared/zip.h"

namespace tinygrad::io {
namespace {

/// Appends the bytes of an integer, little-endian.
template <class T> void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;

/// Versions of the format that a reader must know: ZIP64, or deflated members.
constexpr U16 zip64_version = 45, deflate_version = 20, utf8_flag = 1 << 11;
constexpr U32 first_day = 0x00210000;  // midnight of 1980-01-01, as NumPy writes
constexpr U32 readable_by_owner = 0600u << 16;

/// A member, and whether its sizes or its offset are written as ZIP64.
struct ZipEntry {
  const std::string& name;
  bool deflated;
  U64 size = 0, packed = 0, offset = 0;
  U32 crc = 0;
  bool large = false, far = false;
};

/// The ZIP64 field of a local header or, with the offset, of the directory.
std::string zip64_field(const ZipEntry& e, bool in_directory) {
  std::string values, field;
  if (e.large) put(values, e.size), put(values, e.packed);
  if (e.far && in_directory) put(values, e.offset);
  if (values.empty()) return field;
  put(field, zip::zip64_extra), put(field, U16(values.size()));
  return field + values;
}

/// What a local header and the directory share: from the version that a reader needs to the length
/// of the ZIP64 field.
std::string shared_fields(const ZipEntry& e, const std::string& field) {
  const bool ascii = std::all_of(e.name.begin(), e.name.end(), [](char c) { return !(c & 0x80); });
  std::string out;
  put(out, e.large || e.far ? zip64_version : deflate_version);
  put(out, ascii ? U16(0) : utf8_flag);
  put(out, U16(e.deflated ? Z_DEFLATED : 0));
  put(out, first_day);
  put(out, e.crc);
  put(out, e.large ? zip::in_zip64 : U32(e.packed));
  put(out, e.large ? zip::in_zip64 : U32(e.size));
  put(out, U16(e.name.size()));
  put(out, U16(field.size()));
  return out;
}

std::string local_header(const ZipEntry& e) {
  const std::string field = zip64_field(e, false);
  std::string out;
  put(out, zip::local_signature);
  return out + shared_fields(e, field) + e.name + field;
}

std::string directory_entry(const ZipEntry& e) {
  const std::string field = zip64_field(e, true);
  std::string out;
  put(out, zip::member_signature);
  put(out, zip64_version);
  out += shared_fields(e, field) + std::string(6, '\0');  // no comment, disk 0, no attributes
  put(out, readable_by_owner);
  put(out, e.far ? zip::in_zip64 : U32(e.offset));
  return out + e.name + field;
}

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
  ZipEntry e{.name = name, .deflated = deflate, .offset = written_};
  for (const Bytes part : parts) {
    e.crc = U32(crc32_z(e.crc, reinterpret_cast<const Bytef*>(part.data()), part.size()));
    e.size += part.size();
  }
  const std::string content = deflate ? deflated(parts) : "";
  e.packed = deflate ? content.size() : e.size;
  e.large = std::max(e.size, e.packed) > most_, e.far = e.offset > most_;
  write(local_header(e));
  if (deflate) write(content);
  else
    for (const Bytes part : parts) file_.write(part), written_ += part.size();
  directory_ += directory_entry(e);
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
