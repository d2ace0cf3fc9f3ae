// SPDX-License-Identifier: MIT
// Boxes around lines of text, from a map that says of each pixel how likely it is in the middle of
// a line: "differentiable binarization" (Liao et al. 2020), with boxes along the axes.
#pragma once
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <vector>

namespace ocr {

/// The rows [top, bottom) and columns [left, right) of a picture.
struct Box {
  std::int64_t left, top, right, bottom;
  std::int64_t width() const { return right - left; }
  std::int64_t height() const { return bottom - top; }
};

/// A map of probabilities, row-major.
struct Map {
  std::int64_t height, width;
  std::vector<float> values;
  float operator()(std::int64_t y, std::int64_t x) const {
    return values[std::size_t(y * width + x)];
  }
};

inline constexpr float pixel_threshold = 0.3f;  ///< a pixel is text
inline constexpr double box_threshold = 0.5;    ///< the mean of a box that is kept
inline constexpr double unclip_ratio = 1.6;     ///< the map shows lines thinner than they are

/// The box of the text pixels that are connected with (x, y), by sides or corners. It forgets them.
inline Box take_component(Map& map, std::int64_t y, std::int64_t x) {
  Box box{x, y, x + 1, y + 1};
  std::vector<std::pair<std::int64_t, std::int64_t>> open{{y, x}};
  while (!open.empty()) {
    const auto [cy, cx] = open.back();
    open.pop_back();
    box = {std::min(box.left, cx), std::min(box.top, cy), std::max(box.right, cx + 1),
           std::max(box.bottom, cy + 1)};
    for (auto ny = std::max<std::int64_t>(cy - 1, 0); ny <= std::min(cy + 1, map.height - 1); ++ny)
      for (auto nx = std::max<std::int64_t>(cx - 1, 0); nx <= std::min(cx + 1, map.width - 1); ++nx)
        if (float& value = map.values[std::size_t(ny * map.width + nx)]; value > pixel_threshold)
          value = 0, open.emplace_back(ny, nx);
  }
  return box;
}

inline double mean(const Map& map, const Box& box) {
  double sum = 0;
  for (auto y = box.top; y < box.bottom; ++y)
    for (auto x = box.left; x < box.right; ++x) sum += double(map(y, x));
  return sum / double(box.width() * box.height());
}

/// The box with a margin of area / perimeter times the ratio, inside the map.
inline Box unclip(const Map& map, const Box& box) {
  const double area = double(box.width() * box.height()),
               perimeter = double(2 * (box.width() + box.height()));
  const auto margin = std::int64_t(area / perimeter * unclip_ratio + 0.5);
  return {std::max<std::int64_t>(box.left - margin, 0), std::max<std::int64_t>(box.top - margin, 0),
          std::min(box.right + margin, map.width), std::min(box.bottom + margin, map.height)};
}

/// Boxes from top to bottom; of those on one line, from left to right.
inline void sort_boxes(std::vector<Box>& boxes) {
  std::ranges::sort(boxes, {}, &Box::top);
  for (auto first = boxes.begin(); first != boxes.end();) {
    const auto middle = first->top + first->height() / 2;
    const auto last =
        std::find_if(first, boxes.end(), [&](const Box& b) { return b.top > middle; });
    std::ranges::sort(first, last, {}, &Box::left);
    first = last;
  }
}

/// All boxes of a map, in pixels of the map.
inline std::vector<Box> text_boxes(const Map& map) {
  std::vector<Box> boxes;
  Map rest = map;
  for (std::int64_t y = 0; y < map.height; ++y)
    for (std::int64_t x = 0; x < map.width; ++x) {
      if (rest(y, x) <= pixel_threshold) continue;
      const Box box = take_component(rest, y, x);
      if (std::min(box.width(), box.height()) < 3 || mean(map, box) < box_threshold) continue;
      boxes.push_back(unclip(map, box));
    }
  sort_boxes(boxes);
  return boxes;
}

}  // namespace ocr
