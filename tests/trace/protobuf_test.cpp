// SPDX-License-Identifier: MIT
// Tests messages of Protocol Buffers: written as Google's library writes them and read from its
// bytes (tests/golden/make_protobuf.py), and damaged ones.
#include "shared/protobuf.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <random>

#include "support/files.h"

namespace tinygrad::protobuf {
namespace {

using test::expect_error;

const std::map<std::string, std::string>& golden() {
  static const auto all = [] {
    std::map<std::string, std::string> messages;
    std::ifstream in(TINYGRAD_SOURCE_DIR "/tests/golden/protobuf.txt");
    for (std::string line; std::getline(in, line);) {
      std::string bytes;
      const std::size_t space = line.find(' ');
      for (std::size_t i = space + 1; i + 1 < line.size(); i += 2)
        bytes += char(std::stoi(line.substr(i, 2), nullptr, 16));
      messages[line.substr(0, space)] = bytes;
    }
    return messages;
  }();
  return all;
}

const std::vector<std::int64_t> integers = {0,
                                            1,
                                            127,
                                            128,
                                            300,
                                            -1,
                                            std::numeric_limits<std::int64_t>::min(),
                                            std::numeric_limits<std::int64_t>::max()};
const std::vector<double> doubles = {0.5, -0.0, INFINITY, 0x1p-149};
const std::vector<float> floats = {0.5f, -0.0f, INFINITY, 0x1p-149f};
constexpr int last_field = (1 << 29) - 1;
std::int64_t integer(std::int64_t i) { return i; }

std::map<std::string, Message> written() {
  std::map<std::string, Message> all;
  all["empty"];
  all["integers"].number(1, integer(-1)).number(2, ~std::uint64_t(0)).number(3, integer(true));
  all["reals"].number(4, 0.1).number(5, 0.1f);
  all["texts"].text(6, "é").text(7, std::string_view("\0\xFF\x80", 3));
  all["long_text"].text(7, std::string(200, 'x'));
  Message innermost, inner;
  inner.text(6, "in").message(8, innermost.number(1, integer(3)));
  all["nested"].message(8, inner);
  all["packed"].packed(9, integers).packed(11, doubles).packed(13, floats);
  for (const auto i : integers) all["unpacked"].number(10, i);
  for (const auto d : doubles) all["unpacked"].number(12, d);
  for (const auto f : floats) all["unpacked"].number(14, f);
  all["last"].number(last_field, integer(5));
  return all;
}

TEST(ProtobufMessage, IsWrittenAsByTheLibrary) {
  const auto all = written();
  EXPECT_EQ(all.size(), golden().size());
  for (auto& [name, message] : all) EXPECT_EQ(message.bytes(), golden().at(name)) << name;
}

Reader at(const std::string& name, int field) {
  Reader in("test", golden().at(name));
  while (in.next())
    if (in.field() == field) return in;
  ADD_FAILURE() << name << " has no field " << field;
  return in;
}

TEST(ProtobufReader, ReadsWhatTheLibraryWrote) {
  EXPECT_FALSE(Reader("test", golden().at("empty")).next());
  EXPECT_EQ(at("integers", 1).number<std::int64_t>(), -1);
  EXPECT_EQ(at("integers", 2).number<std::uint64_t>(), ~std::uint64_t(0));
  EXPECT_EQ(at("integers", 3).number<std::int64_t>(), 1);
  EXPECT_EQ(at("reals", 4).number<double>(), 0.1);
  EXPECT_EQ(at("reals", 5).number<float>(), 0.1f);
  EXPECT_EQ(at("texts", 6).text(), "é");
  EXPECT_EQ(at("texts", 7).text(), std::string_view("\0\xFF\x80", 3));
  EXPECT_EQ(at("last", last_field).number<std::int64_t>(), 5);
  Reader inner = at("nested", 8).message();
  ASSERT_TRUE(inner.next());
  EXPECT_EQ(inner.field(), 6);
  ASSERT_TRUE(inner.next());
  Reader innermost = inner.message();
  ASSERT_TRUE(innermost.next());
  EXPECT_EQ(innermost.number<std::int64_t>(), 3);
  EXPECT_FALSE(inner.next());
}

template <class T> std::vector<T> repeated(const std::string& name, int field) {
  std::vector<T> values;
  for (Reader in("test", golden().at(name)); in.next();)
    if (in.field() == field) in.append_to(values);
  return values;
}
TEST(ProtobufReader, ReadsRepeatedFieldsPackedOrNot) {
  EXPECT_EQ(repeated<std::int64_t>("packed", 9), integers);
  EXPECT_EQ(repeated<std::int64_t>("unpacked", 10), integers);
  EXPECT_EQ(repeated<double>("packed", 11), doubles);
  EXPECT_EQ(repeated<double>("unpacked", 12), doubles);
  EXPECT_EQ(repeated<float>("packed", 13), floats);
  EXPECT_EQ(repeated<float>("unpacked", 14), floats);
}

// ------------------------------------------------------------ damaged messages

void expect_refused(std::string_view bytes, const std::string& text) {
  expect_error<IoError>(
      [&] {
        for (Reader in("test", bytes); in.next();) {}
      },
      "test: the protobuf message is damaged: " + text);
}

TEST(ProtobufReader, RefusesDamage) {
  using namespace std::string_view_literals;
  expect_refused("\x08"sv, "it is cut short: 1 bytes are expected, 0 are left");
  expect_refused("\x08\x80"sv, "it is cut short");
  expect_refused("\x09\1\2\3"sv, "it is cut short: 8 bytes are expected, 3 are left");
  expect_refused("\x32\x05xyz"sv, "it is cut short: 5 bytes are expected, 3 are left");
  expect_refused("\x32\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01xyz"sv,
                 "it is cut short: 18446744073709551615 bytes");
  expect_refused("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"sv,
                 "a number has more than 64 bits");
  expect_refused("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"sv,
                 "a number has more than 64 bits");
  expect_refused("\0\0"sv, "the field number 0 does not exist");
  expect_refused("\x80\x80\x80\x80\x10\0"sv, "the field number 536870912 does not exist");
  expect_refused("\x0B\x0C"sv, "field 1 is encoded in way 3, which is not known");
  expect_refused("\x0E"sv, "field 1 is encoded in way 6, which is not known");
}

TEST(ProtobufReader, RefusesAnotherTypeThanIsAskedFor) {
  expect_error<IoError>([] { at("integers", 1).text(); },
                        "field 1 is encoded in way 0, expected 2");
  expect_error<IoError>([] { at("texts", 6).number<double>(); },
                        "field 6 is encoded in way 2, expected 1");
  expect_error<IoError>([] { at("reals", 4).number<float>(); },
                        "field 4 is encoded in way 1, expected 5");
  std::vector<double> values;
  expect_error<IoError>([&] { at("texts", 6).append_to(values); }, "it is cut short");
  expect_error<IoError>([&] { at("reals", 5).append_to(values); }, "expected 1");
}

/// The numbers of all fields, also of what may be messages or numbers inside. Anything but IoError
/// fails the test.
std::vector<int> fields(const Reader& message, int depth = 0) {
  std::vector<int> all;
  Reader in = message;
  try {
    while (in.next()) {
      all.push_back(in.field());
      std::vector<std::int64_t> numbers;
      std::vector<float> reals;
      try {
        in.append_to(numbers), in.append_to(reals);
      } catch (const IoError&) {}
      if (in.wire() == Wire::bytes && depth < 8) fields(in.message(), depth + 1);
    }
  } catch (const IoError&) {}
  return all;
}

TEST(ProtobufReader, ReadsTheWholeFieldsOfAMessageThatIsCutShort) {
  for (auto& [name, bytes] : golden()) {
    const std::vector<int> all = fields({"test", bytes});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::vector<int> some = fields({"test", std::string_view(bytes).substr(0, size)});
      ASSERT_LT(some.size(), all.size());
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin())) << name << " at " << size;
    }
  }
}

TEST(ProtobufReader, BearsAnyBytes) {
  std::mt19937 random(1);
  for (int i = 0; i < 500; ++i) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = char(random());
    fields({"test", bytes});
    for (auto& [name, message] : golden()) {
      if (message.empty()) continue;
      std::string changed = message;
      changed[random() % changed.size()] ^= char(1 << random() % 8);
      fields({"test", changed});
    }
  }
}

}  // namespace
}  // namespace tinygrad::protobuf
