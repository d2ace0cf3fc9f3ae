// SPDX-License-Identifier: MIT
// random_shift(): an augmentation that shifts images by a random number of pixels.
#include <algorithm>
#include <cstdlib>

#include "tinygrad/random.h"
#include "tinygrad/vision/transforms.h"

namespace tinygrad::vision {
namespace {

/// Shifts one channel, image [H, W], by (dy, dx) in place. Each row is copied from its source row,
/// in an order in which no source row was overwritten before.
void shift(std::span<float> image, std::int64_t height, std::int64_t width, std::int64_t dy,
           std::int64_t dx) {
  const auto row = [&](std::int64_t y) {
    return image.subspan(std::size_t(y * width), std::size_t(width));
  };
  const std::int64_t kept = std::max<std::int64_t>(width - std::abs(dx), 0);
  for (std::int64_t i = 0; i < height; ++i) {
    const std::int64_t y = dy > 0 ? height - 1 - i : i, from = y - dy;
    const auto to = row(y);
    if (from < 0 || from >= height || kept == 0) {
      std::fill(to.begin(), to.end(), 0.f);
      continue;
    }
    const auto source = row(from);
    if (dx >= 0) {
      std::copy_backward(source.begin(), source.begin() + kept, to.end());
      std::fill(to.begin(), to.end() - kept, 0.f);
    } else {
      std::copy(source.end() - kept, source.end(), to.begin());
      std::fill(to.begin() + kept, to.end(), 0.f);
    }
  }
}

}  // namespace

data::Augment random_shift(int max_pixels) {
  require<ArgumentError>(max_pixels >= 0 && max_pixels <= 1024, "random_shift",
                         "max_pixels must be 0 to 1024, got ", max_pixels);
  return [max_pixels](std::span<float> sample, const Shape& shape, std::uint64_t seed,
                      std::uint64_t index) {
    require<ShapeError>(shape.rank() >= 2, "random_shift",
                        "expected samples of shape [..., H, W], got ", shape);
    const auto offset = [&](int i) {
      return std::int64_t(philox_word(seed, index, std::uint64_t(i)) %
                          unsigned(2 * max_pixels + 1)) -
             max_pixels;
    };
    const std::int64_t height = shape[-2], width = shape[-1], dy = offset(0), dx = offset(1);
    const std::size_t channel = std::size_t(height * width);
    for (std::size_t start = 0; channel > 0 && start < sample.size(); start += channel)
      shift(sample.subspan(start, channel), height, width, dy, dx);
  };
}

}  // namespace tinygrad::vision
