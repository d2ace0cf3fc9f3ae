// SPDX-License-Identifier: MIT
// checkpoint(): a function as one node of the graph, which keeps its inputs alone and runs the
// function again in the backward pass.
#include <unordered_set>

#include "autocast.h"
#include "node.h"
#include "tinygrad/functional.h"
#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

/// A tensor that stands for what an edge leads to: it has its shape, dtype and edge, and one
/// element of memory.
Tensor stand_in(const Edge& edge, const Device& device) {
  const Output& output = edge.node->outputs[edge.output];
  Tensor t = expand(zeros({}, {.dtype = output.dtype, .device = device}), output.shape);
  edge_of(t) = edge;
  return t;
}

/// The leaves older than the node `first` that y's graph reaches, but not those behind xs.
Tensors leaves_of(const Call& call, const Tensor& y, const Tensors& xs, std::uint64_t first) {
  Tensors leaves;
  std::unordered_set<const Node*> met;
  for (const Tensor& x : xs) met.insert(edge_of(x).node.get());
  std::vector<Edge> waiting{edge_of(y)};
  while (!waiting.empty()) {
    const Edge edge = waiting.back();
    waiting.pop_back();
    if (!edge.node || !met.insert(edge.node.get()).second) continue;
    if (edge.node->id < first) {
      require<AutogradError>(edge.node->is_leaf(), call, "the function uses the result of ",
                             edge.node->name,
                             ", which requires a gradient and is no input; pass it as one");
      leaves.push_back(stand_in(edge, y.device()));
    } else
      for (const Edge& input : edge.node->inputs) waiting.push_back(input);
  }
  return leaves;
}

/// What the second run must find as the first did.
struct Surroundings {
  Generator random = generator();
  DType precision = autocast_dtype();
};

}  // namespace

Tensor checkpoint(TensorFunction f, const Tensors& inputs, SourceLocation location) {
  const Call call{"checkpoint", location};
  if (!grad_enabled()) return f(inputs);
  const Surroundings before;
  Tensors leaves;
  Tensor y;
  {
    Tensors xs;
    const std::uint64_t first = Node("checkpoint", location).id;
    for (const Tensor& x : inputs) xs.push_back(x.requires_grad() ? stopped(x) : x);
    y = f(xs);
    leaves = leaves_of(call, y, xs, first);
  }
  y = y.detach();  // and with it all that the function computed in between is freed

  Tensors all = inputs;
  for (const Tensor& leaf : leaves) all.push_back(leaf);
  SmallVector<Keep, 6> keep;
  for (std::size_t i = 0; i < inputs.size(); ++i) keep.push_back(Keep::input(int(i)));
  return apply({.name = "checkpoint",
                .inputs = {all, location},
                .outputs = {{y.shape(), y.dtype()}},
                .formula = [&y](const Tensors&) { return std::exchange(y, {}); },
                .keep = std::move(keep),
                .derivatives =
                    [f = std::make_shared<TensorFunction>(std::move(f)), leaves, before,
                     count = inputs.size()](const Tensors& dys, Saved s) {
                      const ThreadStream same_numbers(before.random);
                      const Autocast same_precision(before.precision);
                      return run_again([&](const Tensors& xs) { return Tensors((*f)(xs)); }, count,
                                       leaves, dys, s);
                    }});
}

}  // namespace tinygrad
