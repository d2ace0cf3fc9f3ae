// SPDX-License-Identifier: MIT
// Rules of products, convolutions, pooling, softmax, norms and attention.
#include <algorithm>
#include <cmath>

#include "export_rules.h"
#include "tinygrad/ops.h"

namespace tinygrad::onnx {
namespace {

// ------------------------------------------------------------ products

bool matmul(ExportStep& s) { return s.result(s.node("MatMul", {s.name(0), s.name(1)})); }

/// x wᵀ + b of rows.
bool linear(ExportStep& s) {
  std::vector<std::string> in{s.name(0), s.name(1)};
  if (s.has(2)) in.push_back(s.name(2));
  return s.result(s.node("Gemm", in, {{"transB", 1}}));
}

// ------------------------------------------------------------ windows

/// How windows of `kernel` elements move over `in` elements to `out` places, along one dimension.
struct Line {
  std::int64_t stride, padding, dilation, kernel;
  /// From the first element of the first window to the last one of the last.
  std::int64_t reach(std::int64_t places) const {
    return (places - 1) * stride + (kernel - 1) * dilation + 1;
  }
};
/// Those of the kernel's Window, which is {y, x}; a sequence has x alone.
std::vector<Line> lines_of(const Window& w, const Ints& kernel) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const std::size_t at = kernel.size() == 1 ? 1 : i;
    lines.push_back({w.stride[at], w.padding[at], w.dilation[at], kernel[i]});
  }
  return lines;
}
Ints values(const std::vector<Line>& lines, std::int64_t Line::*member) {
  Ints all;
  for (const Line& line : lines) all.push_back(line.*member);
  return all;
}
/// The padding before, then after each dimension; after it as much more as the last window needs.
Ints pads_of(const std::vector<Line>& lines, const Shape& in, const Shape& out) {
  Ints pads = values(lines, &Line::padding), after = pads;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int d = int(i) + 2;
    after[i] = std::max(after[i], lines[i].reach(out[d]) - in[d] - lines[i].padding);
  }
  pads.insert(pads.end(), after.begin(), after.end());
  return pads;
}
Ints spatial(const Shape& weight) { return {weight.begin() + 2, weight.end()}; }

bool convolution(ExportStep& s) {
  if (!s.call("conv2d")) return false;
  const Window w = s.argument<Window>("conv2d");
  const std::vector<Line> lines = lines_of(w, spatial(s.input(1).shape()));
  std::vector<std::string> in{s.name(0), s.name(1)};
  if (s.has(2)) in.push_back(s.name(2));
  return s.result(s.node("Conv", in,
                         {{"kernel_shape", values(lines, &Line::kernel)},
                          {"strides", values(lines, &Line::stride)},
                          {"pads", pads_of(lines, s.input(0).shape(), s.output(0).shape())},
                          {"dilations", values(lines, &Line::dilation)},
                          {"group", w.groups}}));
}

/// The result is cut by `padding` before and by less after, which is output_padding if it is less
/// than the stride.
bool transposed_convolution(ExportStep& s) {
  if (!s.call("conv2d_input_grad")) return false;
  const Window w = s.argument<Window>("conv2d_input_grad");
  const std::vector<Line> lines = lines_of(w, spatial(s.input(1).shape()));
  Ints before = values(lines, &Line::padding), after = before, more(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int d = int(i) + 2;
    const std::int64_t cut = lines[i].reach(s.input(0).size(d)) - before[i] - s.output(0).size(d);
    more[i] = before[i] - cut;
    if (more[i] < 0 || more[i] >= lines[i].stride) after[i] = cut, more[i] = 0;
  }
  before.insert(before.end(), after.begin(), after.end());
  return s.result(s.node("ConvTranspose", {s.name(0), s.name(1)},
                         {{"kernel_shape", values(lines, &Line::kernel)},
                          {"strides", values(lines, &Line::stride)},
                          {"pads", before},
                          {"output_padding", more},
                          {"dilations", values(lines, &Line::dilation)},
                          {"group", w.groups}}));
}

