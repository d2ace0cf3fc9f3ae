// SPDX-License-Identifier: MIT
// Tests transforms: values of torchvision where they are deterministic, and the words of (seed,
// index) where they are random.
#include "tinygrad/vision/transforms.h"

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "support/files.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad::test {
namespace {

using namespace vision;

/// The picture of tests/golden/make_vision.py.
Tensor picture() {
  std::vector<float> x;
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 8; ++j) x.push_back(float((7 * c + 5 * i + 3 * j + i * j) % 16) / 16);
  return from_vector(x, {3, 6, 8});
}
Tensor golden(const std::string& name) {
  std::ifstream file(TINYGRAD_SOURCE_DIR "/tests/golden/vision.txt");
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string first;
    std::int64_t c, h, w;
    in >> first >> c >> h >> w;
    if (first != name) continue;
    std::vector<float> values(std::size_t(c * h * w));
    for (float& v : values) in >> v;
    return from_vector(values, {c, h, w});
  }
  throw std::runtime_error("no golden value " + name);
}
void expect_near(const Tensor& x, const Tensor& y, double tolerance = 2e-6) {
  ASSERT_EQ(x.shape(), y.shape());
  EXPECT_LE(max(abs(x - y)).item<double>(), tolerance);
}
Tensor run(const Transform& transform, const Tensor& x, std::uint64_t seed = 1,
           std::uint64_t index = 2) {
  return transform(x, seed, index);
}

