// SPDX-License-Identifier: MIT
// The ten digits as pen strokes in the unit square, x to the right and y down.
#pragma once
#include <span>
#include <vector>

namespace tinygrad::vision {

struct Point {
  float x, y;
};
/// A line through these points, which the pen draws without being lifted.
using Stroke = std::vector<Point>;
/// One way of writing a digit.
using Glyph = std::vector<Stroke>;

/// All ways of writing `digit`, 0 to 9.
const std::vector<Glyph>& glyphs(int digit);

}  // namespace tinygrad::vision
