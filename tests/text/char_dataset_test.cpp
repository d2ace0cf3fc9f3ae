// SPDX-License-Identifier: MIT
// Tests CharDataset: its windows are the characters of the text, and the ones after them.
#include "tinygrad/text/char_dataset.h"

#include <gtest/gtest.h>

#include "tinygrad/tinygrad.h"

namespace {

using namespace tinygrad;
using text::CharDataset;

std::string decode(const CharDataset& data, const Tensor& ids) {
  return data.tokenizer().decode(ids.to_vector<std::int64_t>());
}

TEST(CharDataset, has_windows_that_follow_one_another) {
  const CharDataset data("床前明月光，疑是地上霜。", 5);
  EXPECT_EQ(data.length(), 12);
  ASSERT_EQ(data.size(), 2);
  EXPECT_EQ(decode(data, data.get(0).x), "床前明月光");
  EXPECT_EQ(decode(data, data.get(0).y), "前明月光，");
  EXPECT_EQ(decode(data, data.get(1).x), "，疑是地上");
  EXPECT_EQ(decode(data, data.get(1).y), "疑是地上霜");
  EXPECT_EQ(decode(data, data.window(6).y), "是地上霜。");
  EXPECT_THROW(data.window(7), IndexError);
  EXPECT_THROW(data.window(-1), IndexError);
  EXPECT_THROW(data.get(2), IndexError);
}

// The character after the last window must be there, too.
TEST(CharDataset, counts_whole_windows) {
  EXPECT_EQ(CharDataset("abcdef", 3).size(), 1);
  EXPECT_EQ(CharDataset("abcdefg", 3).size(), 2);
  EXPECT_EQ(CharDataset("abc", 3).size(), 0);
}

TEST(CharDataset, is_split_with_one_tokenizer) {
  const auto [first, rest] = CharDataset("abcabcabcz", 2).split(0.75);
  EXPECT_EQ(decode(first, first.ids()), "abcabca");
  EXPECT_EQ(decode(rest, rest.ids()), "bcz");
  EXPECT_EQ(first.tokenizer().size(), 4);
  EXPECT_EQ(decode(rest, rest.get(0).y), "cz");
  EXPECT_EQ(CharDataset("ab", 1).split(0).first.size(), 0);
}

TEST(CharDataset, is_loaded_in_batches) {
  const CharDataset data("abcdefghi", 2);
  data::DataLoader loader(data, {.batch_size = 3, .device = "cpu"});
  ASSERT_EQ(loader.size(), 2);
  const auto first = *loader.begin();
  EXPECT_EQ(first.x.shape(), Shape({3, 2}));
  EXPECT_EQ(decode(data, flatten(first.x)), "abcdef");
  EXPECT_EQ(decode(data, flatten(first.y)), "bcdefg");
}

TEST(CharDataset, refuses_what_has_no_windows) {
  EXPECT_THROW(CharDataset("", 2), ArgumentError);
  EXPECT_THROW(CharDataset("abc", 0), ArgumentError);
  EXPECT_THROW(CharDataset("abc", 1).split(1.5), ArgumentError);
}

}  // namespace
