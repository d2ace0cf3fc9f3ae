// SPDX-License-Identifier: MIT
// The pictures of examples/ddpm: data sets, styles and outlines.
#pragma once
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>
#include <tinygrad/vision/transforms.h>

#include <cstdlib>

#include "ddpm_options.h"
#include "mnist/data.h"

namespace ddpm {

namespace tg = tinygrad;
namespace vision = tinygrad::vision;

/// The steepness of the brightness of pictures x [N, C, H, W] in 0 ... 1, by Sobel's filters:
/// [N, 1, H, W] in 0 ... 1.
inline tg::Tensor outlines(const tg::Tensor& x) {
  const tg::Tensor across =
      tg::tensor({{{{-1., 0., 1.}, {-2., 0., 2.}, {-1., 0., 1.}}}}, {.device = x.device()});
  const tg::Tensor gray = mean(x, 1, tg::keepdim);
  const tg::Tensor dx = conv2d(gray, across, {}, {.padding = 1}),
                   dy = conv2d(gray, transpose(across, 2, 3), {}, {.padding = 1});
  return clamp(sqrt(square(dx) + square(dy)) / 4, 0, 1);
}

/// Pictures x [N, C, H, W] in 0 ... 1 in another style: with the other sign, with strokes that are
/// wider by two pixels, or slanted by 20 degrees.
inline tg::Tensor in_style(const tg::Tensor& x, const std::string& style) {
  if (style == "inverted") return 1 - x;
  if (style == "bold") return max_pool2d(x, 3, {.stride = 1, .padding = 1});
  if (style == "slanted")
    return reshape(
        vision::affine(tg::flatten(x, 0, 1), {.shear = {20, 0}}, tg::InterpolationMode::bilinear),
        x.shape());
  return x;
}

inline tg::data::Dataset cifar10(const std::string& data, vision::Split split, int samples) {
  const char* root = std::getenv("TINYGRAD_DATA");
  tg::data::Dataset set =
      vision::cifar10(!data.empty() ? data : std::string(root ? root : "data") + "/cifar10", split);
  set.y = set.y.slice(0, 0, samples);
  set.x = set.x.slice(0, 0, samples).to(tg::float32) / 255;
  return set;
}

/// The data set that was asked for, in the style that was asked for.
inline mnist::Data load(const Options& o, const tg::train::Progress& progress) {
  const int n = o.mnist.samples ? o.mnist.samples : 60000;
  mnist::Data data = o.mnist.dataset == "cifar10"
                         ? mnist::Data{cifar10(o.mnist.data, vision::Split::train, n),
                                       cifar10(o.mnist.data, vision::Split::test, (n + 5) / 6)}
                         : mnist::load(o.mnist, progress);
  for (tg::data::Dataset* part : {&data.train, &data.test}) part->x = in_style(part->x, o.style);
  return data;
}

/// Outlines [N, 1, side, side] of a picture in a file, N times the same.
inline tg::Tensor read_gray(const std::string& file, std::int64_t side) {
  const tg::Tensor gray = vision::read_image(file, vision::ImageReadMode::gray);
  return vision::resize(side, side)(gray.to(tg::float32) / 255, 0, 0);
}

}  // namespace ddpm
