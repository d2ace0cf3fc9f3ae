// SPDX-License-Identifier: MIT
// Rules of ops that move elements: views, which are told from their strides, copies, joins and
// indexing.
#include <algorithm>
#include <numeric>

#include "export_rules.h"

namespace tinygrad::onnx {
namespace {

// ------------------------------------------------------------ shapes

/// The sizes as Reshape takes them, for an input of sizes `from`: 0 copies a size, -1 is inferred.
/// Empty if more than one size would have to be inferred.
Ints reshape_target(const Sizes& from, const Sizes& to) {
  Ints target;
  for (std::size_t i = 0; i < to.size(); ++i)
    target.push_back(to[i].is_static()                     ? to[i].first
                     : i < from.size() && from[i] == to[i] ? 0
                                                           : -1);
  return std::count(target.begin(), target.end(), -1) > 1 ? Ints() : target;
}

/// A reshape remembers what it reshaped, so that another one of it needs only one node, and one
/// back to that shape none.
bool reshape(ExportStep& s) {
  GraphValue& x = s.value(0);
  const Sizes to = s.output_sizes(0);
  const bool again = !x.origin.empty() && !x.is_expanded;
  const std::string from = again ? x.origin : s.name(0);
  const Sizes from_sizes = again ? x.origin_sizes : s.input_sizes(0);
  if (from_sizes == to) return s.result(from);
  const Ints target = reshape_target(from_sizes, to);
  const bool fits = !target.empty() || to.empty();
  const std::string y = s.node("Reshape", {from, fits ? s.ints(target) : s.shape(to)});
  return s.result({GraphValue::Kind::computed, y, {}, {}, from, from_sizes});
}

/// The order of dimensions that explains sizes and strides. Where several do, they are the same.
bool permute(ExportStep& s) {
  const View &x = view_of(s.input(0)), &y = view_of(s.output(0));
  const Sizes from = s.input_sizes(0), to = s.output_sizes(0);
  Ints order, sorted(from.size());
  for (int i = 0; i < y.rank(); ++i)
    for (int k = 0; k < x.rank(); ++k) {
      const bool is_free = std::find(order.begin(), order.end(), k) == order.end();
      const bool fits = from[std::size_t(k)] == to[std::size_t(i)] && x.stride(k) == y.stride(i);
      if (is_free && fits) {
        order.push_back(k);
        break;
      }
    }
  std::iota(sorted.begin(), sorted.end(), 0);
  if (order == sorted) return s.result(s.name(0));
  return s.result(s.node("Transpose", {s.name(0)}, {{"perm", order}}));
}

/// Expand keeps a size where the target is 1.
bool expand(ExportStep& s) {
  const Sizes from = s.input_sizes(0), to = s.output_sizes(0);
  if (from == to) return s.result(s.name(0));
  Sizes target = to;
  const std::size_t more = to.size() - from.size();
  for (std::size_t i = more; i < to.size(); ++i)
    if (from[i - more] == to[i]) target[i] = {1, 1};
  const std::string x = s.name(0), y = s.node("Expand", {x, s.shape(target)});
  return s.result({GraphValue::Kind::computed, y, {}, {}, x, from, true});
}

// ------------------------------------------------------------ parts

/// Output i as the elements first, first + step, ... of one dimension of the input.
struct Part {
  int dim;
  std::int64_t first, step, count;
};
/// The dimension that a view has lost (select, unbind), or whose size it changed (slice, split).
Part part_of(const View& x, const View& y) {
  const std::int64_t offset = y.offset() - x.offset();
  const bool is_selected = y.rank() < x.rank();
  for (int d = 0; d < x.rank(); ++d) {
    const std::int64_t stride = x.stride(d);
    if (is_selected) {
      const View rest = x.select(d, 0);
      if (rest.shape() == y.shape() && rest.strides() == y.strides() &&
          (stride == 0 || (offset % stride == 0 && offset / stride < x.size(d))))
        return {d, stride ? offset / stride : 0, 1, 1};
    } else if (x.size(d) != y.size(d)) {
      return {d, stride ? offset / stride : 0, y.size(d) > 1 && stride ? y.stride(d) / stride : 1,
              y.size(d)};
    }
  }
  return {0, 0, 1, x.rank() ? x.size(0) : 1};
}

/// A position that grows with the batch is counted from the end.
std::int64_t position(std::int64_t first, std::int64_t size, std::int64_t second,
                      std::int64_t second_size, const ExportStep& s) {
  if (first == second) return first;
  if (first - size == second - second_size) return first - size;
  s.refuse("takes a part that depends on the size of the batch");
}
bool part(ExportStep& s, int output) {
  const Part a = part_of(view_of(s.input(0)), view_of(s.output(output)));
  const Part b = part_of(view_of(s.input(0, true)), view_of(s.output(output, true)));
  const Size size = s.input_sizes(0).empty() ? Size{1, 1} : s.input_sizes(0)[std::size_t(a.dim)];
  const std::int64_t start = position(a.first, size.first, b.first, size.second, s);
  if (s.output(output).dim() < s.input(0).dim())
    return s.result(
        s.node("Gather", {s.name(0), s.graph().scalar(start, DType::int64)}, {{"axis", a.dim}}),
        output);
  if (s.input_sizes(0) == s.output_sizes(output)) return s.result(s.name(0), output);
  const std::int64_t end_a = a.first + (a.count - 1) * a.step + 1,
                     end_b = b.first + (b.count - 1) * b.step + 1;
  const bool to_end = size.first - end_a < a.step && size.second - end_b < b.step;
  const std::int64_t end = to_end ? INT64_MAX : position(end_a, size.first, end_b, size.second, s);
  return s.result(s.node("Slice", {s.name(0), s.ints({start}), s.ints({end}), s.ints({a.dim}),
                                   s.ints({a.step})}),
                  output);
}
bool parts(ExportStep& s) {
  for (int i = 0; i < s.outputs(); ++i) part(s, i);
  return true;
}

// ------------------------------------------------------------ copies

bool same(ExportStep& s) {
  GraphValue copy = s.value(0);
  copy.name = s.name(0), copy.kind = GraphValue::Kind::computed;
  return s.result(std::move(copy));
}
bool convert(ExportStep& s) {
  if (s.input(0).dtype() == s.output(0).dtype()) return same(s);  // to another device
  return s.result(s.node("Cast", {s.name(0)}, {{"to", number_of(s.output(0).dtype())}}));
}
/// x.copy_(y): from now on x is y.
bool overwrite(ExportStep& s) {
  std::string y = s.name(1);
  if (s.input(1).dtype() != s.output(0).dtype())
    y = s.node("Cast", {y}, {{"to", number_of(s.output(0).dtype())}});
  const bool fits = s.input_sizes(1) == s.output_sizes(0);
  return s.result(fits ? y : s.node("Expand", {y, s.shape(s.output_sizes(0))}));
}

/// The dimension along which the sizes add up is the first in which an input is not as large.
bool concat(ExportStep& s) {
  const Shape &x = s.input(0).shape(), &y = s.output(0).shape();
  int axis = 0;
  while (axis + 1 < y.rank() && x[axis] == y[axis]) ++axis;
  if (s.inputs() == 1) return same(s);
  std::vector<std::string> all;
  for (int i = 0; i < s.inputs(); ++i) {
    all.push_back(s.name(i));
    if (s.input(i).dtype() != s.output(0).dtype())
      all.back() = s.node("Cast", {all.back()}, {{"to", number_of(s.output(0).dtype())}});
  }
  return s.result(s.node("Concat", all, {{"axis", axis}}));
}

/// The last elements of a dimension, then those before. The kernel copies these first.
bool roll(ExportStep& s) {
  const View &x = view_of(s.input(0)), &rest = *s.call("copy")->find<View>(0);
  int axis = 0;
  while (axis < x.rank() && x.size(axis) == rest.size(axis)) ++axis;
  if (axis == x.rank()) return same(s);
  const auto elements = [&](std::int64_t first, std::int64_t end) {
    return s.node("Slice", {s.name(0), s.ints({first}), s.ints({end}), s.ints({axis})});
  };
  const std::int64_t count = rest.size(axis);
  return s.result(
      s.node("Concat", {elements(count, INT64_MAX), elements(0, count)}, {{"axis", axis}}));
}

/// Slices backwards. The kernel copies a view with negative strides.
bool flip(ExportStep& s) {
  const View& from = *s.call("copy")->find<View>(0);
  Ints dims;
  for (int d = 0; d < from.rank(); ++d)
    if (from.stride(d) < 0) dims.push_back(d);
  const auto all = [&](std::int64_t value) { return s.ints(Ints(dims.size(), value)); };
  if (dims.empty()) return same(s);
  return s.result(s.node("Slice", {s.name(0), all(-1), all(INT64_MIN), s.ints(dims), all(-1)}));
}

/// An index that was expanded over the other dimensions selects slices (Gather); any other selects
/// elements (GatherElements).
bool gather(ExportStep& s) {
  if (!s.call("gather")) return false;
  const std::int64_t dim = s.argument<std::int64_t>("gather");
  const GraphValue& index = s.value(1);
  const View& v = view_of(s.input(1));
  bool is_of_slices = index.is_expanded;
  for (int d = 0; d < v.rank(); ++d)
    is_of_slices =
        is_of_slices && (d == dim || v.stride(d) == 0 || v.size(d) == 1) &&
        (d == dim || s.input_sizes(0)[std::size_t(d)] == s.input_sizes(1)[std::size_t(d)]);
  if (!is_of_slices)
    return s.result(s.node("GatherElements", {s.name(0), s.name(1)}, {{"axis", dim}}));
  const std::string line = s.node("Reshape", {index.origin, s.ints({-1})});
  return s.result(s.node("Gather", {s.name(0), line}, {{"axis", dim}}));
}

}  // namespace

const RuleTable& view_rules() {
  static const RuleTable rules = {
      {"reshape", reshape},     {"view", reshape},     {"squeeze", reshape},
      {"unsqueeze", reshape},   {"permute", permute},  {"transpose", permute},
      {"movedim", permute},     {"expand", expand},    {"select", parts},
      {"slice", parts},         {"split", parts},      {"chunk", parts},
      {"tensor_split", parts},  {"unbind", parts},     {"clone", same},
      {"contiguous", same},     {"to", convert},       {"copy_", overwrite},
      {"cat", concat},          {"stack", concat},     {"hstack", concat},
      {"vstack", concat},       {"dstack", concat},    {"column_stack", concat},
      {"flip", flip},           {"roll", roll},        {"gather", gather},
      {"index_select", gather}, {"embedding", gather}, {"take_along_dim", gather},
      {"take", gather},         {"index", gather},
  };
  return rules;
}

}  // namespace tinygrad::onnx
