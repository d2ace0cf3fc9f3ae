// SPDX-License-Identifier: MIT
// Reads and writes the files of the program cache. A file consists of the magic string, the length
// of the key, the key, the length of the program, its two checksums, and the program. Lengths and
// checksums are 64-bit little-endian integers.
#include "backends/opencl/cache.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>

#include "io/file.h"
#include "shared/byte_reader.h"

namespace tinygrad::opencl {
namespace {

constexpr char magic[] = "tinygrad OpenCL program 1\n";
const Call call{"cache"};

/// A hash of 128 bits: two FNV-1a hashes with different initial values, the second computed over
/// the bytes with the first hash mixed in.
std::array<std::uint64_t, 2> hash(std::span<const std::byte> bytes) {
  std::uint64_t a = 0xCBF29CE484222325, b = 0x9E3779B97F4A7C15;
  for (std::byte x : bytes) {
    a = (a ^ std::uint64_t(x)) * 0x100000001B3;
    b = (b ^ std::uint64_t(x) ^ a >> 32) * 0x9FB21C651E98DF25;
  }
  return {a, b ^ b >> 29};
}

std::string hexadecimal(std::uint64_t number) {
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, number >>= 4)
    text[std::size_t(i)] = "0123456789abcdef"[number & 15];
  return text;
}

void append(std::string& file, std::uint64_t number) {
  for (int i = 0; i < 8; ++i, number >>= 8) file += char(number & 255);
}

/// Returns the program in a file. Throws if the file is not exactly what store() wrote for this
/// key.
std::vector<unsigned char> read(const std::string& path, const std::string& key) {
  const FileBytes file(path, false, call);
  const io::Source source{call, path, file.bytes()};
  io::ByteReader in(source, source.bytes);
  const auto is = [&](const std::string& text, io::Bytes found) {
    source.check(std::memcmp(found.data(), text.data(), text.size()) == 0, "other");
  };
  is(magic, in.take(sizeof magic - 1, "magic"));
  source.check(in.read<std::uint64_t>("length of the key") == key.size(), "another key");
  is(key, in.take(key.size(), "key"));
  const std::uint64_t length = in.read<std::uint64_t>("length");
  const std::array<std::uint64_t, 2> sum = {in.read<std::uint64_t>("checksum"),
                                            in.read<std::uint64_t>("checksum")};
  const io::Bytes program = in.take(length, "program");
  in.end();
  source.check(hash(program) == sum, "changed");
  const auto* first = reinterpret_cast<const unsigned char*>(program.data());
  return {first, first + program.size()};
}

}  // namespace

std::string Cache::path(const std::string& key) const {
  const auto [a, b] = hash(std::as_bytes(std::span(key)));
  return folder_.empty() ? "" : folder_ + "/" + hexadecimal(a) + hexadecimal(b) + ".program";
}

std::vector<unsigned char> Cache::load(const std::string& key) const noexcept try {
  return folder_.empty() ? std::vector<unsigned char>() : read(path(key), key);
} catch (...) { return {}; }

void Cache::store(const std::string& key, const std::vector<unsigned char>& program) const noexcept
    try {
  if (folder_.empty() || program.empty()) return;
  std::filesystem::create_directories(folder_);
  io::remove_abandoned(folder_);
  std::string head = magic;
  append(head, key.size());
  head += key;
  append(head, program.size());
  for (std::uint64_t sum : hash(std::as_bytes(std::span(program)))) append(head, sum);
  NewFile file(path(key), call);
  file.write(head);
  file.write(std::as_bytes(std::span(program)));
  file.publish();
} catch (...) {}

}  // namespace tinygrad::opencl
