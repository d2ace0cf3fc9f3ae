// SPDX-License-Identifier: MIT
// Reads ZIP archives, which .npz files and PyTorch's .pth files are: the central directory at the
// end names the members, each of which has a local header and its bytes, stored or deflated
// (PKWARE's APPNOTE 6.3.10; ZIP64 is its section 4.5.3). A program that uses it links zlib.
#pragma once
#if defined(_WIN32)
#include <windows.h>
#undef far  // macros of its, and names here
#undef small
#else
#include <unistd.h>
#endif
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "byte_reader.h"

namespace tinygrad::zip {

using io::ByteReader;
using io::Bytes;
using io::Name;
using io::Source;

/// A file in an archive.
struct Member {
  std::string_view name;
  Bytes packed;            ///< its bytes in the archive
  std::uint64_t size = 0;  ///< of its content
  std::uint32_t crc = 0;   ///< the check sum of its content
  bool deflated = false;
  std::uint64_t begin = 0, end = 0;  ///< where it lies in the archive, local header included
};

inline constexpr std::uint32_t end_signature = 0x06054b50, member_signature = 0x02014b50,
                               local_signature = 0x04034b50, zip64_signature = 0x06064b50,
                               zip64_locator_signature = 0x07064b50;
inline constexpr std::uint16_t zip64_extra = 1;
inline constexpr std::uint32_t in_zip64 = 0xFFFFFFFF;  // the value is in the ZIP64 field
inline constexpr std::size_t end_size = 22, zip64_locator_size = 20;
inline constexpr std::uint64_t max_expansion = 1032;  // of one deflated byte

/// The name of the first member of an archive of which these are the first bytes; otherwise, or if
/// they are too few, an empty text.
inline std::string_view first_name(Bytes head) {
  constexpr std::size_t length_at = 26, name_at = 30;  // in a local header
  const std::string_view all(reinterpret_cast<const char*>(head.data()), head.size());
  if (!all.starts_with("PK\3\4") || all.size() < name_at) return {};
  return all.substr(name_at,
                    std::uint8_t(all[length_at]) + 256u * std::uint8_t(all[length_at + 1]));
}

/// Where the central directory lies.
struct Directory {
  std::uint64_t count, size, offset, end;
};

/// The position of the record that ends the archive, behind which only a comment follows.
inline std::size_t find_end(const Source& source) {
  const Bytes all = source.bytes;
  for (std::size_t back = end_size; back <= std::min(all.size(), end_size + 0xFFFF); ++back) {
    ByteReader in(source, all.last(back));
    if (in.read<std::uint32_t>("") != end_signature) continue;
    in.take(end_size - 6, "");
    if (in.read<std::uint16_t>("") == back - end_size) return all.size() - back;
  }
  source.refuse("the ZIP archive has no end record; it is cut short or damaged");
}

/// Whether a ZIP64 record is announced before the end record.
inline bool has_zip64(const Source& source, std::size_t end) {
  return end >= zip64_locator_size &&
         ByteReader(source, source.bytes.subspan(end - zip64_locator_size))
                 .read<std::uint32_t>("") == zip64_locator_signature;
}

/// The directory that the ZIP64 record describes.
inline Directory zip64_directory(const Source& source, std::size_t end) {
  ByteReader locator(source, source.bytes.subspan(end - zip64_locator_size + 8));
  const auto at = locator.read<std::uint64_t>("");
  source.check(at < end, "the ZIP64 record lies outside of the archive");
  ByteReader in(source, source.bytes.subspan(std::size_t(at)));
  constexpr const char* what = "the ZIP64 record";
  source.check(in.read<std::uint32_t>(what) == zip64_signature, what, " is missing");
  in.take(28, what);
  const auto count = in.read<std::uint64_t>(what), size = in.read<std::uint64_t>(what),
             offset = in.read<std::uint64_t>(what);
  return {count, size, offset, at};
}

inline Directory find_directory(const Source& source) {
  const std::size_t end = find_end(source);
  ByteReader in(source, source.bytes.subspan(end));
  in.take(10, "the end record");
  const auto count = in.read<std::uint16_t>("the end record");
  const auto size = in.read<std::uint32_t>("the end record"),
             offset = in.read<std::uint32_t>("the end record");
  const bool zip64 = has_zip64(source, end);
  source.check(zip64 || (count != 0xFFFF && size != in_zip64 && offset != in_zip64),
               "the ZIP64 record is missing");
  const Directory d = zip64 ? zip64_directory(source, end) : Directory{count, size, offset, end};
  source.check(d.offset <= d.end && d.size == d.end - d.offset,
               "the ZIP archive's directory does not lie before its end record");
  return d;
}

/// Replaces the sizes and the offset that are in the ZIP64 field.
inline void read_zip64(const Source& source, Bytes extra, std::uint64_t& size,
                       std::uint64_t& packed, std::uint64_t& offset) {
  for (ByteReader in(source, extra); in.remaining() > 0;) {
    const auto id = in.read<std::uint16_t>("an extra field");
    const Bytes field = in.take(in.read<std::uint16_t>("an extra field"), "an extra field");
    if (id != zip64_extra) continue;
    ByteReader values(source, field);
    for (std::uint64_t* value : {&size, &packed, &offset})
      if (*value == in_zip64) *value = values.read<std::uint64_t>("the ZIP64 field");
    return;
  }
}

/// Finds the member's bytes behind its local header.
inline void find_bytes(const Source& source, Member& m, std::uint64_t packed,
                       std::uint64_t directory) {
  source.check(m.begin <= directory, "member ", Name{m.name}, " lies outside of the archive");
  ByteReader in(source, source.bytes.first(std::size_t(directory)).subspan(std::size_t(m.begin)));
  source.check(in.read<std::uint32_t>("a local header") == local_signature, "member ", Name{m.name},
               " has no local header");
  in.take(22, "a local header");
  const auto name = in.read<std::uint16_t>("a local header"),
             extra = in.read<std::uint16_t>("a local header");
  source.check(in.text(name, "a name") == m.name, "member ", Name{m.name},
               " has another name in its local header");
  in.take(extra, "an extra field");
  m.packed = in.take(packed, "a member");
  m.end = directory - in.remaining();
}

inline Member read_member(const Source& source, ByteReader& in, std::uint64_t directory) {
  constexpr const char* what = "the directory of the ZIP archive";
  source.check(in.read<std::uint32_t>(what) == member_signature, what, " is damaged");
  in.take(4, what);
  const auto flags = in.read<std::uint16_t>(what), method = in.read<std::uint16_t>(what);
  in.take(4, what);  // time and date
  Member m;
  m.crc = in.read<std::uint32_t>(what);
  std::uint64_t packed = in.read<std::uint32_t>(what);
  m.size = in.read<std::uint32_t>(what);
  const auto name = in.read<std::uint16_t>(what), extra = in.read<std::uint16_t>(what),
             comment = in.read<std::uint16_t>(what);
  in.take(8, what);
  m.begin = in.read<std::uint32_t>(what);
  m.name = in.text(name, what);
  read_zip64(source, in.take(extra, what), m.size, packed, m.begin);
  in.take(comment, what);
  source.check(!(flags & 1), "member ", Name{m.name}, " is encrypted");
  source.check(method == 0 || method == 8, "member ", Name{m.name}, " is packed by method ", method,
               "; expected stored or deflated");
  m.deflated = method == 8;
  find_bytes(source, m, packed, directory);
  const bool sane = m.deflated ? m.size / max_expansion <= packed : m.size == packed;
  source.check(sane, "member ", Name{m.name}, " claims ", m.size, " bytes, which ", packed,
               m.deflated ? " deflated" : " stored", " bytes cannot hold");
  return m;
}

/// Bytes of memory that the machine has.
inline double machine_memory() {
#if defined(_WIN32)
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof status;
  GlobalMemoryStatusEx(&status);
  return double(status.ullTotalPhys);
#else
  return double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE));
