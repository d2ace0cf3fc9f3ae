// SPDX-License-Identifier: MIT
// Tests that idx files are read completely or refused with the reason, and packed files likewise.
#include "support/files.h"
#include "support/idx_files.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::test {
namespace {

using vision::load_idx;

class Idx : public Files {
 protected:
  std::string outcome(const std::string& bytes) {
    try {
      return bits(load_idx(put("file", bytes)));
    } catch (const IoError& error) { return error.what(); }
  }
  void refuse(const std::string& bytes, const std::string& reason) {
    expect_error<IoError>([&] { load_idx(put("file", bytes)); }, reason);
  }
  void refuse_both(const std::string& bytes, const std::string& reason) {
    refuse(bytes, reason);
    refuse(gzip(bytes), reason);
  }
  const std::string good = idx(8, {2, 3}, "abcdef");
};

TEST_F(Idx, takes_bytes) {
  for (const std::string& bytes : {good, gzip(good)}) {
    const Tensor t = load_idx(put("file", bytes));
    EXPECT_EQ(t.shape(), Shape({2, 3}));
    EXPECT_EQ(t.to_vector<std::uint8_t>(),
              (std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'}));
  }
}
TEST_F(Idx, takes_several_members_and_zeros_behind) {  // RFC 1952, 2.2
  const std::string zeros(512, '\0');
  for (std::size_t cut : {std::size_t(1), good.size() / 2, good.size() - 1}) {
    const std::string two = gzip(good.substr(0, cut)) + gzip(good.substr(cut));
    for (const std::string& bytes : {two, two + zeros, gzip(good) + zeros})
      EXPECT_EQ(load_idx(put("f", bytes)).to_vector<int>(),
                load_idx(put("g", good)).to_vector<int>());
  }
}
TEST_F(Idx, takes_larger_elements) {
  EXPECT_EQ(
      load_idx(put("f", idx(0x0C, {2}, big_endian(7) + big_endian(-8)))).to_vector<std::int32_t>(),
      (std::vector<std::int32_t>{7, -8}));
  EXPECT_EQ(load_idx(put("f", gzip(idx(0x0D, {1}, big_endian(0x3FC00000))))).item<float>(), 1.5f);
  EXPECT_EQ(
      load_idx(put("f", idx(0x0E, {1}, big_endian(0xBFF80000) + big_endian(0)))).item<double>(),
      -1.5);
}
TEST_F(Idx, takes_ranks_1_to_4_and_empty) {
  EXPECT_EQ(load_idx(put("f", idx(8, {1}, "a"))).dim(), 1);
  EXPECT_EQ(load_idx(put("f", idx(8, {1, 1, 2, 1}, "ab"))).dim(), 4);
  EXPECT_EQ(load_idx(put("f", idx(8, {0}, ""))).numel(), 0);
  EXPECT_EQ(load_idx(put("f", gzip(idx(8, {3, 0}, "")))).numel(), 0);
}
TEST_F(Idx, refuses_other_types_by_name) {
  refuse_both(idx(9, {1}, "a"), "int8");
  refuse_both(idx(0x0B, {1}, "ab"), "int16");
  refuse_both(idx(0x0A, {1}, "a"), "third byte is 10");
}
TEST_F(Idx, refuses_what_is_no_idx_file) {
  refuse("", "cut short: the header needs 4 bytes, the file holds 0");
  refuse_both("abcdefgh", "does not begin with two zero bytes");
  refuse("<!DOCTYPE html>", "a web page");
  refuse_both(idx(8, {}, ""), "rank is 0");
  refuse_both(idx(8, {1, 1, 1, 1, 1}, "a"), "rank is 5");
  expect_error<IoError>([&] { load_idx(folder_); }, "is not a file");
}
TEST_F(Idx, refuses_wrong_lengths) {
  refuse(good + "g", "1 bytes are left over");
  refuse(gzip(good + "g"), "more bytes than");
  refuse_both(good.substr(0, good.size() - 1), "cut short: the elements");
  refuse_both(idx(8, {~0u, ~0u, ~0u, ~0u}, "abcdef"), "do not fit into 63 bits");
  refuse(idx(8, {~0u, 1u << 31}, "abcdef"), "cut short");
  refuse(gzip(idx(8, {~0u, 1u << 31}, "abcdef")), "packed bytes can hold");
  refuse(gzip(idx(8, {~0u}, "abcdef")), "packed bytes can hold");
}
TEST_F(Idx, refuses_damaged_packing) {
  refuse(gzip(good) + "x", "left over after");
  refuse(gzip(good) + gzip(good), "more bytes than");
  std::string damaged = gzip(good);
  damaged[damaged.size() - 6] ^= 1;  // the checksum
  refuse(damaged, "damaged");
}
TEST_F(Idx, unpacks_no_bomb) {
  const std::string bomb = gzip(std::string(50'000'000, '\0'));  // 50 KB
  refuse(bomb, "third byte is 0");
  refuse(gzip(idx(8, {1}, std::string(50'000'000, 'a'))), "more bytes than the header declares");
}
TEST_F(Idx, survives_every_prefix) {
  for (const std::string& whole : {good, gzip(good)})
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(outcome(whole.substr(0, size)).find("load_idx: "), 0u) << size;
}
TEST_F(Idx, survives_every_flipped_bit) {
  for (std::string bytes : {good, gzip(good)}) {
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] ^= char(1 << bit % 8);
      const std::string result = outcome(bytes);
      const bool known = result == outcome(good) || result.starts_with("load_idx: ") ||
                         result.starts_with("uint8[2, 3]");
      EXPECT_TRUE(known) << bit << " " << result;
      bytes[bit / 8] ^= char(1 << bit % 8);
    }
  }
}

}  // namespace
}  // namespace tinygrad::test
