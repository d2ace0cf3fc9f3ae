// SPDX-License-Identifier: MIT
// The forms of operators that become layers, which hold their weights, and of pooling.
#include <tinygrad/tinygrad.h>

#include <algorithm>

#include "program.h"

namespace onnx_printer {
namespace {

using Expressions = std::vector<Expression>;
using Ints = std::vector<std::int64_t>;

/// "3" if all are 3, else "{3, 5}".
std::string sizes(const Ints& values) {
  const bool are_equal = std::equal(values.begin() + 1, values.end(), values.begin());
  return are_equal ? std::to_string(values[0]) : braces(values);
}
/// ", {.stride = 2, .padding = 1}": those that are not what they are by default.
class Options {
 public:
  Options& add(const std::string& name, const std::string& value, const std::string& usual) {
    if (value != usual) items_.push_back("." + name + " = " + value);
    return *this;
  }
  std::string text() const { return items_.empty() ? "" : ", " + braces(items_); }

 private:
  std::vector<std::string> items_;
};

/// The attributes of windows. Padding that differs at the ends is a call of its own around x.
struct Windows {
  Ints kernel, strides, dilations, before, after;
  Windows(const Node& node, const Ints& kernel_shape) : kernel(kernel_shape) {
    const std::size_t n = kernel.size();
    strides = attribute(node, "strides", Ints(n, 1));
    dilations = attribute(node, "dilations", Ints(n, 1));
    const Ints pads = attribute(node, "pads", Ints(2 * n, 0));
    before.assign(pads.begin(), pads.begin() + std::ptrdiff_t(n));
    after.assign(pads.begin() + std::ptrdiff_t(n), pads.end());
  }
  std::string padded(const std::string& x, const std::string& value) {
    if (before == after) return x;
    Ints order;
    for (std::size_t i = kernel.size(); i-- > 0;)
      order.push_back(before[i]), order.push_back(after[i]);
    std::fill(before.begin(), before.end(), 0);
    return "tg::pad(" + x + ", " + braces(order) + value + ")";
  }
};
bool is_automatic(const Node& node) {
  const std::string mode = attribute(node, "auto_pad", std::string("NOTSET"));
  return mode != "NOTSET" && mode != "VALID";
}

/// The bias of a node that has none, if the next node adds a constant [1, C, 1, 1], [C] or the like
/// to each channel. That node is then not printed.
tg::Tensor bias_of(Program& p, const Node& node, int channels_from_end, std::int64_t channels,
                   const Node*& adds) {
  adds = p.only_reader(node, "Add");
  if (!adds) return {};
  const int at = adds->inputs[0] == node.outputs[0] ? 1 : 0;
  const tg::Tensor bias = p.constant(*adds, at);
  const bool fits = bias.defined() && bias.numel() == channels && bias.dim() >= channels_from_end &&
                    bias.size(-channels_from_end) == channels;
  if (!fits) adds = nullptr;
  return fits ? tg::flatten(bias) : tg::Tensor();
}
/// The expression of the layer's output, which is also that of the node that adds the bias.
Expressions applied(Program& p, const Node& node, const std::string& text, const Node* adds) {
  if (adds) p.merge(node, *adds);
  return {{text}};
}

Expressions convolution(Program& p, const Node& node, bool is_transposed) {
  const tg::Tensor w = p.constant(node, 1);
  if (!w.defined() || w.dim() < 3 || w.dim() > 4 || is_automatic(node)) return {};
  const int dims = w.dim() - 2;
  const std::int64_t groups = attribute(node, "group", std::int64_t(1));
  const std::int64_t in = is_transposed ? w.size(0) : w.size(1) * groups,
                     out = is_transposed ? w.size(1) * groups : w.size(0);
  const Node* adds = nullptr;
  const tg::Tensor bias =
      p.has(node, 2) ? p.constant(node, 2) : bias_of(p, node, dims + 1, out, adds);
  Windows windows(node, Ints(w.shape().begin() + 2, w.shape().end()));
  if (is_transposed && windows.before != windows.after) return {};
  const std::string x = windows.padded(p.operand(node, 0), "");
  Options options;
  options.add("stride", sizes(windows.strides), "1").add("padding", sizes(windows.before), "0");
  if (is_transposed)
    options.add("output_padding",
                sizes(attribute(node, "output_padding", Ints(std::size_t(dims), 0))), "0");
  else options.add("dilation", sizes(windows.dilations), "1");
  options.add("groups", std::to_string(groups), "1")
      .add("bias", bias.defined() ? "true" : "false", "true");
  if (is_transposed) options.add("dilation", sizes(windows.dilations), "1");
  tg::NamedTensors state = {{"weight", w}};
  if (bias.defined()) state.emplace_back("bias", bias);
  const std::string name =
      p.layer((is_transposed ? "ConvTranspose" : "Conv") + std::to_string(dims) + "d",
              std::to_string(in) + ", " + std::to_string(out) + ", " + sizes(windows.kernel) +
                  options.text(),
              node.inputs[1], state);
  return applied(p, node, name + "(" + x + ")", adds);
}

/// x w + b, with w [in, out].
Expressions linear(Program& p, const Node& node, const tg::Tensor& weight, const tg::Tensor& bias,
                   const Node* adds) {
  tg::NamedTensors state = {{"weight", weight}};
  if (bias.defined()) state.emplace_back("bias", bias);
  const std::string arguments = std::to_string(weight.size(1)) + ", " +
                                std::to_string(weight.size(0)) +
                                (bias.defined() ? "" : ", {.bias = false}");
  const std::string name = p.layer("Linear", arguments, node.inputs[1], state);
  return applied(p, node, name + "(" + p.operand(node, 0) + ")", adds);
}
Expressions gemm(Program& p, const Node& node) {
  const tg::Tensor w = p.constant(node, 1), b = p.constant(node, 2);
  const bool is_plain = attribute(node, "alpha", 1.f) == 1 && attribute(node, "beta", 1.f) == 1 &&
                        attribute(node, "transA", std::int64_t(0)) == 0;
  if (!w.defined() || !is_plain || (p.has(node, 2) && !(b.defined() && b.dim() == 1))) return {};
  const bool is_rows = attribute(node, "transB", std::int64_t(0)) != 0;
  return linear(p, node, is_rows ? w : tg::t(w), b, nullptr);
}
Expressions matmul(Program& p, const Node& node) {
  const tg::Tensor w = p.constant(node, 1);
  if (!w.defined() || w.dim() != 2)
    return {{"tg::matmul(" + p.operand(node, 0) + ", " + p.operand(node, 1) + ")"}};
  const Node* adds = nullptr;
  const tg::Tensor bias = bias_of(p, node, 1, w.size(1), adds);
  return linear(p, node, tg::t(w), bias, adds);
}

/// A layer if the number of dimensions is known; else a function for any.
Expressions batch_norm(Program& p, const Node& node) {
  tg::NamedTensors state;
  int i = 1;
  for (const char* name : {"weight", "bias", "running_mean", "running_var"})
    state.emplace_back(name, p.constant(node, i++));
  const float eps = attribute(node, "epsilon", 1e-5f);
  const int rank = p.rank(node.inputs[0]);
  const bool are_constant = std::all_of(state.begin(), state.end(),
                                        [](const auto& entry) { return entry.second.defined(); });
  if (are_constant && rank >= 2 && rank <= 4) {
    state.emplace_back("num_batches_tracked", tg::zeros({}, {.dtype = tg::int64}));
    const std::string stem = node.inputs[1].substr(0, node.inputs[1].find_last_of("._"));
    const std::string arguments = std::to_string(state[0].second.numel()) +
                                  Options().add("eps", literal(eps), literal(1e-5f)).text();
    const std::string name =
        p.layer(rank == 4 ? "BatchNorm2d" : "BatchNorm1d", arguments, stem, state);
    return {{name + "(" + p.operand(node, 0) + ")"}};
  }
  return {{"tg::batch_norm_inference(" + p.operand(node, 0) + ", " + p.operand(node, 3) + ", " +
           p.operand(node, 4) + ", " + p.operand(node, 1) + ", " + p.operand(node, 2) + ", " +
           literal(eps) + ")"}};
}
Expressions layer_norm(Program& p, const Node& node) {
  const tg::Tensor w = p.constant(node, 1), b = p.constant(node, 2);
  if (!w.defined() || w.dim() != 1 || attribute(node, "axis", std::int64_t(-1)) != -1) return {};
  tg::NamedTensors state = {{"weight", w}};
  if (b.defined()) state.emplace_back("bias", b);
  const std::string arguments =
      std::to_string(w.numel()) +
      Options()
          .add("eps", literal(attribute(node, "epsilon", 1e-5f)), literal(1e-5f))
          .add("bias", b.defined() ? "true" : "false", "true")
          .text();
  return {
      {p.layer("LayerNorm", arguments, node.inputs[1], state) + "(" + p.operand(node, 0) + ")"}};
}

/// Of sequences or images, by the number of sizes of a window.
Expressions pooling(Program& p, const Node& node, bool is_max) {
  const Ints kernel = attribute(node, "kernel_shape", Ints());
  if (kernel.empty() || kernel.size() > 2 || is_automatic(node)) return {};
  Windows windows(node, kernel);
  const bool counts = attribute(node, "count_include_pad", std::int64_t(0)) != 0;
  if (!is_max && !counts && windows.before != windows.after) return {};
  const bool is_padded = windows.before != Ints(kernel.size(), 0);
  const std::string x = windows.padded(p.operand(node, 0), is_max ? ", -INFINITY" : "");
  Options options;
  options.add("stride", sizes(windows.strides), sizes(kernel))
      .add("padding", sizes(windows.before), "0");
  if (is_max) options.add("dilation", sizes(windows.dilations), "1");
  options.add("ceil_mode", attribute(node, "ceil_mode", std::int64_t(0)) ? "true" : "false",
              "false");
  if (!is_max && is_padded) options.add("count_include_pad", counts ? "true" : "false", "true");
  return {{"tg::" + std::string(is_max ? "max" : "avg") + "_pool" + std::to_string(kernel.size()) +
           "d(" + x + ", " + sizes(kernel) + options.text() + ")"}};
}

/// Over all dimensions but the first two.
Expressions global(Program& p, const Node& node, const std::string& name) {
  Ints dims;
  for (int d = 2; d < p.rank(node.inputs[0]); ++d) dims.push_back(d);
  if (dims.empty()) return {};
  return {{"tg::" + name + "(" + p.operand(node, 0) + ", " + braces(dims) + ", tg::keepdim)"}};
}

}  // namespace

const std::map<std::string, Form>& layer_forms() {
  static const std::map<std::string, Form> forms = {
      {"Conv", [](Program& p, const Node& n) { return convolution(p, n, false); }},
      {"ConvTranspose", [](Program& p, const Node& n) { return convolution(p, n, true); }},
      {"Gemm", gemm},
      {"MatMul", matmul},
      {"BatchNormalization", batch_norm},
      {"LayerNormalization", layer_norm},
      {"MaxPool", [](Program& p, const Node& n) { return pooling(p, n, true); }},
      {"AveragePool", [](Program& p, const Node& n) { return pooling(p, n, false); }},
      {"GlobalAveragePool", [](Program& p, const Node& n) { return global(p, n, "mean"); }},
      {"GlobalMaxPool", [](Program& p, const Node& n) { return global(p, n, "amax"); }},
  };
  return forms;
}

}  // namespace onnx_printer
