// SPDX-License-Identifier: MIT
// Tests that damaged and hostile GGUF files are refused with the reason, and before memory is
// allocated for what they claim.
#include <algorithm>
#include <chrono>

#include "support/files.h"
#include "tinygrad/gguf/gguf.h"
#include "tinygrad/io.h"

namespace tinygrad::test {
namespace {

/// The bytes of a file under construction.
struct Bytes : std::string {
  template <class T> Bytes& number(T value) {
    append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Bytes& u32(std::uint64_t value) { return number(std::uint32_t(value)); }
  Bytes& u64(std::uint64_t value) { return number(value); }
  Bytes& text(std::string_view text) {
    u64(text.size()).append(text);
    return *this;
  }
  Bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& sizes, std::uint64_t type,
                std::uint64_t offset) {
    text(name).u32(sizes.size());
    for (const auto size : sizes) u64(size);
    return u32(type).u64(offset);
  }
  /// Zeros up to a multiple of the alignment, and `count` more.
  Bytes& data(std::size_t count, std::size_t alignment = 32) {
    resize((size() + alignment - 1) / alignment * alignment + count);
    return *this;
  }
};
Bytes header(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
  Bytes bytes;
  bytes.append("GGUF");
  return bytes.u32(version).u64(tensors).u64(keys);
}
Bytes one_key(std::uint32_t type) { return header(0, 1).text("key").u32(type); }

class BadFile : public Files {
 protected:
  /// put(), without the flush to the disk that a file system adds if a file is overwritten.
  std::string put(const std::string& name, const std::string& bytes) const {
    std::filesystem::remove(path(name));
    return Files::put(name, bytes);
  }
  void refuse(const std::string& bytes, const std::string& why) {
    const std::string file = put("bad.gguf", bytes);
    expect_error<IoError>([&] { gguf::File{file}; }, why);
    expect_error<IoError>([&] { gguf::load(file, {.map = false}); }, "bad.gguf");
  }
};

TEST_F(BadFile, what_these_tests_build_is_valid_otherwise) {
  const gguf::File two(put("v2.gguf", header(1, 0, 2).tensor("x", {4, 2}, 0, 0).data(32)));
  EXPECT_EQ(two.version(), 2);
  EXPECT_EQ(two.tensor("x").shape(), (Shape{2, 4}));
  const gguf::File empty(put("empty.gguf", header(0, 0)));
  EXPECT_TRUE(empty.tensors().empty());
  const gguf::File scalar(
      put("s.gguf", header(2, 0).tensor("s", {}, 26, 0).tensor("none", {3, 0}, 0, 0).data(4)));
  EXPECT_EQ(scalar.tensor("s").shape(), Shape());
  EXPECT_EQ(scalar.tensor("none").shape(), (Shape{0, 3}));
}

TEST_F(BadFile, the_beginning) {
  refuse("GG", "this is not a GGUF file");
  refuse("GGML" + std::string(100, '\0'), "this is not a GGUF file");
  refuse(header(0, 0, 1), "the file has version 1 of the format; expected 2 or 3");
  refuse(header(0, 0, 4), "the file has version 4");
  refuse(header(0, 0, 3u << 24), "the file is big-endian");
}

TEST_F(BadFile, counts_and_lengths_beyond_the_file) {
  for (const std::uint64_t many : {std::uint64_t(3), std::uint64_t(1) << 32, UINT64_MAX}) {
    refuse(header(many, 0).data(20), "tensors do not fit into the");
    refuse(header(0, many).data(8), "keys do not fit into the");
    refuse(one_key(9).u32(0).u64(many + 2), "elements of an array do not fit into the 0 bytes");
    refuse(one_key(9).u32(8).u64(many).u64(0), "elements of an array do not fit");
    refuse(one_key(9).u32(9).u64(many).u64(0), "arrays do not fit");
    refuse(one_key(8).u64(std::max<std::uint64_t>(many, 9)).u64(0), "cut short: a string needs");
  }
  refuse(header(0, 1).u64(UINT64_MAX).u64(0), "cut short: a key needs 18446744073709551615 bytes");
  refuse(header(1, 0).u64(1ull << 63).data(32), "cut short: the name of a tensor needs");
}

TEST_F(BadFile, metadata) {
  refuse(one_key(13).u64(0), "the value of \"key\" has type 13; expected 0 to 12");
  refuse(one_key(9).u32(99).u64(0), "the value of \"key\" has type 99");
  refuse(one_key(7).number('\2'), "the value of \"key\" is a bool of neither 0 nor 1");
  Bytes deep = one_key(9);
  for (int i = 0; i < 1000; ++i) deep.u32(9).u64(1);
  refuse(deep, "the value of \"key\" is an array 5 levels deep; expected at most 4");
  refuse(header(0, 2).text("key").u32(4).u32(1).text("key").u32(4).u32(2),
         "two keys are named \"key\"");
}

TEST_F(BadFile, alignment) {
  const auto aligned = [](std::uint32_t type, std::uint64_t alignment) {
    return header(0, 1).text("general.alignment").u32(type).u64(alignment);
  };
  const char* why = "general.alignment must be a power of two, stored as uint32";
  for (const int alignment : {0, 3, 24, 33}) refuse(aligned(4, std::uint64_t(alignment)), why);
  refuse(aligned(10, 32), why);
  refuse(
      header(1, 1).text("general.alignment").u32(4).u32(1u << 31).tensor("x", {1}, 0, 0).data(64),
      "tensor \"x\" has 4 bytes at offset 0 of 0 bytes of data");
}

TEST_F(BadFile, tensors) {
  const auto one = [](const std::vector<std::uint64_t>& sizes, std::uint64_t type,
                      std::uint64_t offset) {
    return header(1, 0).tensor("x", sizes, type, offset).data(64);
  };
  refuse(one({1, 1, 1, 1, 1}, 0, 0), "tensor \"x\" has rank 5; expected at most 4");
  refuse(one({1ull << 63}, 0, 0), "tensor \"x\" has size 9223372036854775808");
  refuse(one({1}, 4, 0), "tensor \"x\" has type 4, which this library does not know");
  refuse(one({1}, 99999, 0), "has type 99999");
  refuse(one({33}, 8, 0), "has rows of 33 elements, no multiple of 32");
  refuse(one({}, 12, 0), "has rows of 1 elements, no multiple of 256");
  refuse(one({4}, 0, 8), "is at offset 8, no multiple of the alignment, 32");
  refuse(one({17}, 0, 0), "cut short: tensor \"x\" has 68 bytes at offset 0 of 64 bytes of data");
  refuse(one({4}, 0, 64), "cut short: tensor \"x\" has 16 bytes at offset 64");
  refuse(one({4}, 0, UINT64_MAX - 31), "cut short: tensor \"x\" has 16 bytes at offset");
  for (const auto& sizes : {std::vector<std::uint64_t>{1ull << 62},
                            {1ull << 32, 1ull << 32},
                            {1ull << 31, 1ull << 31, 4},
                            {1ull << 62, 1ull << 62, 0}})
    refuse(one(sizes, 0, 0), "more bytes than fit into 63 bits");
  const auto two = [](std::string_view name, std::uint64_t offset) {
    return header(2, 0).tensor("x", {9}, 0, 0).tensor(name, {4}, 0, offset).data(80);
  };
  EXPECT_EQ(gguf::load(put("two.gguf", two("y", 64))).size(), 2u);
  refuse(two("y", 0), "the bytes of tensors \"x\" and \"y\" overlap");
  refuse(two("y", 32), "the bytes of tensors \"x\" and \"y\" overlap");
  refuse(two("x", 64), "two tensors are named \"x\"");
}

TEST_F(BadFile, types_that_are_listed_but_not_decoded) {
  const std::string file = put("iq.gguf", header(1, 0).tensor("x", {256}, 16, 0).data(66));
  EXPECT_EQ(gguf::File(file).info("x").bytes.size(), 66u);
  expect_error<IoError>([&] { gguf::load(file); },
                        "tensor \"x\" is of type IQ2_XXS, which this library does not decode");
}

TEST_F(BadFile, parts_of_a_model) {
  Bytes bytes = header(0, 1).text("split.count").u32(2).number(std::uint16_t(3));
  expect_error<IoError>([&] { gguf::load(put("part.gguf", bytes)); },
                        "this is one of 3 files of a model");
}

TEST_F(BadFile, cut_at_every_offset) {
  for (const char* name : {"types.gguf", "metadata.gguf", "saved_Q8_0.gguf"}) {
    const std::string whole = bytes_of(source(std::string("tests/gguf/fixtures/") + name));
    for (std::size_t size = 0; size + 32 < whole.size(); ++size) {  // padding may be missing
      const std::string cut = put("cut.gguf", whole.substr(0, size));
      EXPECT_THROW(load(cut), IoError) << name << " cut to " << size;
    }
  }
}

TEST_F(BadFile, any_changed_byte_is_refused_or_loaded) {
  const auto start = std::chrono::steady_clock::now();
  const std::string whole = bytes_of(source("tests/gguf/fixtures/metadata.gguf"));
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char byte : {'\0', '\x7F', '\xFF'}) {
      std::string changed = whole;
      changed[i] = byte;
      try {
        gguf::load(put("changed.gguf", changed));
      } catch (const IoError&) { ++refused; }
    }
  EXPECT_GT(refused, 500);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace tinygrad::test
