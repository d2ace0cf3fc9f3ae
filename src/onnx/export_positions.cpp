// SPDX-License-Identifier: MIT
// Rules of ops that read, write or weigh elements by their positions: scatter, order, windows,
// padding and interpolation.
#include <numeric>
#include <optional>

#include "export_rules.h"
#include "tinygrad/ops.h"

namespace tinygrad::onnx {
namespace {

/// x with the source written, or added, at the index.
bool scatter(ExportStep& s) {
  if (!s.call("scatter")) return false;
  const bool adds = s.argument<Write>("scatter") == Write::add;
  return s.result(s.node(
      "ScatterElements", {s.name(0), s.name(2), s.name(1)},
      {{"axis", s.argument<std::int64_t>("scatter")}, {"reduction", adds ? "add" : "none"}}));
}

/// Positions of the sorted order, from `first` on. Of equal elements TopK, as our kernels do, takes
/// the one with the lower index first.
bool order(ExportStep& s) {
  const char* const kernel = s.call("argselect") ? "argselect" : "argsort";
  if (!s.call(kernel)) return false;
  const auto dim = s.argument<std::int64_t>(kernel);
  const std::int64_t first =
      kernel == std::string_view("argselect") ? s.argument<std::int64_t>(kernel, 1) : 0;
  const Size count = s.output_sizes(0)[std::size_t(dim)];
  if (kernel == std::string_view("argsort") && count != s.input_sizes(0)[std::size_t(dim)])
    return false;  // a formula sorts all and takes some
  const std::string k = first ? s.ints({first + count.first}) : s.shape({count});
  const std::string index =
      s.node("TopK", {s.name(0), k},
             {{"axis", dim}, {"largest", int(s.argument<bool>(kernel))}, {"sorted", 1}}, 2);
  if (first == 0) return s.result(index);
  return s.result(s.node("Slice", {index, s.ints({first}), s.ints({INT64_MAX}), s.ints({dim})}));
}

// ------------------------------------------------------------ windows

/// The dimensions along which the windows move: those of an image, or the one whose size changed.
Ints window_axes(const ExportStep& s, const View& x, const View& y) {
  Ints axes;
  if (s.op().name == "windows") {
    axes.resize(std::size_t(y.rank() - x.rank()));
    std::iota(axes.begin(), axes.end(), 2);
    return axes;
  }
  int axis = 0;
  while (axis + 1 < x.rank() && x.size(axis) == y.size(axis)) ++axis;
  return {axis};
}
/// The positions [places, size] that windows read along a dimension.
Tensor window_positions(std::int64_t places, std::int64_t size, std::int64_t step,
                        std::int64_t dilation) {
  return unsqueeze(arange(0, places), 1) * step + arange(0, size) * dilation;
}
/// A view of overlapping windows [..., places, ..., size]: the elements of each dimension are taken
/// at [places, size] positions, and the sizes of windows moved last.
bool windows(ExportStep& s) {
  const View &x = view_of(s.input(0)), &y = view_of(s.output(0));
  const Ints axes = window_axes(s, x, y);
  std::string all = s.name(0);
  Ints perm(std::size_t(y.rank())), last;
  std::iota(perm.begin(), perm.end(), 0);
  for (std::size_t i = axes.size(); i-- > 0;) {
    const int axis = int(axes[i]), size = x.rank() + int(i);
    if (!s.input_sizes(0)[std::size_t(axis)].is_static()) s.refuse("has windows along the batch");
    const auto steps = [&](std::int64_t stride) {
      return x.stride(axis) ? stride / x.stride(axis) : 0;
    };
    const Tensor at =
        window_positions(y.size(axis), y.size(size), steps(y.stride(axis)), steps(y.stride(size)));
    all = s.node("Gather", {all, s.graph().tensor("windows", at)}, {{"axis", axis}});
  }
  for (std::size_t i = 0; i < axes.size(); ++i) {
    last.push_back(axes[i] + std::int64_t(i) + 1);
    std::erase(perm, last.back());
  }
  perm.insert(perm.end(), last.begin(), last.end());
  return s.result(s.node("Transpose", {all}, {{"perm", perm}}));
}

// ------------------------------------------------------------ padding

/// By how many elements a tensor is padded before and after each dimension.
struct Padding {
  Ints before, after;
  /// y, and the part of it to which x is copied. Without a value if zeros come between.
  static std::optional<Padding> of(const View& y, const View& inner) {
    Padding p;
    std::int64_t offset = inner.offset() - y.offset();
    for (int d = 0; d < y.rank(); ++d) {
      if (inner.size(d) > 1 && inner.stride(d) != y.stride(d)) return {};
      p.before.push_back(offset / y.stride(d)), offset %= y.stride(d);
      p.after.push_back(y.size(d) - inner.size(d) - p.before.back());
    }
    return p;
  }
  Ints all() const {
    Ints pads = before;
    pads.insert(pads.end(), after.begin(), after.end());
    return pads;
  }
};

/// The kernel copies x, and then each part of the padding: backwards if it is reflected, with a
/// stride of 0 if the border is repeated, and else as it lies at the other end.
const char* mode_of(const RecordedOp& op, const Padding& p) {
  const View& x = *op.calls[0].find<View>(0);
  const char* mode = "edge";
  for (int d = 0; d < x.rank(); ++d)
    if (x.stride(d) && (p.before[std::size_t(d)] || p.after[std::size_t(d)])) mode = "wrap";
  for (const KernelCall& copy : op.calls)
    for (int d = 0; d < x.rank(); ++d) {
      const std::int64_t stride = copy.find<View>(0)->stride(d);
      if (x.stride(d) && stride == -x.stride(d)) return "reflect";
      if (x.stride(d) && stride == 0) mode = "edge";
    }
  return mode;
}
/// Pad wraps from opset 19 on; elements can be taken in any.
bool wrap(ExportStep& s, const Padding& p) {
  std::string y = s.name(0);
  for (int d = 0; d < s.input(0).dim(); ++d) {
    const std::int64_t before = p.before[std::size_t(d)], after = p.after[std::size_t(d)],
                       n = s.input(0).size(d);
    if (before == 0 && after == 0) continue;
    if (!s.input_sizes(0)[std::size_t(d)].is_static()) s.refuse("wraps the batch around");
    const Tensor at = remainder(arange(-before, n + after), n);
    y = s.node("Gather", {y, s.graph().tensor("wrapped", at)}, {{"axis", d}});
  }
  return s.result(y);
}
bool pad(ExportStep& s) {
  const KernelCall *fill = s.call("fill"), *copy = s.call("copy");
  if (!copy) return false;
  const View* const y = fill ? fill->find<View>() : &view_of(s.output(0));
  const auto padding = Padding::of(*y, *copy->find<View>(1));
  if (!padding) return false;
  const std::string pads = s.ints(padding->all());
  if (fill) return s.result(s.node("Pad", {s.name(0), pads, s.scalar(s.argument<Scalar>("fill"))}));
  const std::string mode = mode_of(s.op(), *padding);
  if (mode == "wrap") return wrap(s, *padding);
  return s.result(s.node("Pad", {s.name(0), pads}, {{"mode", mode.c_str()}}));
}

// ------------------------------------------------------------ interpolation

/// Σ_k weight[k] x[..., index[k], ...], where weights are 0 after the first negative index. Linear
/// interpolation has two k.
bool resample(ExportStep& s) {
  if (!s.call("resample")) return false;
  const auto dim = s.argument<std::int64_t>("resample");
  const Tensor index = s.input(1).to("cpu"), weight = s.input(2).to("cpu");
  if (index.shape() != s.input(1, true).shape()) s.refuse("resamples the batch");
  Shape shape = Shape::filled(s.input(0).dim() - int(dim), 1);
  shape[0] = index.size(1);
  std::string y;
  for (std::int64_t k = 0; k < index.size(0); ++k) {
    const Tensor at = maximum(index.select(0, k), 0),
                 factor = weight.select(0, k).to(s.output(0).dtype()).reshape(shape);
    const std::string elements =
        s.node("Gather", {s.name(0), s.graph().tensor("positions", at)}, {{"axis", dim}});
    const std::string term = s.node("Mul", {elements, s.graph().tensor("weights", factor)});
    y = k ? s.node("Add", {y, term}) : term;
  }
  return s.result(y);
}

}  // namespace

const RuleTable& position_rules() {
  static const RuleTable rules = {
      {"scatter", scatter},   {"scatter_add", scatter}, {"one_hot", scatter},
      {"index_add", scatter}, {"index_copy", scatter},  {"index_fill", scatter},
      {"put", scatter},       {"index_put", scatter},   {"sort", order},
      {"argsort", order},     {"msort", order},         {"topk", order},
      {"kthvalue", order},    {"median", order},        {"nanmedian", order},
      {"mode", order},        {"quantile", order},      {"nanquantile", order},
      {"windows", windows},   {"unfold", windows},      {"pad", pad},
      {"resample", resample},
  };
  return rules;
}

}  // namespace tinygrad::onnx
