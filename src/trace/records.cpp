// SPDX-License-Identifier: MIT
// Makes records of TensorBoard's files, and the PNG files inside.
#include "records.h"

#include <zlib.h>

#include <array>

namespace tinygrad::tracing {

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      all[i] = i;
      for (int bit = 0; bit < 8; ++bit) all[i] = all[i] >> 1 ^ (all[i] & 1 ? 0x82F63B78 : 0);
    }
    return all;
  }();
  std::uint32_t crc = ~0u;
  for (const char byte : bytes) crc = crc >> 8 ^ table[(crc ^ std::uint8_t(byte)) & 0xFF];
  return ~crc;
}

namespace {

std::string little_endian(std::uint64_t n, int count) {
  std::string bytes;
  for (; count > 0; --count, n >>= 8) bytes += char(n & 0xFF);
  return bytes;
}
std::string masked_check(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian((crc >> 15 | crc << 17) + 0xA282EAD8, 4);
}

std::string big_endian(std::uint32_t n) {
  return {char(n >> 24), char(n >> 16), char(n >> 8), char(n)};
}
/// A chunk of a PNG file: its length, its type of 4 letters, its data, and a check of both.
std::string chunk(const std::string& type, const std::string& data) {
  const std::string checked = type + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), uInt(checked.size()));
  return big_endian(std::uint32_t(data.size())) + checked + big_endian(std::uint32_t(crc));
}

}  // namespace

std::string record(std::string_view data) {
  const std::string length = little_endian(data.size(), 8);
  return length + masked_check(length) + std::string(data) + masked_check(data);
}

std::string png(const std::string& pixels, std::uint32_t height, std::uint32_t width,
                std::uint32_t channels) {
  std::string rows;
  const std::size_t row = std::size_t(width) * channels;
  for (std::size_t y = 0; y < height; ++y)
    rows += '\0' + pixels.substr(y * row, row);  // 0: the row is not filtered
  uLongf size = compressBound(uLong(rows.size()));
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(packed.data()), &size,
           reinterpret_cast<const Bytef*>(rows.data()), uLong(rows.size()));
  packed.resize(size);
  const char kind = channels == 1 ? 0 : channels == 3 ? 2 : 6;  // gray, RGB, RGBA
  const std::string header = big_endian(width) + big_endian(height) + char(8) + kind +
                             std::string(3, '\0');  // deflated, filtered by rows, not interlaced
  return "\x89PNG\r\n\x1A\n" + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", "");
}

}  // namespace tinygrad::tracing