bool pooling(ExportStep& s, const char* kernel, const char* type) {
  if (!s.call(kernel)) return false;
  const std::int64_t kh = s.argument<std::int64_t>(kernel, 0),
                     kw = s.argument<std::int64_t>(kernel, 1);
  const bool is_line = s.input(0).dim() == 3, is_max = type == std::string("MaxPool");
  const std::vector<Line> lines =
      lines_of(s.argument<Window>(kernel), is_line ? Ints{kw} : Ints{kh, kw});
  std::vector<NewAttribute> attributes = {
      {"kernel_shape", values(lines, &Line::kernel)},
      {"strides", values(lines, &Line::stride)},
      {"pads", pads_of(lines, s.input(0).shape(), s.output(0).shape())}};
  if (is_max) attributes.emplace_back("dilations", values(lines, &Line::dilation));
  else attributes.emplace_back("count_include_pad", 1);
  return s.result(s.node(type, {s.name(0)}, attributes));
}

// ------------------------------------------------------------ softmax and norms

bool softmax(ExportStep& s, const char* kernel, const char* type) {
  if (!s.call(kernel)) return false;
  return s.result(s.node(type, {s.name(0)}, {{"axis", s.argument<std::int64_t>(kernel)}}));
}

/// A weight, or `value` for each of `count` channels if there is none.
std::string weight(ExportStep& s, int input, std::int64_t count, double value) {
  if (s.has(input)) return s.name(input);
  return s.graph().tensor(s.op().name + (value == 0 ? ".zeros" : ".ones"),
                          full({count}, value, {.dtype = s.output(0).dtype(), .device = "cpu"}));
}

/// Of x, mean, variance, weight and bias; its formula begins with variance + eps. With the
/// statistics of the batch it has other inputs and outputs.
bool batch_norm(ExportStep& s) {
  if (s.outputs() != 1) s.refuse("uses the statistics of the batch; call eval()");
  const std::int64_t channels = s.input(0).size(1);
  const double eps = s.scalar_of(Binary::add);
  return s.result(s.node(
      "BatchNormalization",
      {s.name(0), weight(s, 3, channels, 1), weight(s, 4, channels, 0), s.name(1), s.name(2)},
      {{"epsilon", eps}}));
}

/// Of rows. If they are the last dimension of a tensor, that is normalized, and its rows are made
/// only if another op reads them.
bool layer_norm(ExportStep& s) {
  if (!s.call("layer_norm")) return false;
  const std::int64_t features = s.input(0).size(1);
  const GraphValue x = s.value(0);
  const bool is_of_rows = !x.origin.empty() && !x.is_expanded && !x.origin_sizes.empty() &&
                          x.origin_sizes.back() == Size{features, features};
  const std::string from = is_of_rows ? x.origin : s.name(0);
  const std::string y =
      s.node("LayerNormalization", {from, weight(s, 1, features, 1), s.has(2) ? s.name(2) : ""},
             {{"axis", -1}, {"epsilon", s.argument<double>("layer_norm")}});
  if (!is_of_rows) return s.result(y);
  const std::string rows = s.node("Reshape", {y, s.ints({-1, features})});
  return s.result({GraphValue::Kind::computed, rows, {}, {}, y, x.origin_sizes});
}

