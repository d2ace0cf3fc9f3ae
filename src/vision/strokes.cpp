// SPDX-License-Identifier: MIT
// The shapes of the ten digits, as lines and arcs.
#include "strokes.h"

#include <cmath>
#include <numbers>

namespace tinygrad::vision {
namespace {

/// An arc of an ellipse between two angles in degrees: 0 is right, 90 down, 180 left, 270 up.
struct Arc {
  Point center;
  float width, height;  // the half axes
  float from, to;
};

/// Builds strokes: s << point adds a line to the point, s << arc a line to the start of the arc and
/// then the arc.
Stroke operator<<(Stroke s, Point p) {
  s.push_back(p);
  return s;
}
Stroke operator<<(Stroke s, const Arc& a) {
  const int steps = 3 + int(std::abs(a.to - a.from) / 24);
  for (int i = 0; i <= steps; ++i) {
    const float angle =
        (a.from + (a.to - a.from) * float(i) / float(steps)) * std::numbers::pi_v<float> / 180;
    s.push_back({a.center.x + a.width * std::cos(angle), a.center.y + a.height * std::sin(angle)});
  }
  return s;
}

std::vector<std::vector<Glyph>> all_glyphs() {
  const Stroke pen;
  const auto at = [](float x, float y) { return Point{x, y}; };
  const Stroke stem = pen << at(.5f, 0) << at(.5f, 1);
  const Stroke seven = pen << at(.2f, 0) << at(.8f, 0) << at(.42f, 1);
  const Arc two{{.48f, .28f}, .28f, .28f, 190, 400}, bowl{{.46f, .69f}, .31f, .31f, 232, 505};
  const Stroke nine = pen << Arc{{.49f, .28f}, .27f, .28f, 0, -360};
  return {
      {{pen << Arc{{.5f, .5f}, .3f, .5f, 270, -90}}},
      {{stem},
       {pen << at(.3f, .22f) << at(.52f, 0) << at(.52f, 1)},
       {pen << at(.3f, .22f) << at(.5f, 0) << at(.5f, 1), pen << at(.28f, 1) << at(.72f, 1)}},
      {{pen << two << at(.2f, 1) << at(.8f, 1)},
       {pen << two << Arc{{.32f, .9f}, .14f, .09f, 40, -250} << at(.82f, 1)}},
      {{pen << Arc{{.46f, .26f}, .28f, .25f, 200, 450} << Arc{{.46f, .75f}, .32f, .25f, 270, 520}}},
      {{pen << at(.62f, 1) << at(.62f, 0) << at(.15f, .66f) << at(.86f, .66f)},
       {pen << at(.24f, .02f) << at(.2f, .5f) << at(.78f, .5f),
        pen << at(.72f, .05f) << at(.68f, 1)}},
      {{pen << at(.76f, 0) << at(.3f, 0) << bowl},
       {pen << at(.3f, 0) << bowl, pen << at(.3f, 0) << at(.78f, .02f)}},
      {{pen << Arc{{.68f, .64f}, .48f, .64f, 268, 180}
            << Arc{{.48f, .71f}, .28f, .29f, 180, -180}}},
      {{seven},
       {seven, pen << at(.36f, .52f) << at(.76f, .52f)},
       {pen << at(.2f, .16f) << seven[0] << seven[1] << seven[2]}},
      {{pen << Arc{{.5f, .25f}, .25f, .25f, 90, 450} << Arc{{.5f, .75f}, .29f, .25f, 270, -90}}},
      {{nine << at(.75f, .6f) << at(.62f, 1)},
       {nine << at(.76f, .7f) << Arc{{.52f, .78f}, .22f, .22f, 0, 130}}},
  };
}

}  // namespace

const std::vector<Glyph>& glyphs(int digit) {
  static const auto all = all_glyphs();
  return all[std::size_t(digit)];
}

}  // namespace tinygrad::vision
