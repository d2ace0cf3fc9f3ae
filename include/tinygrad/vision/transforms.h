// SPDX-License-Identifier: MIT
// Transforms of pictures [C, H, W] and of batches; torchvision's, with its defaults. "Word k" is
// philox_uniform(seed, index, k), scaled to a range: all the randomness of a transform. compose()
// gives each of its transforms words of its own.
#pragma once
#include <array>
#include <vector>

#include "tinygrad/data/loader.h"
#include "tinygrad/ops/image.h"

namespace tinygrad::vision {

/// The picture that a function makes of another, given the epoch's seed and the sample's position.
using Transform =
    SharedFunction<Tensor(const Tensor& picture, std::uint64_t seed, std::uint64_t index)>;

/// One transform after another; transform k has the seed philox_word64(seed, k, 0).
TINYGRAD_API Transform compose(std::vector<Transform> transforms);
/// uint8 to float32 in 0 ... 1; floating pictures stay what they are.
TINYGRAD_API Transform to_float();
/// (x - mean[c]) / std[c] in each channel c. Floating pictures.
TINYGRAD_API Transform normalize(std::vector<double> mean, std::vector<double> std);

/// The middle of the picture, [C, height, width], with zeros where it is smaller.
TINYGRAD_API Transform center_crop(std::int64_t height, std::int64_t width);
/// A part [C, height, width] of the picture with `padding` zeros on each side; its first row is
/// word 0, its first column word 1.
TINYGRAD_API Transform random_crop(std::int64_t height, std::int64_t width,
                                   std::int64_t padding = 0);
/// [C, height, width] by bilinear interpolation, antialiased if it becomes smaller: each pixel is
/// the mean of the pixels that it covers, with triangular weights.
TINYGRAD_API Transform resize(std::int64_t height, std::int64_t width);
/// The same with the shorter side of this size, and the longer one in proportion.
TINYGRAD_API Transform resize(std::int64_t size);
/// Mirrors the picture left to right with probability p: if word 0 < p.
TINYGRAD_API Transform random_horizontal_flip(double p = 0.5);
/// Mirrors it top to bottom.
TINYGRAD_API Transform random_vertical_flip(double p = 0.5);

/// A turn about the middle by `angle` degrees, clockwise, then shear in degrees along x and y,
/// scale, and translation in pixels (right, down). Outside there are zeros. Throws
/// ArgumentError unless the scale is positive and the mode nearest or bilinear.
struct Affine {
  double angle = 0;
  std::array<double, 2> translate = {0, 0};
  double scale = 1;
  std::array<double, 2> shear = {0, 0};
};
TINYGRAD_API Tensor affine(const Tensor& picture, const Affine& map,
                           InterpolationMode mode = InterpolationMode::nearest);
/// A turn by word 0 in -degrees ... degrees.
TINYGRAD_API Transform random_rotation(double degrees,
                                       InterpolationMode mode = InterpolationMode::nearest);
/// The ranges of random_affine(): angles in -degrees ... degrees (word 0), translations in
/// -translate
/// ... translate of the width (word 1) and height (word 2), whole pixels; scales (word 3); shear
/// along x in -shear ... shear degrees (word 4).
struct AffineRanges {
  double degrees = 0;
  std::array<double, 2> translate = {0, 0}, scale = {1, 1};
  double shear = 0;
};
TINYGRAD_API Transform random_affine(const AffineRanges& ranges,
                                     InterpolationMode mode = InterpolationMode::nearest);
/// Moves each pixel by alpha / 2 times noise in -1 ... 1 (words 0 ... H W - 1 across, the next H W
/// down) smoothed by a Gaussian of sigma pixels. Simard, Steinkraus, Platt 2003.
TINYGRAD_API Transform elastic_transform(double alpha = 50, double sigma = 5);

/// Factors of RGB pictures in 0 ... 1, uniform on 1 - b ... 1 + b, not below 0, for brightness
/// (word 0), contrast (1) and saturation (2); hue shifts by -hue ... hue turns (3). Their order is
/// random (words 4, 5, 6). Throws ArgumentError if a value is negative, or hue above 0.5.
struct Jitter {
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;
};
TINYGRAD_API Transform color_jitter(const Jitter& jitter);
/// x times the factor; gray (0.2989 R + 0.587 G + 0.114 B) and x, or the mean of gray and x, in
/// proportion 1 - factor to factor; hue turned by `turns`. Results are clamped to 0 ... 1.
TINYGRAD_API Tensor adjust_brightness(const Tensor& picture, double factor);
TINYGRAD_API Tensor adjust_saturation(const Tensor& picture, double factor);
TINYGRAD_API Tensor adjust_contrast(const Tensor& picture, double factor);
TINYGRAD_API Tensor adjust_hue(const Tensor& picture, double turns);

/// With probability p (word 0) fills a rectangle with zeros: of the area `scale`, and of height
/// over width `ratio`, evenly on the log scale. Try t = 0 ... 9 draws area, ratio, row and column
/// with words 1 + 4 t ...; the first that fits is taken. Zhong et al. 2017.
TINYGRAD_API Transform random_erasing(double p = 0.5, std::array<double, 2> scale = {0.02, 0.33},
                                      std::array<double, 2> ratio = {0.3, 3.3});

/// For DataLoaderOptions::augment: shifts a sample [..., H, W] in place by up to max_pixels in each
/// direction, and fills the border with zeros. Throws ArgumentError unless max_pixels is 0 to 1024.
TINYGRAD_API data::Augment random_shift(int max_pixels);

/// lambda x + (1 - lambda) of the batch rolled by one, and the same of labels, which become
/// [B, classes]; lambda from Beta(alpha, alpha), alpha in (0, 4]. Words 2 t and 2 t + 1, t = 0, 1,
/// ..., are tries (Jöhnk 1964). Zhang et al. 2018.
TINYGRAD_API data::Batch mixup(const data::Batch& batch, std::int64_t classes, double alpha,
                               std::uint64_t seed, std::uint64_t index);
/// A rectangle of 1 - lambda of the area, around a random pixel (row and column: the words 1000 and
/// 1001), comes from the batch rolled by one; labels are mixed by area. Yun et al. 2019.
TINYGRAD_API data::Batch cutmix(const data::Batch& batch, std::int64_t classes, double alpha,
                                std::uint64_t seed, std::uint64_t index);

}  // namespace tinygrad::vision
