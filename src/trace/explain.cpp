// SPDX-License-Identifier: MIT
// explain(): the largest paths from one weight to the loss, found by dynamic programming over the
// elements of the tensors between them. Every path to an element of an output is a path to an
// element of an input and one more factor, so the k largest to each element are among the k largest
// to those before it.
#include "tinygrad/trace/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lent_memory.h"
#include "local_jacobian.h"
#include "place.h"
#include "tinygrad/graph.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

/// A path from the weight to an element: the path before it, and the factor from there.
struct Prefix {
  double product, factor;
  const Prefix* before;
  const GraphNode* node;
  int input, output;
  std::int64_t element;
};
/// An element that the weight reaches: its largest paths, and the sum and count of all.
struct Element {
  std::vector<Prefix> best = {};
  double sum = 0, count = 0;

  void add(const Prefix& path, std::size_t k) {
    if (best.size() == k && !(std::abs(path.product) > std::abs(best.back().product))) return;
    if (best.size() == k) best.pop_back();
    const auto larger = [](const Prefix& a, const Prefix& b) {
      return std::abs(a.product) > std::abs(b.product);
    };
    best.insert(std::upper_bound(best.begin(), best.end(), path, larger), path);
  }
};
using Elements = std::map<std::int64_t, Element>;  ///< by row-major position

class Search {
 public:
  Search(const Tensor& loss, const Tensor& parameter, std::int64_t position,
         const ExplainOptions& options)
      : options_(options), device_(parameter.device()), nodes_(graph::nodes(loss)) {
    Element weight{.sum = 1, .count = 1};
    weight.best.push_back({1, 1, nullptr, nullptr, 0, 0, position});
    reached_[{graph::node(parameter).id(), 0}][position] = weight;
  }

  /// Oldest first, so that all paths to a node's inputs are known.
  const Element& run() {
    for (const GraphNode& node : nodes_) {
      const std::vector<GraphInput> inputs = node.inputs();
      for (int i = 0; i < int(inputs.size()); ++i) {
        const GraphInput& x = inputs[std::size_t(i)];
        const auto found = x.node ? reached_.find({x.node.id(), x.output}) : reached_.end();
        if (found != reached_.end()) go_through(node, i, found->second);
      }
    }
    const auto end = reached_.find({nodes_.back().id(), 0});
    static const Element none;
    return end == reached_.end() || end->second.empty() ? none : end->second.at(0);
  }

  std::vector<std::string> cuts = {};

 private:
  /// Goes on from the elements of input i of a node to those of its outputs.
  void go_through(const GraphNode& node, int i, const Elements& x) {
    std::vector<std::int64_t> from = by_product(x);
    const std::size_t most = std::min(from.size(), options_.max_elements);
    from.resize(most);
    std::size_t followed = most;
    for (int o = 0; o < int(node.outputs().size()); ++o) {
      if (!node.outputs()[std::size_t(o)].carries_gradient()) continue;
      Elements& y = reached_[{node.id(), o}];
      const auto go_on = [&](std::int64_t at, std::int64_t to, double factor) {
        extend(x.at(at), {0, factor, nullptr, &node, i, o, to}, y[to]);
      };
      const tracing::LocalJacobian jacobian(node, i, o, device_);
      followed = std::min(followed, jacobian.visit(from, options_.max_derivatives, go_on));
    }
    if (followed < x.size()) say_cut(node, followed, x.size());
  }
  void extend(const Element& x, Prefix step, Element& y) const {
    y.sum += x.sum * step.factor;
    y.count += x.count;
    for (const Prefix& path : x.best) {
      step.product = path.product * step.factor, step.before = &path;
      y.add(step, std::max<std::size_t>(options_.paths, 1));
    }
  }
  static std::vector<std::int64_t> by_product(const Elements& elements) {
    std::vector<std::int64_t> all;
    for (auto& [position, element] : elements) all.push_back(position);
    std::stable_sort(all.begin(), all.end(), [&](std::int64_t a, std::int64_t b) {
      return std::abs(elements.at(a).best[0].product) > std::abs(elements.at(b).best[0].product);
    });
    return all;
  }
  void say_cut(const GraphNode& node, std::size_t followed, std::size_t all) {
    const std::string place = tracing::place(node.path() ? node.path()->text : "", node.location());
    cuts.push_back(
        fmt::format("{} ({}): {} of {} elements were followed", node.name(), place, followed, all));
  }

  const ExplainOptions& options_;
  Device device_;
  std::vector<GraphNode> nodes_;
  std::map<std::pair<std::uint64_t, int>, Elements> reached_;  ///< by node and output
};

/// The path to the loss: all but the last factor, which is 1.
GradientPath path_of(const Prefix& end) {
  GradientPath path{end.product, {}};
  for (const Prefix* p = end.before; p->before; p = p->before) {
    const GraphNode& node = *p->node;
    const Shape& shape = node.outputs()[std::size_t(p->output)].shape;
    path.factors.push_back({node.name(), node.path() ? node.path()->text : "", node.location(),
                            p->input, shape, tracing::index_at(p->element, shape), p->factor});
  }
  std::reverse(path.factors.begin(), path.factors.end());
  return path;
}

