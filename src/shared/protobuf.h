// SPDX-License-Identifier: MIT
// Writes and reads messages of Protocol Buffers without the library: what the files of TensorBoard,
// ONNX and SentencePiece are made of. A message is a sequence of fields, each a key (the number of
// the field and how its value is encoded) and the value, in any order
// (https://protobuf.dev/programming-guides/encoding).
#pragma once
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::protobuf {

/// How a value is encoded. Groups, which are 3 and 4, have not been used since 2008.
enum class Wire : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// A C++ type that a field of numbers is written from and read into: integers of 64 bits are
/// varints (int32, int64, uint64, bool and enums in a .proto file), double is fixed64, float
/// fixed32.
template <class T>
concept Number = std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::uint64_t> ||
    std::is_same_v<T, double> || std::is_same_v<T, float>;
template <Number T>
constexpr Wire wire_of = std::is_same_v<T, double>  ? Wire::fixed64
                         : std::is_same_v<T, float> ? Wire::fixed32
                                                    : Wire::varint;

/// A message under construction.
class Message {
 public:
  template <Number T> Message& number(int field, T value) {
    key(field, wire_of<T>);
    append(value);
    return *this;
  }
  /// A string, or bytes.
  Message& text(int field, std::string_view value) {
    key(field, Wire::bytes);
    append(std::uint64_t(value.size()));
    bytes_ += value;
    return *this;
  }
  Message& message(int field, const Message& value) { return text(field, value.bytes_); }
  /// A repeated field of numbers, packed.
  template <Number T> Message& packed(int field, const std::vector<T>& values) {
    Message all;
    for (const T value : values) all.append(value);
    return message(field, all);
  }
  /// All fields of another message.
  Message& merge(const Message& other) {
    bytes_ += other.bytes_;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  void key(int field, Wire wire) { append(std::uint64_t(field) << 3 | std::uint64_t(wire)); }
  void append(std::int64_t value) { append(std::uint64_t(value)); }
  void append(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += char(value | 0x80);
    bytes_ += char(value);
  }
  void append(double value) { fixed(std::bit_cast<std::uint64_t>(value), 8); }
  void append(float value) { fixed(std::bit_cast<std::uint32_t>(value), 4); }
  void fixed(std::uint64_t bits, int count) {
    for (; count > 0; --count, bits >>= 8) bytes_ += char(bits & 0xFF);
  }
  std::string bytes_;
};

/// Reads a message, field by field:
///   for (Reader in(call, bytes); in.next();)
///     if (in.field() == 1) name = in.text();
/// Fields that are not asked for are skipped. Throws IoError in the name of `call` for a message
/// that is cut short or damaged, and for a field of another type. The bytes must outlive the Reader
/// and the texts that it returns.
class Reader {
 public:
  Reader(const Call& call, std::string_view bytes) : call_(call), rest_(bytes) {}

  /// Moves to the next field. Returns whether there is one.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t key = varint(rest_);
    check(key >> 3 > 0 && key >> 3 < 1u << 29, "the field number ", key >> 3, " does not exist");
    field_ = int(key >> 3), wire_ = Wire(key & 7);
    if (wire_ == Wire::varint) bits_ = varint(rest_);
    else if (wire_ == Wire::fixed64) bits_ = fixed(rest_, 8);
    else if (wire_ == Wire::fixed32) bits_ = fixed(rest_, 4);
    else if (wire_ == Wire::bytes) bytes_ = take(rest_, varint(rest_));
    else check(false, "field ", field_, " is encoded in way ", key & 7, ", which is not known");
    return true;
  }
  int field() const { return field_; }
  Wire wire() const { return wire_; }

  template <Number T> T number() const {
    expect(wire_of<T>);
    return from_bits<T>(bits_);
  }
  std::string_view text() const {
    expect(Wire::bytes);
    return bytes_;
  }
  Reader message() const { return {call_, text()}; }
  /// Appends the numbers of a repeated field: one, or several if it is packed. Both are allowed.
  template <Number T> void append_to(std::vector<T>& values) const {
    if (wire_ != Wire::bytes) return values.push_back(number<T>());
    constexpr int width = std::is_same_v<T, double> ? 8 : 4;
    for (std::string_view rest = bytes_; !rest.empty();)
      values.push_back(
          from_bits<T>(wire_of<T> == Wire::varint ? varint(rest) : fixed(rest, width)));
  }

 private:
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    require<IoError>(ok, call_, "the protobuf message is damaged: ", parts...);
  }
  void expect(Wire wire) const {
    check(wire_ == wire, "field ", field_, " is encoded in way ", int(wire_), ", expected ",
          int(wire));
  }
  std::uint64_t varint(std::string_view& from) const {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      const auto byte = std::uint8_t(take(from, 1)[0]);
      check(shift < 63 || byte <= 1, "a number has more than 64 bits");
      value |= std::uint64_t(byte & 0x7F) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::uint64_t fixed(std::string_view& from, std::uint64_t count) const {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char byte : take(from, count))
      value |= std::uint64_t(std::uint8_t(byte)) << shift, shift += 8;
    return value;
  }
  std::string_view take(std::string_view& from, std::uint64_t count) const {
    check(count <= from.size(), "it is cut short: ", count, " bytes are expected, ", from.size(),
          " are left");
    const std::string_view taken = from.substr(0, std::size_t(count));
    from.remove_prefix(std::size_t(count));
    return taken;
  }
  template <class T> static T from_bits(std::uint64_t bits) {
    if constexpr (std::is_same_v<T, double>) return std::bit_cast<double>(bits);
    else if constexpr (std::is_same_v<T, float>) return std::bit_cast<float>(std::uint32_t(bits));
    else return T(bits);
  }

  Call call_;
  std::string_view rest_, bytes_;
  std::uint64_t bits_ = 0;
  int field_ = 0;
  Wire wire_ = Wire::varint;
};

}  // namespace tinygrad::protobuf
