// SPDX-License-Identifier: MIT
// The forms of operators that move elements: views, joins, padding and indexing.
#include <tinygrad/tinygrad.h>

#include <algorithm>

#include "program.h"

namespace onnx_printer {
namespace {

using Expressions = std::vector<Expression>;
using Ints = std::vector<std::int64_t>;

/// Sizes of 0 are those of x. A single one can be inferred, if no other has to be.
Expressions reshape(Program& p, const Node& node) {
  const std::string x = p.operand(node, 0);
  const tg::Tensor shape = p.constant(node, 1);
  if (!shape.defined()) {
    p.needs("sizes_of");
    return {{"tg::reshape(" + x + ", sizes_of(" + p.operand(node, 1) + ", " + x + "))"}};
  }
  Ints sizes = shape.to_vector<std::int64_t>();
  if (sizes == Ints{0, -1}) return {{"tg::flatten(" + x + ", 1)"}};
  const auto is_inferred = std::find(sizes.begin(), sizes.end(), -1) != sizes.end();
  if (!is_inferred && std::count(sizes.begin(), sizes.end(), 0) == 1)
    std::replace(sizes.begin(), sizes.end(), 0, -1);
  std::vector<std::string> items;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    items.push_back(sizes[i]
                        ? std::to_string(sizes[i])
                        : p.operand(node, 0, Binds::unary) + ".size(" + std::to_string(i) + ")");
  return {{"tg::reshape(" + x + ", " + braces(items) + ")"}};
}
Expressions flatten(Program& p, const Node& node) {
  const auto axis = attribute(node, "axis", std::int64_t(1));
  if (axis != 1) return {};
  return {{"tg::flatten(" + p.operand(node, 0) + ", 1)"}};
}
Expressions transpose(Program& p, const Node& node) {
  const Ints order = attribute(node, "perm", Ints());
  if (order.empty()) return {};
  return {{"tg::permute(" + p.operand(node, 0) + ", " + braces(order) + ")"}};
}
/// One call for each axis; the axes in ascending order when dimensions are added.
Expressions by_axes(Program& p, const Node& node, const std::string& name, bool ascending) {
  Ints axes = p.ints(node, 1, "axes");
  if (axes.empty()) return {};
  std::sort(axes.begin(), axes.end());
  if (!ascending) std::reverse(axes.begin(), axes.end());
  std::string text = p.operand(node, 0);
  for (const auto axis : axes)
    text = "tg::" + name + "(" + text + ", " + std::to_string(axis) + ")";
  return {{text}};
}
Expressions concat(Program& p, const Node& node) {
  std::vector<std::string> parts;
  for (int i = 0; i < int(node.inputs.size()); ++i) parts.push_back(p.operand(node, i));
  return {{"tg::cat(" + braces(parts) + ", " +
           std::to_string(attribute(node, "axis", std::int64_t(0))) + ")"}};
}
Expressions slice(Program& p, const Node& node) {
  const Ints starts = p.ints(node, 1, "starts"), ends = p.ints(node, 2, "ends");
  Ints axes = p.ints(node, 3, "axes"), steps = p.ints(node, 4, "", Ints(starts.size(), 1));
  if (axes.empty())
    for (std::size_t i = 0; i < starts.size(); ++i) axes.push_back(std::int64_t(i));
  std::string text = p.operand(node, 0);
  if (starts.empty() || ends.size() != starts.size()) return {};
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const bool flips = steps[i] == -1 && starts[i] == -1;
    if (steps[i] < 1 && !flips) return {};
    const bool to_end = ends[i] >= 1'000'000'000;  // as converters write it
    if (to_end && starts[i] == 0 && steps[i] == 1) continue;
    const std::string axis = std::to_string(axes[i]);
    if (flips) text = "tg::flip(" + text + ", " + axis + ")";
    else
      text =
          "tg::slice(" + text + ", " + axis + ", " + std::to_string(starts[i]) +
          (to_end && steps[i] == 1 ? "" : ", " + (to_end ? "INT64_MAX" : std::to_string(ends[i]))) +
          (steps[i] == 1 ? "" : ", " + std::to_string(steps[i])) + ")";
  }
  return {{text}};
}
/// By one position, along a dimension by a list, or rows of a table (a layer).
Expressions gather(Program& p, const Node& node) {
  const std::string axis = std::to_string(attribute(node, "axis", std::int64_t(0)));
  const tg::Tensor index = p.constant(node, 1), table = p.constant(node, 0);
  if (index.defined() && index.dim() == 0)
    return {{"tg::select(" + p.operand(node, 0) + ", " + axis + ", " +
             std::to_string(index.item<std::int64_t>()) + ")"}};
  if (table.defined() && table.dim() == 2 && axis == "0" && tg::is_floating(table.dtype())) {
    const std::string arguments =
        std::to_string(table.size(0)) + ", " + std::to_string(table.size(1));
    return {{p.layer("Embedding", arguments, node.inputs[0], {{"weight", table}}) + "(" +
             p.operand(node, 1) + ")"}};
  }
  if (index.defined() && index.dim() == 1)
    return {
        {"tg::index_select(" + p.operand(node, 0) + ", " + axis + ", " + p.operand(node, 1) + ")"}};
  return {};
}
/// PyTorch's order: the last dimension first.
Expressions pad(Program& p, const Node& node) {
  const Ints pads = p.ints(node, 1, "pads");
  const std::string mode = attribute(node, "mode", std::string("constant"));
  if (pads.empty() || p.has(node, 3) || (mode != "constant" && mode != "reflect")) return {};
  Ints order;
  for (std::size_t i = pads.size() / 2; i-- > 0;)
    order.push_back(pads[i]), order.push_back(pads[i + pads.size() / 2]);
  while (order.size() >= 2 && order.back() == 0 && order[order.size() - 2] == 0)
    order.pop_back(), order.pop_back();
  const std::string value = mode == "reflect" ? ", tg::PadMode::reflect"
                            : p.has(node, 2)  ? ", " + p.operand(node, 2, Binds::primary, true)
                                              : "";
  return {{"tg::pad(" + p.operand(node, 0) + ", " + braces(order) + value + ")"}};
}
Expressions shape(Program& p, const Node& node) {
  p.needs("shape_of");
  const auto start = attribute(node, "start", std::int64_t(0)),
             end = attribute(node, "end", std::int64_t(INT64_MAX));
  const std::string all = "shape_of(" + p.operand(node, 0) + ")";
  if (start == 0 && end == INT64_MAX) return {{all}};
  return {{"tg::slice(" + all + ", 0, " + std::to_string(start) +
           (end == INT64_MAX ? ")" : ", " + std::to_string(end) + ")")}};
}
/// The shape that x and the given one broadcast to.
Expressions expand(Program& p, const Node& node) {
  const tg::Tensor shape = p.constant(node, 1);
  const std::string x = p.operand(node, 0);
  if (!shape.defined()) p.needs("sizes_of");
  const std::string sizes = shape.defined() ? braces(shape.to_vector<std::int64_t>())
                                            : "sizes_of(" + p.operand(node, 1) + ")";
  return {{"tg::broadcast_tensors({" + x + ", tg::zeros(" + sizes + ")})[0]"}};
}
Expressions gather_elements(Program& p, const Node& node) {
  return {{"tg::gather(" + p.operand(node, 0) + ", " +
           std::to_string(attribute(node, "axis", std::int64_t(0))) + ", " + p.operand(node, 1) +
           ")"}};
}

}  // namespace

const std::map<std::string, Form>& shape_forms() {
  static const std::map<std::string, Form> forms = {
      {"Concat", concat},
      {"Expand", expand},
      {"Flatten", flatten},
      {"Gather", gather},
      {"GatherElements", gather_elements},
      {"Pad", pad},
      {"Reshape", reshape},
      {"Shape", shape},
      {"Slice", slice},
      {"Transpose", transpose},
      {"Squeeze", [](Program& p, const Node& n) { return by_axes(p, n, "squeeze", false); }},
      {"Unsqueeze", [](Program& p, const Node& n) { return by_axes(p, n, "unsqueeze", true); }},
  };
  return forms;
}

}  // namespace onnx_printer