#endif
}

/// Refuses archives that mean different things to different programs, and contents that the
/// machine's memory does not hold.
inline void check_members(const Source& source, const std::vector<Member>& members) {
  std::vector<const Member*> sorted(members.size());
  std::transform(members.begin(), members.end(), sorted.begin(), [](auto& m) { return &m; });
  std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return a->name < b->name; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    source.check(sorted[i - 1]->name != sorted[i]->name, "two members are named ",
                 Name{sorted[i]->name});
  std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) { return a->begin < b->begin; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    source.check(sorted[i - 1]->end <= sorted[i]->begin, "member ", Name{sorted[i]->name},
                 " overlaps member ", Name{sorted[i - 1]->name});
  const double memory = machine_memory();
  double total = 0;
  for (auto& m : members) total += m.deflated ? double(m.size) : 0;
  source.check(total <= memory, "its members unpack to ", total, " bytes; the machine has ",
               memory);
}

/// The members of an archive, in the order of its directory. They refer to the source's bytes.
/// Throws IoError for archives that are damaged, encrypted, or claim more than they can hold, and
/// for members that overlap or have the same name.
inline std::vector<Member> members(const Source& source) {
  const Directory directory = find_directory(source);
  ByteReader in(source,
                source.bytes.subspan(std::size_t(directory.offset), std::size_t(directory.size)));
  std::vector<Member> all;
  while (in.remaining() > 0) all.push_back(read_member(source, in, directory.offset));
  source.check(all.size() == directory.count, "the ZIP archive's directory has ", all.size(),
               " members, its end record says ", directory.count);
  check_members(source, all);
  return all;
}

