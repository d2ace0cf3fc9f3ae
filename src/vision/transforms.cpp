// SPDX-License-Identifier: MIT
// Transforms that move no pixel between others: crops, sizes, flips, erasing, mixtures of batches.
#include "tinygrad/vision/transforms.h"

#include <algorithm>

#include "picture.h"
#include "tinygrad/ops.h"

namespace tinygrad::vision {
namespace {

/// The part of a picture from (top, left) on, with zeros outside.
Tensor crop(const Tensor& x, std::int64_t top, std::int64_t left, std::int64_t h, std::int64_t w) {
  return pad(x, {-left, left + w - x.size(2), -top, top + h - x.size(1)});
}

/// The weights [to, from] of a resize along one dimension: triangles around the middle of each new
/// pixel, as wide as two old or two new pixels, whichever is wider.
Tensor triangles(std::int64_t from, std::int64_t to) {
  const double step = double(from) / double(to), wide = std::max(step, 1.0);
  std::vector<float> weights(std::size_t(to * from));
  for (std::int64_t i = 0; i < to; ++i) {
    const double center = (double(i) + 0.5) * step;
    const auto row = weights.begin() + i * from;
    double sum = 0;
    const auto weight = [&](std::int64_t j) {
      return std::max(0.0, 1 - std::abs(double(j) + 0.5 - center) / wide);
    };
    for (std::int64_t j = 0; j < from; ++j) sum += weight(j);
    for (std::int64_t j = 0; j < from; ++j) row[j] = float(weight(j) / sum);
  }
  return from_vector(weights, {to, from}, "cpu");
}
Tensor resized(const Tensor& x, std::int64_t h, std::int64_t w) {
  require(h > 0 && w > 0 && x.numel() > 0, "resize", "expected sizes of at least 1, got ", h,
          " and ", w, " for ", x.shape());
  const Tensor rows = matmul(triangles(x.size(1), h).to(x.device()), x.to(float32));
  return like(x, matmul(rows, triangles(x.size(2), w).to(x.device()).transpose(0, 1)));
}

Transform random_flip(const char* op, double p, int dim) {
  return [=](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    check_picture(op, x);
    return Draw{seed, index}(0) < p ? flip(x, dim) : x;
  };
}

Tensor channels(const std::vector<double>& values, const Tensor& x) {
  require<ShapeError>(std::int64_t(values.size()) == x.size(0), "normalize", values.size(),
                      " channels do not fit a picture of shape ", x.shape());
  return tensor(values, {.dtype = x.dtype(), .device = x.device()}).reshape({-1, 1, 1});
}

}  // namespace

Tensor like(const Tensor& x, const Tensor& values) {
  return (is_floating(x.dtype()) ? values : round(values)).to(x.dtype()).to(x.device());
}

Transform compose(std::vector<Transform> transforms) {
  return [transforms](Tensor x, std::uint64_t seed, std::uint64_t index) {
    for (std::size_t k = 0; k < transforms.size(); ++k)
      x = transforms[k](x, philox_word64(seed, k, 0), index);
    return x;
  };
}
Transform to_float() {
  return
      [](const Tensor& x, auto, auto) { return is_floating(x.dtype()) ? x : x.to(float32) / 255; };
}
Transform normalize(std::vector<double> mean, std::vector<double> std) {
  return [=](const Tensor& x, auto, auto) {
    check_picture("normalize", x);
    require<DTypeError>(is_floating(x.dtype()), "normalize", "expected floating values, got ",
                        to_string(x.dtype()), "; use to_float() first");
    return (x - channels(mean, x)) / channels(std, x);
  };
}

Transform center_crop(std::int64_t height, std::int64_t width) {
  return [=](const Tensor& x, auto, auto) {
    check_picture("center_crop", x);
    const auto before = [](std::int64_t whole, std::int64_t part) {  // torchvision's halves
      return whole < part ? -((part - whole) / 2)
                          : std::int64_t(std::nearbyint(double(whole - part) / 2));
    };
    return crop(x, before(x.size(1), height), before(x.size(2), width), height, width);
  };
}
Transform random_crop(std::int64_t height, std::int64_t width, std::int64_t padding) {
  return [=](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    check_picture("random_crop", x);
    const std::int64_t rows = x.size(1) + 2 * padding - height,
                       columns = x.size(2) + 2 * padding - width;
    require<ShapeError>(rows >= 0 && columns >= 0, "random_crop", height, " by ", width,
                        " pixels are more than ", x.shape(), " has with padding ", padding);
    const Draw draw{seed, index};
    return crop(x, draw.below(rows + 1, 0) - padding, draw.below(columns + 1, 1) - padding, height,
                width);
  };
}
Transform resize(std::int64_t height, std::int64_t width) {
  return [=](const Tensor& x, auto, auto) {
    check_picture("resize", x);
    return resized(x, height, width);
  };
}
Transform resize(std::int64_t size) {
  return [=](const Tensor& x, auto, auto) {
    check_picture("resize", x);
    const std::int64_t h = x.size(1), w = x.size(2),
                       shorter = std::max<std::int64_t>(std::min(h, w), 1);
    return resized(x, size * h / shorter, size * w / shorter);
  };
}
Transform random_horizontal_flip(double p) { return random_flip("random_horizontal_flip", p, 2); }
Transform random_vertical_flip(double p) { return random_flip("random_vertical_flip", p, 1); }

Transform random_erasing(double p, std::array<double, 2> scale, std::array<double, 2> ratio) {
  return [=](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    check_picture("random_erasing", x);
    const Draw draw{seed, index};
    if (draw(0) >= p) return x;
    for (std::uint64_t word = 1; word < 41; word += 4) {
      const double area = double(x.size(1) * x.size(2)) * draw(word, scale[0], scale[1]),
                   r = std::exp(draw(word + 1, std::log(ratio[0]), std::log(ratio[1])));
      const auto h = std::int64_t(std::nearbyint(std::sqrt(area * r))),
                 w = std::int64_t(std::nearbyint(std::sqrt(area / r)));
      if (h >= x.size(1) || w >= x.size(2)) continue;
      Tensor y = x.clone();
      y.slice(1, draw.below(x.size(1) - h + 1, word + 2))
          .slice(1, 0, h)
          .slice(2, draw.below(x.size(2) - w + 1, word + 3))
          .slice(2, 0, w)
          .zero_();
      return y;
    }
    return x;
  };
}

// ------------------------------------------------------------ batches

namespace {

double draw_beta(const char* op, double alpha, const Draw& draw) {
  require(alpha > 0 && alpha <= 4, op, "alpha must be above 0 and at most 4, got ", alpha);
  for (std::uint64_t word = 0; word < 1000; word += 2) {
    const double u = std::pow(draw(word), 1 / alpha), v = std::pow(draw(word + 1), 1 / alpha);
    if (u + v <= 1 && u + v > 0) return u / (u + v);
  }
  return 0.5;  // never, in effect
}
Tensor mixed(const Tensor& x, double lambda) { return lerp(roll(x, 1, 0), x, lambda); }
Tensor mixed_labels(const char* op, const Tensor& y, std::int64_t classes, double lambda) {
  require<ShapeError>(y.dim() == 1, op, "expected labels [B], got ", y.shape());
  return mixed(one_hot(y, classes).to(float32), lambda);
}

}  // namespace

data::Batch mixup(const data::Batch& batch, std::int64_t classes, double alpha, std::uint64_t seed,
                  std::uint64_t index) {
  require<DTypeError>(is_floating(batch.x.dtype()), "mixup", "expected floating pictures, got ",
                      to_string(batch.x.dtype()));
  const double lambda = draw_beta("mixup", alpha, {seed, index});
  return {mixed(batch.x, lambda), mixed_labels("mixup", batch.y, classes, lambda)};
}
data::Batch cutmix(const data::Batch& batch, std::int64_t classes, double alpha, std::uint64_t seed,
                   std::uint64_t index) {
  require<ShapeError>(batch.x.dim() == 4, "cutmix", "expected pictures [B, C, H, W], got ",
                      batch.x.shape());
  const Draw draw{seed, index};
  const double half = 0.5 * std::sqrt(1 - draw_beta("cutmix", alpha, draw));
  struct Range {
    std::int64_t from, to;
  };
  const auto range = [&](std::int64_t n, std::uint64_t word) {
    const std::int64_t at = draw.below(n, word), reach = std::int64_t(half * double(n));
    return Range{std::max<std::int64_t>(at - reach, 0), std::min(at + reach, n)};
  };
  const std::int64_t h = batch.x.size(2), w = batch.x.size(3);
  const Range rows = range(h, 1000), columns = range(w, 1001);
  Tensor x = batch.x.clone();
  const auto part = [&](const Tensor& t) {
    return t.slice(2, rows.from, rows.to).slice(3, columns.from, columns.to);
  };
  part(x).copy_(part(roll(batch.x, 1, 0)));
  const double area = double((rows.to - rows.from) * (columns.to - columns.from));
  return {x, mixed_labels("cutmix", batch.y, classes, 1 - area / double(h * w))};
}

}  // namespace tinygrad::vision