TEST(Transforms, resize_as_pytorch_does) {
  expect_near(run(resize(4, 5), picture()), golden("resize_smaller"));
  expect_near(run(resize(9, 11), picture()), golden("resize_larger"));
  EXPECT_EQ(run(resize(3), picture()).shape(), Shape({3, 3, 4}));
  EXPECT_EQ(run(resize(4), picture().transpose(1, 2)).shape(), Shape({3, 5, 4}));
  const Tensor bytes = (picture() * 255).to(uint8), smaller = run(resize(4, 5), bytes);
  EXPECT_EQ(smaller.dtype(), uint8);
  expect_near(smaller.to(float32), run(resize(4, 5), bytes.to(float32)), 0.5001);
  expect_error<ArgumentError>([] { run(resize(0, 3), picture()); }, "expected sizes of at least 1");
  expect_error<ShapeError>([] { run(resize(3), ones({2})); },
                           "expected a picture [C, H, W], got [2]");
}
TEST(Transforms, map_affinely_as_torchvision_does) {
  expect_near(affine(picture(), {20, {1, -2}, 1.3, {10, 5}}), golden("affine_nearest"), 0);
  expect_near(affine(picture(), {20, {1, -2}, 0.7, {10, -5}}, InterpolationMode::bilinear),
              golden("affine_bilinear"));
  expect_near(affine(picture(), {}), picture(), 0);
  const Tensor square = picture().slice(2, 0, 6);
  expect_near(affine(square, {90}), flip(square.transpose(1, 2), 2), 0);  // clockwise
  expect_error<ArgumentError>([] { affine(picture(), {.scale = 0}); },
                              "the scale must be positive");
}
TEST(Transforms, change_colours_as_torchvision_does) {
  expect_near(adjust_brightness(picture(), 1.5), golden("brightness"));
  expect_near(adjust_contrast(picture(), 1.7), golden("contrast"));
  expect_near(adjust_saturation(picture(), 0.4), golden("saturation"));
  expect_near(adjust_hue(picture(), 0.3), golden("hue"));
  expect_near(adjust_hue(picture(), -0.15), golden("hue_back"));
  expect_error<ShapeError>(
      [] {
        adjust_hue(ones({1, 2, 2}), 0);
      },
      "a picture [3, H, W], got [1, 2, 2]");
  expect_error<DTypeError>(
      [] {
        adjust_hue(zeros({3, 2, 2}, {.dtype = uint8}), 0);
      },
      "use to_float() first");
}
TEST(Transforms, convert_and_normalize) {
  const Tensor bytes = tensor({0, 51, 255}).to(uint8).reshape({3, 1, 1});
  EXPECT_EQ(run(to_float(), bytes).to_vector<float>(), (std::vector<float>{0, .2f, 1}));
  EXPECT_EQ(bits(run(to_float(), picture())), bits(picture()));
  const Tensor y = run(compose({to_float(), normalize({0, .1, .5}, {1, 2, .25})}), bytes);
  expect_near(y.reshape(-1), tensor({0., .05, 2.}), 1e-6);
  expect_error<ShapeError>([&] { run(normalize({0}, {1}), picture()); }, "1 channels do not fit");
  expect_error<DTypeError>([&] { run(normalize({0, 0, 0}, {1, 1, 1}), bytes); }, "got uint8");
}
TEST(Transforms, crop) {
  EXPECT_EQ(bits(run(center_crop(4, 4), picture())), bits(picture().slice(1, 1, 5).slice(2, 2, 6)));
  EXPECT_EQ(bits(run(center_crop(3, 5), picture())),  // Python rounds 1.5 to 2
            bits(picture().slice(1, 2, 5).slice(2, 2, 7)));
  EXPECT_EQ(bits(run(center_crop(8, 8), picture())), bits(pad(picture(), {0, 0, 1, 1})));
  std::set<std::string> parts;
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Tensor part = run(random_crop(6, 8, 1), picture(), 5, index);
    const auto top = std::int64_t(philox_uniform(5, index, 0) * 3),
               left = std::int64_t(philox_uniform(5, index, 1) * 3);
    EXPECT_EQ(bits(part),
              bits(pad(picture(), {1, 1, 1, 1}).slice(1, top, top + 6).slice(2, left, left + 8)));
    parts.insert(bits(part));
  }
  EXPECT_EQ(parts.size(), 9u);
  expect_error<ShapeError>([] { run(random_crop(9, 8, 1), picture()); },
                           "9 by 8 pixels are more than");
}
TEST(Transforms, flip_with_their_probability) {
  int flipped = 0;
  for (std::uint64_t index = 0; index < 1000; ++index) {
    const Tensor y = run(random_horizontal_flip(.3), picture(), 1, index);
    const bool is_flipped = bits(y) == bits(flip(picture(), 2));
    EXPECT_EQ(is_flipped, philox_uniform(1, index, 0) < .3f);
    flipped += is_flipped;
  }
  EXPECT_NEAR(flipped, 300, 60);  // 4 standard deviations
  EXPECT_EQ(bits(run(random_vertical_flip(1), picture())), bits(flip(picture(), 1)));
  EXPECT_EQ(bits(run(random_vertical_flip(0), picture())), bits(picture()));
}
TEST(Transforms, are_composed_with_words_of_their_own) {
  const Transform word = [](const Tensor& x, std::uint64_t seed, std::uint64_t index) {
    return x * 10 + floor(tensor(philox_uniform(seed, index, 0)) * 10);
  };
  const double both = run(compose({word, word}), zeros({}), 7, 3).item<double>();
  const auto digit = [](std::uint64_t k) {
    return std::floor(philox_uniform(philox_word64(7, k, 0), 3, 0) * 10);
  };
  EXPECT_EQ(both, digit(0) * 10 + digit(1));
}
TEST(Transforms, depend_on_seed_and_index_alone) {
  const Transform all =
      compose({random_rotation(30), random_affine({10, {.2, .2}, {.8, 1.2}, 5}),
               color_jitter({.4, .4, .4, .1}), elastic_transform(4, 1), random_erasing(1)});
  const Tensor y = run(all, picture());
  EXPECT_EQ(bits(run(all, picture())), bits(y));
  EXPECT_NE(bits(run(all, picture(), 2)), bits(y));
  EXPECT_NE(bits(run(all, picture(), 1, 3)), bits(y));
  EXPECT_GE(min(y).item<float>(), 0.f);
  EXPECT_LE(max(y).item<float>(), 1.f);
  EXPECT_EQ(bits(run(random_rotation(30), picture())),
            bits(affine(picture(), {.angle = 60 * double(philox_uniform(1, 2, 0)) - 30})));
}
TEST(Transforms, jitter_within_their_ranges) {
  const Tensor gray = full({3, 2, 2}, .25);
  std::set<float> seen;
  for (std::uint64_t index = 0; index < 100; ++index) {
    const float value = max(run(color_jitter({.brightness = .5}), gray, 1, index)).item<float>();
    EXPECT_FLOAT_EQ(value, .25f * (.5f + philox_uniform(1, index, 0)));
    seen.insert(value);
  }
  EXPECT_GT(seen.size(), 90u);
  EXPECT_EQ(bits(run(color_jitter({}), picture())), bits(picture()));
  expect_error<ArgumentError>([] { color_jitter({.contrast = -1}); },
                              "must not be negative, got -1");
  expect_error<ArgumentError>([] { color_jitter({.hue = .6}); },
                              "hue must be at most 0.5, got 0.6");
}
TEST(Transforms, erase_rectangles) {
  const Tensor x = ones({2, 30, 40});
  int erased = 0;
  for (std::uint64_t index = 0; index < 300; ++index) {
    const Tensor y = run(random_erasing(.5), x, 3, index);
    const double area = 1 - mean(y).item<double>();
    if (area == 0) continue;
    ++erased;
    EXPECT_GT(area, .015);
    EXPECT_LT(area, .35);
    const Tensor zero = y[0] == 0;  // a rectangle: rows times columns
    const double rows = sum(any(zero, 1)).item<double>(),
                 columns = sum(any(zero, 0)).item<double>();
    EXPECT_NEAR(rows * columns / 1200, area, 1e-6);
    EXPECT_EQ(bits(y[0]), bits(y[1]));
  }
  EXPECT_NEAR(erased, 150, 35);
  EXPECT_EQ(min(x).item<float>(), 1.f);  // not in place
}
TEST(Transforms, deform_smoothly) {
  expect_near(run(elastic_transform(0), picture()), picture(), 0);
  const Tensor ramp = arange(32).to(float32).reshape({1, 1, 32}).expand({1, 32, 32});
  const Tensor moved = run(elastic_transform(8, 4), ramp) - ramp;
  const Tensor inside = moved.slice(1, 8, 24).slice(2, 8, 24);
  EXPECT_GT(max(abs(inside)).item<float>(), .05f);
  EXPECT_LT(max(abs(inside)).item<float>(), 4.f);
  EXPECT_LT(max(abs(inside.slice(1, 1) - inside.slice(1, 0, 15))).item<float>(), .2f);
}