/// Inflates the first out.size() bytes of a member, in steps, because zlib counts in 32 bits.
/// Returns how many there were; `ended` says whether its bytes ended exactly there.
inline std::size_t inflate_first(const Member& m, std::span<std::byte> out, bool& ended) {
  z_stream z{};
  if (inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();  // without a header
  const std::unique_ptr<z_stream, int (*)(z_stream*)> ends(&z, inflateEnd);
  constexpr std::size_t step = 1 << 30;
  std::size_t read = 0, written = 0;
  ended = false;
  for (int result = Z_OK; result == Z_OK;) {
    std::byte beyond;  // takes what is behind the last byte that is asked for
    const std::size_t in = std::min(step, m.packed.size() - read),
                      room = std::min(step, out.size() - written);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(m.packed.data() + read));
    z.next_out = reinterpret_cast<Bytef*>(room ? out.data() + written : &beyond);
    z.avail_in = uInt(in), z.avail_out = room ? uInt(room) : 1;
    result = inflate(&z, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (room == 0 && z.avail_out == 0) break;
    read += in - z.avail_in, written += room ? room - z.avail_out : 0;
    ended = result == Z_STREAM_END && read == m.packed.size();
  }
  return written;
}

/// The first bytes of a member, at most `most`, unchecked.
inline std::vector<std::byte> beginning(const Member& m, std::size_t most) {
  std::vector<std::byte> bytes(std::size_t(std::min<std::uint64_t>(m.size, most)));
  bool ended = false;
  if (m.deflated) bytes.resize(inflate_first(m, bytes, ended));
  else std::copy_n(m.packed.begin(), bytes.size(), bytes.begin());
  return bytes;
}

/// The content of a member: bytes of the archive if it is stored, else unpacked to `unpacked`.
/// Throws IoError if it is damaged.
inline Bytes content(const Source& source, const Member& m,
                     std::unique_ptr<std::byte[]>& unpacked) {
  Bytes bytes = m.packed;
  if (m.deflated) {
    unpacked = std::make_unique_for_overwrite<std::byte[]>(std::size_t(m.size));
    bool ended = false;
    const std::size_t count = inflate_first(m, {unpacked.get(), std::size_t(m.size)}, ended);
    source.check(ended && count == m.size, "the deflated bytes of member ", Name{m.name},
                 " are damaged");
    bytes = {unpacked.get(), count};
  }
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  source.check(crc == m.crc, "member ", Name{m.name}, " is damaged: its check sum is wrong");
  return bytes;
}

}  // namespace tinygrad::zip
