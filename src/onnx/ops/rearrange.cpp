// SPDX-License-Identifier: MIT
// Padding and cropping, and elements in other places.
#include "operator.h"

namespace tinygrad::onnx {
namespace {

/// Padding of ONNX, all starts and then all ends of `axes`, in PyTorch's order: start and end of
/// the last dimension first.
Dims pad_order(const NodeCall& n, const Ints& pads, const Ints& axes, int rank) {
  n.check(pads.size() == 2 * axes.size(), "there are ", pads.size(), " pads for ", axes.size(),
          " axes");
  std::vector<std::int64_t> ordered(2 * std::size_t(rank));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto place = std::size_t(rank - 1 - axis_of(n, axes[i], rank));
    ordered[2 * place] = pads[i], ordered[2 * place + 1] = pads[axes.size() + i];
  }
  while (!ordered.empty() && ordered[ordered.size() - 1] == 0 && ordered[ordered.size() - 2] == 0)
    ordered.resize(ordered.size() - 2);
  n.check(ordered.size() <= std::size_t(max_rank), "padding of more than ", max_rank / 2,
          " dimensions is not supported");
  return Dims(ordered);
}
Tensors pad_tensor(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  Ints axes = n.has(3) ? n.ints(3) : Ints();
  for (int i = 0; i < x.dim() && !n.has(3); ++i) axes.push_back(i);
  const Dims pads = pad_order(n, n.ints("pads", 1), axes, x.dim());
  const std::string mode = n.text("mode", "constant");
  const Scalar value = n.has("value") ? Scalar(n.real("value", 0)) : n.scalar(2, 0);
  if (mode == "constant") return pad(x, pads, value);
  n.check(mode == "reflect" || mode == "edge" || mode == "wrap", "the mode ", in_quotes(mode),
          " is not known");
  return pad(x, pads,
             mode == "reflect" ? PadMode::reflect
             : mode == "edge"  ? PadMode::replicate
                               : PadMode::circular);
}
/// Crops or pads with zeros, so that the middle stays the middle.
Tensors center_crop_pad(const NodeCall& n) {
  Tensor x = n.raw(0);
  const Ints shape = n.ints(1);
  Ints axes = n.ints("axes");
  for (std::size_t i = axes.size(); i < shape.size() && !n.has("axes"); ++i)
    axes.push_back(std::int64_t(i));
  n.check(axes.size() == shape.size(), "there are ", shape.size(), " sizes for ", axes.size(),
          " axes");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const int axis = axis_of(n, axes[i], x.dim());
    const std::int64_t more = shape[i] - x.size(axis), less = -more;
    if (more < 0) x = x.narrow(axis, less / 2, shape[i]);
    if (more > 0) {
      Dims padding = Dims::filled(2 * (x.dim() - axis), 0);
      padding[-2] = more / 2, padding[-1] = more - more / 2;
      x = pad(x, padding);
    }
  }
  return x;
}

/// [N, C, H, W] with blocks of channels as blocks of pixels. Mode DCR: the block is the first part
/// of the channel's number, CRD: the last, as in pixel_shuffle.
Tensors depth_to_space(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const std::int64_t b = n.integer("blocksize", 1);
  n.check(x.dim() == 4 && 0 < b && b <= 1 << 15, "expected shape [N, C, H, W], got ", x.shape(),
          "; the blocksize is ", b);
  if (n.text("mode", "DCR") == "CRD") return pixel_shuffle(x, b);
  const auto [N, C, H, W] = x.sizes<4>();
  return x.reshape({N, b, b, C / (b * b), H, W})
      .permute({0, 3, 4, 1, 5, 2})
      .reshape({N, C / (b * b), H * b, W * b});
}
Tensors space_to_depth(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const std::int64_t b = n.integer("blocksize", 1);
  n.check(x.dim() == 4 && 0 < b && b <= 1 << 15, "expected shape [N, C, H, W], got ", x.shape(),
          "; the blocksize is ", b);
  const auto [N, C, H, W] = x.sizes<4>();
  const Tensor blocks = x.reshape({N, C, H / b, b, W / b, b});
  const bool is_dcr = n.text("mode", "DCR") == "DCR";
  return blocks.permute(is_dcr ? Dims{0, 3, 5, 1, 2, 4} : Dims{0, 1, 3, 5, 2, 4})
      .reshape({N, C * b * b, H / b, W / b});
}
/// The first lengths[i] elements of each sequence in reverse order.
Tensors reverse_sequence(const NodeCall& n) {
  const int time = int(n.integer("time_axis", 0)), batch = int(n.integer("batch_axis", 1));
  const Tensor& x = n.raw(0);
  const Ints lengths = n.ints(1);
  Tensors rows;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const Tensor row = x.narrow(batch, std::int64_t(i), 1);
    rows.push_back(
        cat({flip(row.slice(time, 0, lengths[i]), time), row.slice(time, lengths[i])}, time));
  }
  return cat(rows, batch);
}
/// The upper or lower triangle. For bools and storage dtypes through a mask.
Tensors triangle(const NodeCall& n) {
  const Tensor& x = n.raw(0);
  const std::int64_t k = n.scalar(1, 0).integer(), rows = x.size(-2), columns = x.size(-1);
  const Tensor i = arange(rows).to(x.device()).unsqueeze(1), j = arange(columns).to(x.device());
  const Tensor keep = n.integer("upper", 1) ? (j - i) >= k : (j - i) <= k;
  return where(keep, x, zeros_like(x));
}

constexpr auto own = Result::own;
constexpr Operator table[] = {
    {"CenterCropPad", center_crop_pad, own, host(1)},
    {"DepthToSpace", depth_to_space, own},
    {"Pad", pad_tensor, own, host(1, 2, 3)},
    {"ReverseSequence", reverse_sequence, own, host(1)},
    {"SpaceToDepth", space_to_depth, own},
    {"Trilu", triangle, own, host(1)},
};

}  // namespace
Operators rearrange_operators() { return table; }
}  // namespace tinygrad::onnx
