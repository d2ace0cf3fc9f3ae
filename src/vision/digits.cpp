// SPDX-License-Identifier: MIT
// digits(): a synthetic data set of handwritten digits, drawn as strokes with random distortions.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <system_error>
#include <thread>

#include "strokes.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/random.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::vision {
namespace {

constexpr int side = 28, pixels = side * side;
using Image = std::span<float, pixels>;

/// The random values of one image: words 0, 1, ... of call `index` under `seed`.
class RandomSequence {
 public:
  RandomSequence(std::uint64_t seed, std::uint64_t index) : seed_(seed), index_(index) {}
  float between(float low, float high) {
    return low + (high - low) * philox_uniform(seed_, index_, next_++);
  }
  std::size_t below(std::size_t n) { return philox_word(seed_, index_, next_++) % n; }

 private:
  std::uint64_t seed_, index_, next_ = 0;
};

/// The random style of one image: the distortion p -> A w(p) + b of its strokes, where w bends them
/// a little, and the thickness and darkness of the pen.
struct Style {
  float xx, xy, yx, yy, x, y;                              // the affine map, to pixels
  float bend_x, bend_y, phase_x, phase_y, wave_x, wave_y;  // the bend
  float radius, ink, noise;

  explicit Style(RandomSequence& d) {
    const float angle = d.between(-.22f, .22f), shear = d.between(-.3f, .3f),
                width = d.between(15, 22), height = d.between(17, 22);
    xx = width * std::cos(angle), xy = height * (shear * std::cos(angle) - std::sin(angle));
    yx = width * std::sin(angle), yy = height * (shear * std::sin(angle) + std::cos(angle));
    x = side / 2 - .5f + d.between(-2, 2), y = side / 2 - .5f + d.between(-2, 2);
    bend_x = d.between(-.05f, .05f), bend_y = d.between(-.05f, .05f);
    phase_x = d.between(0, 6.3f), phase_y = d.between(0, 6.3f), wave_x = d.between(3, 7),
    wave_y = d.between(3, 7);
    radius = d.between(.7f, 1.8f), ink = d.between(.8f, 1), noise = d.between(0, .08f);
  }
  Point distort(Point p) const {
    const float u = p.x - .5f + bend_x * std::sin(wave_x * p.y + phase_x),
                v = p.y - .5f + bend_y * std::sin(wave_y * p.x + phase_y);
    return {xx * u + xy * v + x, yx * u + yy * v + y};
  }
};

float squared_distance(float x, float y, Point a, Point b) {
  const float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const float t = length > 0 ? std::clamp(((x - a.x) * dx + (y - a.y) * dy) / length, 0.f, 1.f) : 0;
  const float ex = a.x + t * dx - x, ey = a.y + t * dy - y;
  return ex * ex + ey * ey;
}

int column(float x) { return int(std::clamp(x, 0.f, float(side - 1))); }

/// Draws a line segment. The value of a pixel is the part of it that the pen covers; the border of
/// the line is one pixel wide.
void draw_line(Image image, Point a, Point b, float radius) {
  const float reach = radius + .5f;
  const int first_x = column(std::min(a.x, b.x) - reach),
            last_x = column(std::max(a.x, b.x) + reach + 1);
  const int first_y = column(std::min(a.y, b.y) - reach),
            last_y = column(std::max(a.y, b.y) + reach + 1);
  for (int y = first_y; y <= last_y; ++y)
    for (int x = first_x; x <= last_x; ++x) {
      const float squared = squared_distance(float(x), float(y), a, b);
      if (squared >= reach * reach) continue;
      float& pixel = image[std::size_t(y * side + x)];
      pixel = std::max(pixel, std::min(reach - std::sqrt(squared), 1.f));
    }
}

/// Draws image `index` of `seed` into an image of zeros, and returns its label.
int draw(Image image, std::uint64_t seed, std::uint64_t index) {
  RandomSequence random(seed, index);
  const int digit = int(random.below(10));
  const auto& variants = glyphs(digit);
  const Glyph& glyph = variants[random.below(variants.size())];
  const Style style(random);
  for (const Stroke& stroke : glyph)
    for (std::size_t i = 1; i < stroke.size(); ++i)
      draw_line(image, style.distort(stroke[i - 1]), style.distort(stroke[i]), style.radius);
  for (float& pixel : image)
    pixel = std::clamp(style.ink * pixel + random.between(-style.noise, style.noise), 0.f, 1.f);
  return digit;
}

/// Calls body(i) for i = 0 ... n - 1 in any order, on as many threads as the CPU backend uses.
template <class Body> void parallel_for(std::int64_t n, const Body& body) {
  constexpr std::int64_t chunk = 256;
  std::atomic<std::int64_t> next = 0;
  const auto work = [&] {
    for (std::int64_t first = next.fetch_add(chunk); first < n; first = next.fetch_add(chunk))
      for (std::int64_t i = first; i < std::min(first + chunk, n); ++i) body(i);
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::int64_t i = 1; i < std::min<std::int64_t>(num_threads(), n / chunk); ++i)
      helpers.emplace_back(work);
  } catch (const std::system_error&) {}  // no more threads are available: these do all the work
  work();
}

}  // namespace

data::Dataset digits(std::int64_t n, std::uint64_t seed, SourceLocation location) {
  require(n >= 0 && n <= 10'000'000, Call{"digits", location}, "n must be 0 to 10,000,000, got ",
          n);
  std::vector<float> x(std::size_t(n) * pixels);
  std::vector<std::int64_t> y(static_cast<std::size_t>(n));
  glyphs(0);  // initializes the glyphs before the threads use them
  parallel_for(n, [&](std::int64_t i) {
    y[std::size_t(i)] = draw(Image(x.data() + i * pixels, pixels), seed, std::uint64_t(i));
  });
  return {from_vector(x, {n, 1, side, side}, "cpu"),
          from_vector(y, {n}, "cpu"),
          {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
          "digits"};
}

}  // namespace tinygrad::vision
