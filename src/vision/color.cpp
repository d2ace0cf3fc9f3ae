// SPDX-License-Identifier: MIT
// Brightness, contrast, saturation and hue of RGB pictures.
#include <algorithm>

#include "picture.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/transforms.h"

namespace tinygrad::vision {
namespace {

Tensor gray(const Tensor& x) {
  return x.slice(0, 0, 1) * 0.2989 + x.slice(0, 1, 2) * 0.587 + x.slice(0, 2, 3) * 0.114;
}
Tensor blend(const Tensor& x, const Tensor& other, double factor) {
  return clamp(x * factor + other * (1 - factor), 0, 1);
}

}  // namespace

Tensor adjust_brightness(const Tensor& picture, double factor) {
  check_picture("adjust_brightness", picture, true);
  return clamp(picture * factor, 0, 1);
}
Tensor adjust_saturation(const Tensor& picture, double factor) {
  check_picture("adjust_saturation", picture, true);
  return blend(picture, gray(picture), factor);
}
Tensor adjust_contrast(const Tensor& picture, double factor) {
  check_picture("adjust_contrast", picture, true);
  return blend(picture, mean(gray(picture)), factor);
}
Tensor adjust_hue(const Tensor& picture, double turns) {
  check_picture("adjust_hue", picture, true);
  const Tensor r = picture[0], g = picture[1], b = picture[2], most = amax(picture, 0),
               chroma = most - amin(picture, 0), none = chroma == 0, safe = where(none, 1, chroma);
  // The hue in sixths of a turn, 0 for red, 2 for green, 4 for blue.
  const Tensor hue =
      where(most == r, (g - b) / safe, where(most == g, (b - r) / safe + 2, (r - g) / safe + 4));
  // A channel is most - chroma clamp(min(k, 4 - k), 0, 1) at k sixths from 5, 3 or 1.
  Tensors rgb;
  for (double first : {5, 3, 1}) {
    const Tensor k = remainder(hue + (first + 6 * turns), 6);
    rgb.push_back(most - chroma * clamp(minimum(k, 4 - k), 0, 1));
  }
  return stack(rgb);
}

Transform color_jitter(const Jitter& jitter) {
  const double most[] = {jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue};
  for (double value : most)
    require(value >= 0, "color_jitter", "values must not be negative, got ", value);
  require(jitter.hue <= 0.5, "color_jitter", "hue must be at most 0.5, got ", jitter.hue);
  return [=](Tensor x, std::uint64_t seed, std::uint64_t index) {
    check_picture("color_jitter", x, true);
    const Draw draw{seed, index};
    const auto factor = [&](std::uint64_t word, double b) {
      return draw(word, std::max(0.0, 1 - b), 1 + b);
    };
    int order[] = {0, 1, 2, 3};
    for (int i = 3; i > 0; --i) std::swap(order[i], order[draw.below(i + 1, std::uint64_t(7 - i))]);
    for (int step : order) {
      if (step == 0 && jitter.brightness > 0)
        x = adjust_brightness(x, factor(0, jitter.brightness));
      if (step == 1 && jitter.contrast > 0) x = adjust_contrast(x, factor(1, jitter.contrast));
      if (step == 2 && jitter.saturation > 0)
        x = adjust_saturation(x, factor(2, jitter.saturation));
      if (step == 3 && jitter.hue > 0) x = adjust_hue(x, draw(3, -jitter.hue, jitter.hue));
    }
    return x;
  };
}

}  // namespace tinygrad::vision