// ------------------------------------------------------------ the central difference

double machine_epsilon(DType dtype) {
  if (dtype == float64) return 0x1p-52;
  return dtype == float16 ? 0x1p-10 : dtype == bfloat16 ? 0x1p-7 : 0x1p-23;
}

/// Sets numeric and eps of the explanation. The step is the one that the dtype has room for.
void differ(const InlineFunction<Tensor(), 64>& loss, const Tensor& parameter, std::size_t position,
            double eps, Explanation& e) {
  const NoGrad off;
  const Generator start = generator();
  const Device& device = parameter.device();
  const std::vector<double> own = parameter.detach().to_vector<double>();
  const double weight = own[position];
  if (eps == 0)
    eps = std::cbrt(machine_epsilon(parameter.dtype())) * std::max(1., std::abs(weight));
  double values[2], at[2];
  for (int side : {0, 1}) {
    std::vector<double> moved = own;
    moved[position] += side ? eps : -eps;
    const tracing::LentMemory lent(
        parameter, from_vector(moved, parameter.shape(), "cpu").to(parameter.dtype()).to(device));
    const ThreadStream same(start);
    at[side] = parameter.to_vector<double>()[position];
    values[side] = loss().item<double>();
  }
  e.eps = (at[1] - at[0]) / 2, e.numeric = (values[1] - values[0]) / (at[1] - at[0]);
}

std::int64_t position_of(const Call& call, const Tensor& parameter, const Dims& index) {
  const Shape& shape = parameter.shape();
  const Strides strides = dense_strides(shape);
  bool inside = index.rank() == shape.rank();
  std::int64_t position = 0;
  for (int d = 0; inside && d < index.rank(); ++d) {
    inside = index[d] >= 0 && index[d] < shape[d];
    position += index[d] * strides[d];
  }
  require<IndexError>(inside, call, "there is no element ", to_string(index),
                      " in a parameter of shape ", shape);
  return position;
}

}  // namespace

Explanation explain(const InlineFunction<Tensor(), 64>& loss, const Tensor& parameter,
                    const Dims& index, const ExplainOptions& options, SourceLocation location) {
  const Call call{"explain", location};
  require(bool(loss), call, "loss is an empty function");
  require<AutogradError>(parameter.requires_grad(location) && parameter.is_leaf(), call,
                         "the parameter must be a leaf that requires a gradient");
  require(options.eps >= 0, call, "eps is ", options.eps, "; it must not be negative");
  const std::int64_t position = position_of(call, parameter, index);
  Explanation e{.name = options.name, .index = index};
  const GradMode on(true);
  const ThreadStream as_before(generator());
  {
    const ThreadStream same(generator());
    const Tensor y = loss();
    require<ShapeError>(y.numel() == 1, call, "loss must return a single element, got shape ",
                        y.shape());
    const Tensor end = y * 1;  // of a node with a single output
    const Tensor gradient =
        grad(end, parameter, {.retain_graph = true, .allow_unused = true}, location)[0];
    require<AutogradError>(gradient.defined(), call, "the loss does not depend on the parameter");
    e.autograd = gradient.to_vector<double>()[std::size_t(position)];
    Search search(end, parameter, position, options);
    const Element& all = search.run();
    e.count = all.count, e.rest = e.autograd, e.cuts = search.cuts;
    for (const Prefix& p : std::span(all.best).first(std::min(options.paths, all.best.size())))
      e.paths.push_back(path_of(p)), e.rest -= p.product;
  }
  differ(loss, parameter, std::size_t(position), options.eps, e);
  return e;
}

namespace {

/// The index in brackets; nothing for that of a scalar.
std::string in_brackets(const Dims& index) { return index.empty() ? "" : to_string(index); }

/// "× 0.25  ∂conv2d[0, 1, 3, 3]/∂input 1  conv1, net.cpp:12".
std::string text_of(const PathFactor& f) {
  return fmt::format("    × {:<12.6g} {:<36} {}\n", f.value,
                     fmt::format("∂{}{}/∂input {}", f.op, in_brackets(f.element), f.input),
                     tracing::place(f.path, f.location));
}

}  // namespace

std::string to_string(const Explanation& e) {
  std::string text = fmt::format(
      "∂loss/∂{}{}\n  {:<12.6g} by autograd\n  {:<12.6g} by a central "
      "difference of ± {:.2g}\n",
      e.name, in_brackets(e.index), e.autograd, e.numeric, e.eps);
  text +=
      e.count == double(e.paths.size())
          ? fmt::format("All {} paths to the loss:\n", e.count)
          : fmt::format("The {} largest of {:.6g} paths to the loss:\n", e.paths.size(), e.count);
  for (const GradientPath& path : e.paths) {
    text += fmt::format("  {:.6g} =\n", path.product);
    for (const PathFactor& f : path.factors) text += text_of(f);
  }
  text += fmt::format("  {:.6g} is the sum of the rest\n", e.rest);
  for (const std::string& cut : e.cuts) text += "The search was cut at " + cut + "\n";
  return text;
}

}  // namespace tinygrad
