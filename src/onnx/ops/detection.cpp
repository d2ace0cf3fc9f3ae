// SPDX-License-Identifier: MIT
// Detection of objects: regions of interest, and boxes that overlap.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// Samples along one side of a region: `count` for each of `bins` bins, at even distances. Each is
/// between two elements of a side of the image.
struct Side {
  std::int64_t bins, count;
  Tensor outside, index[2], weight[2];  ///< [bins count] each

  /// count: 0 takes one sample for each element that a bin covers.
  Side(const NodeCall& n, double start, double length, std::int64_t bin_count,
       std::int64_t given_count, const Tensor& image, int dim)
      : bins(bin_count), count(given_count) {
    const auto size = double(image.size(dim));
    constexpr double most = 1 << 16;
    n.check(bins > 0 && std::abs(start) < most && std::abs(length) < most, "a region of ", bins,
            " bins begins at ", start, " and has the length ", length);
    if (count <= 0)
      count = std::max<std::int64_t>(1, std::int64_t(std::ceil(length / double(bins))));
    n.check(double(bins) * double(count) < most, "a region has too many samples");
    const Tensor at =
        start + (arange(bins * count).to(float64) + 0.5) * (length / double(bins * count));
    outside = ((at < -1) | (at > size)).to(n.device());
    const Tensor inside = clamp(at, 0, size - 1), first = floor(inside);
    for (int k = 0; k < 2; ++k) {
      index[k] = clamp(first + k, 0, size - 1).to(int64).to(n.device());
      weight[k] = (k == 0 ? 1 - (inside - first) : inside - first).to(image.dtype()).to(n.device());
    }
  }
};

/// The samples of a region of an image [C, H, W], reduced to one value a bin: [C, bins, bins].
Tensor reduce_samples(const NodeCall& n, const Tensor& image, const Side& y, const Side& x) {
  const bool takes_mean = n.text("mode", "avg") == "avg";
  const Tensor outside = y.outside.unsqueeze(1) | x.outside;
  Tensor samples;
  for (int v = 0; v < 2; ++v)
    for (int u = 0; u < 2; ++u) {
      const Tensor neighbours = image.index_select(1, y.index[v]).index_select(2, x.index[u]);
      const Tensor part = where(outside, 0, neighbours * (y.weight[v].unsqueeze(1) * x.weight[u]));
      if (!samples.defined()) samples = part;
      else samples = takes_mean ? samples + part : maximum(samples, part);
    }
  samples = samples.reshape({image.size(0), y.bins, y.count, x.bins, x.count});
  return takes_mean ? mean(samples, {2, 4}) : amax(samples, {2, 4});
}

/// Each region of interest, a box of image batch_indices[i], as an image of fixed size.
Tensors align_regions(const NodeCall& n) {
  const Tensor x = n[0];
  const std::vector<double> boxes = n.reals(1);
  const Ints images = n.ints(2);
  const std::int64_t height = n.integer("output_height", 1), width = n.integer("output_width", 1),
                     samples = n.integer("sampling_ratio", 0);
  n.check(x.dim() == 4 && boxes.size() == 4 * images.size(), "there are ", boxes.size(),
          " corners for ", images.size(), " regions of x of shape ", x.shape());
  const bool half_pixel =
      n.opset() >= 16 && n.text("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  const double scale = n.real("spatial_scale", 1), shift = half_pixel ? 0.5 : 0;
  Tensors regions;
  for (std::size_t r = 0; r < images.size(); ++r) {
    const Tensor image = x.select(0, images[r]);
    const auto side = [&](std::size_t corner, std::int64_t bins, int dim) {
      const double start = boxes[4 * r + corner] * scale - shift;
      const double length = boxes[4 * r + corner + 2] * scale - shift - start;
      return Side(n, start, half_pixel ? length : std::max(length, 1.), bins, samples, image, dim);
    };
    regions.push_back(reduce_samples(n, image, side(1, height, 1), side(0, width, 2)));
  }
  if (regions.empty()) return zeros({0, x.size(1), height, width}, n.options(x.dtype()));
  return stack(regions);
}

/// A box of corners, in any order or as center and size.
struct Box {
  double y0, x0, y1, x1;
  Box(const double* b, bool is_center) {
    if (is_center)
      x0 = b[0] - b[2] / 2, x1 = b[0] + b[2] / 2, y0 = b[1] - b[3] / 2, y1 = b[1] + b[3] / 2;
    else std::tie(y0, y1) = std::minmax(b[0], b[2]), std::tie(x0, x1) = std::minmax(b[1], b[3]);
  }
  double area() const { return (y1 - y0) * (x1 - x0); }
  /// Intersection over union.
  double overlap(const Box& b) const {
    const double height = std::min(y1, b.y1) - std::max(y0, b.y0),
                 width = std::min(x1, b.x1) - std::max(x0, b.x0);
    if (height <= 0 || width <= 0) return 0;
    return height * width / (area() + b.area() - height * width);
  }
};
/// The boxes of the largest scores, without those that overlap one of a larger score. score: of
/// `boxes.size()` boxes.
Ints suppress_row(const std::vector<Box>& boxes, const double* score, std::int64_t most,
                  double overlap, double least_score) {
  Ints order(boxes.size()), kept;
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::int64_t i) { return !(score[i] > least_score); });
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return score[a] > score[b]; });
  for (const std::int64_t i : order) {
    if (std::int64_t(kept.size()) >= most) break;
    const Box& box = boxes[std::size_t(i)];
    const bool is_new = std::none_of(kept.begin(), kept.end(), [&](std::int64_t k) {
      return boxes[std::size_t(k)].overlap(box) > overlap;
    });
    if (is_new) kept.push_back(i);
  }
  return kept;
}
/// Boxes [N, boxes, 4] and scores [N, classes, boxes] as rows [image, class, box]. The host
/// computes them.
Tensors suppress(const NodeCall& n) {
  const Shape shape = n.raw(1).shape();
  n.check(shape.rank() == 3 && n.raw(0).shape() == Shape({shape[0], shape[2], 4}),
          "boxes of shape ", n.raw(0).shape(), " do not fit scores of shape ", shape);
  const std::vector<double> corners = n.reals(0), scores = n.reals(1);
  const std::int64_t most = n.scalar(2, 0).integer();
  const double overlap = n.scalar(3, 0).real(), least = n.scalar(4, -INFINITY).real();
  const bool is_center = n.integer("center_point_box", 0) != 0;
  Ints chosen;
  for (std::int64_t image = 0; image < shape[0]; ++image) {
    std::vector<Box> boxes;
    for (std::int64_t i = 0; i < shape[2]; ++i)
      boxes.emplace_back(&corners[std::size_t(4 * (image * shape[2] + i))], is_center);
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      const double* const score = scores.data() + (image * shape[1] + c) * shape[2];
      for (const std::int64_t i : suppress_row(boxes, score, most, overlap, least))
        chosen.insert(chosen.end(), {image, c, i});
    }
  }
  return from_vector(chosen, {chosen.size() / 3, 3}, n.device());
}

constexpr Operator table[] = {
    {"NonMaxSuppression", suppress, Result::own, host(0, 1, 2, 3, 4)},
    {"RoiAlign", align_regions, Result::as_first, host(1, 2)},
};

}  // namespace
Operators detection_operators() { return table; }
}  // namespace tinygrad::onnx
