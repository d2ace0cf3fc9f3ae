// SPDX-License-Identifier: MIT
// Images at positions that are computed: grids, deformable convolution, overlapping blocks.
#include <algorithm>

#include "ops/window.h"

namespace tinygrad::onnx {
namespace {

/// How a position outside of an image finds an element.
struct Border {
  std::string mode;  ///< zeros, border or reflection
  bool align_corners;
  /// Positions inside `size` elements, as real numbers.
  Tensor inside(const Tensor& at, std::int64_t size) const {
    if (mode == "border") return clamp(at, 0, double(size - 1));
    if (mode == "zeros") return at;
    const double low = align_corners ? 0 : -0.5, range = double(align_corners ? size - 1 : size);
    if (range == 0) return at * 0;
    const Tensor t = remainder(abs(at - low), 2 * range);
    return low + minimum(t, 2 * range - t);
  }
};

/// A neighbour along one dimension: its position, which is an integer, and its weight.
struct Tap {
  Tensor at, weight;
};
std::vector<Tap> find_taps(const std::string& mode, const Tensor& at) {
  if (mode == "nearest") return {{round(at), ones_like(at)}};
  const Tensor first = floor(at), t = at - first;
  if (mode == "linear" || mode == "bilinear") return {{first, 1 - t}, {first + 1, t}};
  constexpr double a = -0.75;  // Keys' cubic
  const auto near = [](const Tensor& d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](const Tensor& d) { return ((d - 5) * d + 8) * d * a - 4 * a; };
  return {
      {first - 1, far(t + 1)}, {first, near(t)}, {first + 1, near(1 - t)}, {first + 2, far(2 - t)}};
}

/// Values of x [N, C, ...] at the positions `at`, [N, P] for each spatial dimension: [N, C, P].
Tensor sample(const Tensor& x, const std::vector<Tensor>& at, const std::string& mode,
              const Border& border) {
  const Tensor flat = x.flatten(2);
  const bool is_cubic = mode == "cubic" || mode == "bicubic";
  std::vector<Tap> all = {{zeros_like(at[0]), ones_like(at[0])}};
  for (std::size_t d = 0; d < at.size(); ++d) {
    const std::int64_t size = x.shape()[int(d) + 2];
    std::vector<Tap> next;
    for (const Tap& tap : find_taps(mode, is_cubic ? at[d] : border.inside(at[d], size))) {
      const Tensor place = border.inside(tap.at, size);
      const Tensor is_inside = (place >= 0) & (place <= double(size - 1));
      const Tensor weight = border.mode == "zeros" ? where(is_inside, tap.weight, 0) : tap.weight;
      const Tensor index = clamp(place, 0, double(size - 1));
      for (const Tap& before : all)
        next.push_back({before.at * size + index, before.weight * weight});
    }
    all = std::move(next);
  }
  Tensor y;
  for (const Tap& tap : all) {
    const Tensor index =
        tap.at.to(int64).unsqueeze(1).expand({x.size(0), x.size(1), tap.at.size(1)});
    const Tensor part = flat.gather(2, index) * tap.weight.unsqueeze(1);
    y = y.defined() ? y + part : part;
  }
  return y;
}

/// y[n, c, i, ...] = x at the position grid[n, i, ...], in -1 ... 1, of which the first number
/// belongs to the last dimension.
Tensors sample_grid(const NodeCall& n) {
  const Tensor x = n[0], grid = n[1];
  const Border border{n.text("padding_mode", "zeros"), n.integer("align_corners", 0) != 0};
  n.check(x.dim() >= 3 && grid.size(-1) == x.dim() - 2, "a grid of shape ", grid.shape(),
          " does not fit x of shape ", x.shape());
  std::vector<Tensor> at;
  for (int d = 0; d < x.dim() - 2; ++d) {
    const auto size = double(x.shape()[d + 2]);
    const Tensor g = grid.select(-1, x.dim() - 3 - d).flatten(1);
    at.push_back(border.align_corners ? (g + 1) / 2 * (size - 1) : ((g + 1) * size - 1) / 2);
  }
  Shape shape = {x.size(0), x.size(1)};
  for (int i = 1; i + 1 < grid.dim(); ++i) shape.push_back(grid.shape()[i]);
  return sample(x, at, n.text("mode", "linear"), border).reshape(shape);
}
/// The positions theta [N, d, d + 1] (x, 1) of all elements x of an image of the given size.
Tensors affine_grid(const NodeCall& n) {
  const Tensor theta = n[0];
  const Ints size = n.ints(1);
  const bool aligned = n.integer("align_corners", 0) != 0;
  n.check(theta.dim() == 3 && size.size() == std::size_t(theta.size(1)) + 2 && size.size() > 2,
          "a size of ", size.size(), " numbers does not fit theta of shape ", theta.shape());
  Tensors lines;
  for (std::size_t d = 2; d < size.size(); ++d) {
    const auto count = double(size[d]);
    const Tensor i = arange(size[d]).to(n.device()).to(theta.dtype());
    lines.push_back(aligned && size[d] > 1 ? i * (2 / (count - 1)) - 1
                    : aligned              ? i
                                           : (2 * i + 1) / count - 1);
  }
  std::vector<Tensor> axes = meshgrid(lines);
  std::reverse(axes.begin(), axes.end());
  axes.push_back(ones_like(axes[0]));
  const Tensor points = stack(Tensors(axes), -1);  // [D..., d + 1]
  Shape shape = {theta.size(0)};
  for (std::size_t d = 2; d < size.size(); ++d) shape.push_back(size[d]);
  shape.push_back(theta.size(1));
  return matmul(points.reshape({1, -1, theta.size(2)}), theta.transpose(1, 2)).reshape(shape);
}

/// Convolution of x [N, C, H, W] whose filter elements lie at positions of their own: offsets
/// [N, groups kh kw 2, h, w] are added to them, and masks [N, groups kh kw, h, w] weight them.
Tensors deformable_convolution(const NodeCall& n) {
  const Tensor x = n[0], weight = n[1], offsets = n[2];
  n.check(x.dim() == 4 && weight.dim() == 4, "expected x and weights of rank 4, got shapes ",
          x.shape(), " and ", weight.shape());
  const Window w(n, x, {weight.size(2), weight.size(3)});
  const auto groups = n.integer("group", 1), offset_groups = n.integer("offset_group", 1);
  n.check(groups > 0 && offset_groups > 0, "there are ", groups, " groups and ", offset_groups,
          " of offsets");
  const std::int64_t h = w.windows(0, x.size(2), false), wide = w.windows(1, x.size(3), false),
                     elements = weight.size(2) * weight.size(3);
  // Positions of the elements without offsets: [kh, kw, h, w].
  const auto lines = [&](std::size_t d, std::int64_t count, int element, int place) {
    Shape of_element = {1, 1, 1, 1}, of_place = {1, 1, 1, 1};
    of_element[element] = w.kernel[d], of_place[place] = count;
    const Tensor y = (arange(w.kernel[d]) * w.dilation[d]).reshape(of_element) +
                     (arange(count) * w.stride[d] - w.begin[d]).reshape(of_place);
    return y.expand({w.kernel[0], w.kernel[1], h, wide})
        .reshape({elements, -1})
        .to(x.dtype())
        .to(n.device());
  };
  const Tensor rows = lines(0, h, 0, 2), columns = lines(1, wide, 1, 3);
  const Tensor moves = offsets.reshape({x.size(0), offset_groups, elements, 2, h * wide});
  const auto parts = chunk(x, offset_groups, 1);
  Tensors sampled;
  for (std::size_t g = 0; g < parts.size(); ++g) {
    const Tensor move = moves.select(1, std::int64_t(g));  // [N, elements, 2, places]
    const Tensor y = sample(
        parts[g], {(move.select(2, 0) + rows).flatten(1), (move.select(2, 1) + columns).flatten(1)},
        "linear", {"zeros", true});
    sampled.push_back(n.has(4) ? y * n[4].reshape({x.size(0), offset_groups, elements * h * wide})
                                         .narrow(1, std::int64_t(g), 1)
                               : y);
  }
  const Tensor all = cat(sampled, 1).reshape({x.size(0), groups, -1, h * wide});
  const Tensor y = matmul(weight.reshape({groups, weight.size(0) / groups, -1}), all)
                       .reshape({x.size(0), weight.size(0), h, wide});
  return n.has(3) ? y + n[3].reshape({1, -1, 1, 1}) : y;
}

/// Sums of overlapping blocks: x [N, C block elements, places] as images [N, C, ...].
Tensors columns_to_image(const NodeCall& n) {
  const Tensor x = n[0];
  const Ints image = n.ints(1), block = n.ints(2);
  const std::size_t rank = image.size();
  const Ints ones(rank, 1), stride = n.ints("strides", ones), dilation = n.ints("dilations", ones),
                            pads = n.ints("pads", Ints(2 * rank, 0));
  n.check(block.size() == rank && stride.size() == rank && dilation.size() == rank &&
              pads.size() == 2 * rank && x.dim() == 3 && rank <= 3,
          "the sizes do not fit each other");
  Shape split = {x.size(0), -1}, full = {x.size(0), 0};
  Dims order = {0, 1}, crop;
  Ints places;
  for (std::size_t i = 0; i < rank; ++i) {
    full.push_back(image[i] + pads[i] + pads[rank + i]);
    n.check(stride[i] > 0, "a stride is ", stride[i]);
    places.push_back((full[-1] - dilation[i] * (block[i] - 1) - 1) / stride[i] + 1);
    split.push_back(block[i]);
  }
  for (std::size_t i = 0; i < rank; ++i)
    split.push_back(places[i]), order.push_back(std::int64_t(2 + rank + i));
  for (std::size_t i = 0; i < rank; ++i) order.push_back(std::int64_t(2 + i));
  for (std::size_t i = rank; i-- > 0;) crop.push_back(-pads[i]), crop.push_back(-pads[rank + i]);
  const Tensor blocks = x.reshape(split).permute(order);
  full[1] = blocks.size(1);
  return pad(add_windows(blocks, full, Dims(stride), Dims(dilation)), crop);
}

constexpr auto as_first = Result::as_first;
constexpr Operator table[] = {
    {"AffineGrid", affine_grid, as_first, host(1)},
    {"Col2Im", columns_to_image, as_first, host(1, 2)},
    {"DeformConv", deformable_convolution},
    {"GridSample", sample_grid},
};

}  // namespace
Operators sampling_operators() { return table; }
}  // namespace tinygrad::onnx