/// x / sqrt(mean(x²) + eps) w over the last dimension. RMSNormalization is one from opset 23 on.
bool rms_norm(ExportStep& s) {
  const KernelCall* const mean = s.call("reduce");
  const View* const reduced = mean ? mean->find<View>(1) : nullptr;
  if (!reduced || s.input(0).dim() == 0 ||
      reduced->count() * s.input(0).size(-1) != s.input(0).numel())
    return false;
  const double eps = s.scalar_of(Binary::mul);
  if (s.opset() >= 23 && s.has(1))
    return s.result(
        s.node("RMSNormalization", {s.name(0), s.name(1)}, {{"axis", -1}, {"epsilon", eps}}));
  const std::string x = s.name(0), square = s.node("Mul", {x, x});
  const std::string axis = s.ints({-1});
  const std::string mean_square = s.opset() >= 18
                                      ? s.node("ReduceMean", {square, axis})
                                      : s.node("ReduceMean", {square}, {{"axes", Ints{-1}}});
  const std::string root = s.node("Sqrt", {s.node("Add", {mean_square, s.scalar(eps)})});
  const std::string y = s.node("Div", {x, root});
  return s.result(s.has(1) ? s.node("Mul", {y, s.name(1)}) : y);
}

// ------------------------------------------------------------ attention

/// -infinity where a query must not see a key: [L, S].
Tensor causal_mask(std::int64_t queries, std::int64_t keys, DType dtype) {
  return triu(full({queries, keys}, -INFINITY, {.dtype = dtype, .device = "cpu"}), 1);
}

/// softmax(q kᵀ scale + mask) v.
bool attention(ExportStep& s) {
  if (!s.call("attention")) return false;
  const Sizes q = s.input_sizes(0), k = s.input_sizes(1);
  const std::string keys = s.node("Transpose", {s.name(1)}, {{"perm", Ints{0, 1, 3, 2}}});
  const std::string queries = s.node("Mul", {s.name(0), s.scalar(s.argument<double>("attention"))});
  std::string scores = s.node("MatMul", {queries, keys});
  if (s.has(3)) scores = s.node("Add", {scores, s.name(3)});
  if (s.argument<bool>("attention")) {
    if (!q[2].is_static() || !k[2].is_static())
      s.refuse("is causal, and its length depends on the size of the batch");
    scores =
        s.node("Add", {scores, s.graph().tensor("causal_mask", causal_mask(q[2].first, k[2].first,
                                                                           s.output(0).dtype()))});
  }
  return s.result(s.node("MatMul", {s.node("Softmax", {scores}, {{"axis", -1}}), s.name(2)}));
}

bool training_only(ExportStep& s) { s.refuse("is drawn at random; call eval()"); }

}  // namespace

const RuleTable& layer_rules() {
  static const RuleTable rules = {
      {"matmul", matmul},
      {"linear", linear},
      {"conv1d", convolution},
      {"conv2d", convolution},
      {"conv1d_input_grad", transposed_convolution},
      {"conv2d_input_grad", transposed_convolution},
      {"max_pool1d", [](ExportStep& s) { return pooling(s, "max_pool2d", "MaxPool"); }},
      {"max_pool2d", [](ExportStep& s) { return pooling(s, "max_pool2d", "MaxPool"); }},
      {"avg_pool1d", [](ExportStep& s) { return pooling(s, "avg_pool2d", "AveragePool"); }},
      {"avg_pool2d", [](ExportStep& s) { return pooling(s, "avg_pool2d", "AveragePool"); }},
      {"softmax", [](ExportStep& s) { return softmax(s, "softmax", "Softmax"); }},
      {"log_softmax", [](ExportStep& s) { return softmax(s, "log_softmax", "LogSoftmax"); }},
      {"batch_norm", batch_norm},
      {"layer_norm", layer_norm},
      {"rms_norm", rms_norm},
      {"attention", attention},
      {"dropout", training_only},
      {"rand", training_only},
      {"randn", training_only},
      {"uniform", training_only},
      {"normal", training_only},
      {"randint", training_only},
  };
  return rules;
}

Rule find_rule(const std::string& op) {
  for (const RuleTable* table :
       {&elementwise_rules(), &view_rules(), &position_rules(), &layer_rules()}) {
    std::string_view name = op;
    if (!table->contains(name) && name.ends_with("_")) name.remove_suffix(1);  // in place
    if (const auto rule = table->find(name); rule != table->end()) return rule->second;
  }
  return nullptr;
}

}  // namespace tinygrad::onnx
