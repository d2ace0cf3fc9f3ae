// SPDX-License-Identifier: MIT
// Transforms that take each pixel from another position: affine maps and elastic deformation.
#include <algorithm>
#include <numbers>

#include "picture.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/transforms.h"

namespace tinygrad::vision {
namespace {

struct Position {
  double row, column;
};
/// The picture whose pixel (row, column) is x at position source(row, column), or 0 outside.
template <class Source> Tensor warp(const Tensor& x, InterpolationMode mode, Source source) {
  const bool nearest = mode == InterpolationMode::nearest;
  require(nearest || mode == InterpolationMode::bilinear, "affine",
          "expected the mode nearest or bilinear");
  const Tensor in = x.to("cpu").to(float32).contiguous();
  const auto from = in.span<float>();
  const auto [channels, height, width] = in.sizes<3>();
  std::vector<float> out(from.size());
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x0 = 0; x0 < width; ++x0) {
      const Position at = source(y, x0);
      const double top = nearest ? std::nearbyint(at.row) : std::floor(at.row),
                   left = nearest ? std::nearbyint(at.column) : std::floor(at.column);
      const double down = nearest ? 0 : at.row - top, right = nearest ? 0 : at.column - left;
      for (std::int64_t c = 0; c < channels; ++c) {
        const auto pixel = [&, h = height, w = width](double row, double column) {
          const bool inside = row >= 0 && row < double(h) && column >= 0 && column < double(w);
          return inside ? double(from[std::size_t((c * h + std::int64_t(row)) * w +
                                                  std::int64_t(column))])
                        : 0.0;
        };
        const double above = (1 - right) * pixel(top, left) + right * pixel(top, left + 1),
                     below = (1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1);
        out[std::size_t((c * height + y) * width + x0)] = float((1 - down) * above + down * below);
      }
    }
  return like(x, from_vector(out, in.shape(), "cpu"));
}

/// The matrix [n, n] of a convolution with a Gaussian, of 8 sigma elements, mirrored at the
/// borders.
Tensor gaussian(std::int64_t n, double sigma) {
  const auto reach = std::int64_t(8 * sigma + 1) / 2;
  std::vector<double> matrix(std::size_t(n * n));
  double sum = 0;
  const auto weight = [&](std::int64_t j) {
    return std::exp(-0.5 * double(j * j) / (sigma * sigma));
  };
  for (std::int64_t j = -reach; j <= reach; ++j) sum += weight(j);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = -reach; j <= reach; ++j) {
      std::int64_t at = std::abs(i + j) % std::max<std::int64_t>(2 * (n - 1), 1);
      at = std::min(at, 2 * (n - 1) - at);
      matrix[std::size_t(i * n + std::max<std::int64_t>(at, 0))] += weight(j) / sum;
    }
  return from_vector(matrix, {n, n}, "cpu");
}
/// h w words in -1 ... 1 from `first` on, smoothed.
std::vector<double> noise(const Draw& draw, std::uint64_t first, std::int64_t h, std::int64_t w,
                          double sigma) {
  std::vector<double> words(std::size_t(h * w));
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = draw(first + i, -1, 1);
  return matmul(matmul(gaussian(h, sigma), from_vector(words, {h, w}, "cpu")),
                gaussian(w, sigma).transpose(0, 1))
      .to_vector<double>();
}

}  // namespace

Tensor affine(const Tensor& picture, const Affine& map, InterpolationMode mode) {
  check_picture("affine", picture);
  require(map.scale > 0, "affine", "the scale must be positive, got ", map.scale);
  const double degree = std::numbers::pi / 180, r = map.angle * degree, sx = map.shear[0] * degree,
               sy = map.shear[1] * degree;
  // The inverse of turn times shear times scale.
  const double a = std::cos(r - sy) / std::cos(sy), b = -a * std::tan(sx) - std::sin(r),
               c = std::sin(r - sy) / std::cos(sy), d = -c * std::tan(sx) + std::cos(r);
  const double middle_row = double(picture.size(1) - 1) / 2,
               middle_column = double(picture.size(2) - 1) / 2;
  return warp(picture, mode, [=, scale = map.scale, move = map.translate](auto row, auto column) {
    const double x = double(column) - middle_column - move[0],
                 y = double(row) - middle_row - move[1];
    return Position{(-c * x + a * y) / scale + middle_row, (d * x - b * y) / scale + middle_column};
  });
}
Transform random_rotation(double degrees, InterpolationMode mode) {
  return random_affine({.degrees = degrees}, mode);
}
Transform random_affine(const AffineRanges& ranges, InterpolationMode mode) {
  return [=](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    check_picture("random_affine", x);
    const Draw draw{seed, index};
    const auto within = [&](std::uint64_t word, double most) { return draw(word, -most, most); };
    return affine(
        x,
        {.angle = within(0, ranges.degrees),
         .translate = {std::nearbyint(within(1, ranges.translate[0] * double(x.size(2)))),
                       std::nearbyint(within(2, ranges.translate[1] * double(x.size(1))))},
         .scale = draw(3, ranges.scale[0], ranges.scale[1]),
         .shear = {within(4, ranges.shear), 0}},
        mode);
  };
}
Transform elastic_transform(double alpha, double sigma) {
  require(sigma > 0, "elastic_transform", "sigma must be positive, got ", sigma);
  return [=](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    check_picture("elastic_transform", x);
    const std::int64_t h = x.size(1), w = x.size(2);
    const auto across = noise({seed, index}, 0, h, w, sigma),
               down = noise({seed, index}, std::uint64_t(h * w), h, w, sigma);
    return warp(x, InterpolationMode::bilinear, [&](std::int64_t row, std::int64_t column) {
      const std::size_t i = std::size_t(row * w + column);
      return Position{double(row) + alpha / 2 * down[i], double(column) + alpha / 2 * across[i]};
    });
  };
}

}  // namespace tinygrad::vision