TEST(Mixtures, mix_pictures_and_labels) {
  const data::Batch batch{stack({zeros({1, 8, 8}), ones({1, 8, 8})}), tensor({0, 2})};
  double sum = 0, squares = 0;
  for (std::uint64_t index = 0; index < 500; ++index) {
    const auto [x, y] = mixup(batch, 3, 0.5, 4, index);
    const double lambda = y(0, 0).item<double>();
    EXPECT_NEAR(y(0, 2).item<double>(), 1 - lambda, 1e-6);
    EXPECT_NEAR(y(1, 2).item<double>(), lambda, 1e-6);
    EXPECT_NEAR(max(x[0]).item<double>(), 1 - lambda, 1e-6);
    EXPECT_NEAR(min(x[1]).item<double>(), lambda, 1e-6);
    sum += lambda, squares += lambda * lambda;
  }
  // Beta(1/2, 1/2) has the mean 1/2 and the variance 1/8; 4 standard deviations.
  EXPECT_NEAR(sum / 500, .5, .065);
  EXPECT_NEAR(squares / 500 - sum / 500 * sum / 500, .125, .02);
  for (std::uint64_t index = 0; index < 50; ++index) {
    const auto [x, y] = cutmix(batch, 3, 1, 4, index);
    EXPECT_NEAR(mean(x[0]).item<double>(), 1 - y(0, 0).item<double>(), 1e-6);
    EXPECT_NEAR(mean(x[1]).item<double>(), y(1, 2).item<double>(), 1e-6);
    EXPECT_TRUE(all(logical_or(x == 0, x == 1)).item<bool>());
  }
  expect_error<ArgumentError>([&] { mixup(batch, 3, 5, 1, 1); },
                              "alpha must be above 0 and at most 4, got 5");
  expect_error<ShapeError>(
      [&] {
        cutmix({ones({2}), tensor({0, 1})}, 3, 1, 1, 1);
      },
      "[B, C, H, W], got [2]");
}

}  // namespace
}  // namespace tinygrad::test
