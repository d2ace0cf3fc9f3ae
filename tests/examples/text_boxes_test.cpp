// SPDX-License-Identifier: MIT
// Tests the boxes of examples/ocr on maps drawn by hand.
#include "text_boxes.h"

#include <gtest/gtest.h>

namespace ocr {
namespace {

/// A map of zeros with rectangles of a probability.
Map map_of(std::int64_t height, std::int64_t width, const std::vector<Box>& boxes, float value) {
  Map map{height, width, std::vector<float>(std::size_t(height * width))};
  for (const Box& box : boxes)
    for (auto y = box.top; y < box.bottom; ++y)
      for (auto x = box.left; x < box.right; ++x) map.values[std::size_t(y * width + x)] = value;
  return map;
}

std::vector<std::int64_t> edges(const Box& box) {
  return {box.left, box.top, box.right, box.bottom};
}

TEST(TextBoxes, grow_by_area_over_perimeter) {
  // 30 x 10: 300 / 80 * 1.6 = 6
  const auto boxes = text_boxes(map_of(50, 60, {{10, 20, 40, 30}}, 0.9f));
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_EQ(edges(boxes[0]), (std::vector<std::int64_t>{4, 14, 46, 36}));
}

TEST(TextBoxes, stay_inside_the_map) {
  const auto boxes = text_boxes(map_of(12, 30, {{0, 1, 30, 11}}, 0.9f));
  ASSERT_EQ(boxes.size(), 1u);
  EXPECT_EQ(edges(boxes[0]), (std::vector<std::int64_t>{0, 0, 30, 12}));
}

TEST(TextBoxes, come_in_reading_order) {
  const auto boxes =
      text_boxes(map_of(90, 90, {{50, 10, 80, 20}, {5, 12, 40, 22}, {30, 60, 60, 70}}, 0.9f));
  ASSERT_EQ(boxes.size(), 3u);
  EXPECT_LT(boxes[0].left, boxes[1].left);
  EXPECT_LT(boxes[1].top, boxes[2].top);
}

TEST(TextBoxes, leave_out_what_is_unlikely_or_tiny) {
  EXPECT_TRUE(text_boxes(map_of(20, 20, {{2, 2, 12, 12}}, 0.4f)).empty());
  EXPECT_TRUE(text_boxes(map_of(20, 20, {{2, 2, 12, 4}}, 0.9f)).empty());
  EXPECT_TRUE(text_boxes(map_of(20, 20, {}, 0.9f)).empty());
}

TEST(TextBoxes, join_pixels_that_touch_at_a_corner) {
  EXPECT_EQ(text_boxes(map_of(20, 20, {{2, 2, 8, 8}, {8, 8, 14, 14}}, 1)).size(), 1u);
  EXPECT_EQ(text_boxes(map_of(30, 30, {{2, 2, 8, 8}, {9, 9, 15, 15}}, 1)).size(), 2u);
}

}  // namespace
}  // namespace ocr
