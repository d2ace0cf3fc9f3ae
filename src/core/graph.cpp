// SPDX-License-Identifier: MIT
// Reading of the recorded graph: handles on its nodes, and the search through it.
#include "tinygrad/graph.h"

#include <algorithm>
#include <unordered_set>

#include "core/autocast.h"
#include "core/node.h"
#include "tinygrad/ops.h"

namespace tinygrad {

const char* GraphNode::name() const { return node_->name; }
std::uint64_t GraphNode::id() const { return node_->id; }
bool GraphNode::is_leaf() const { return node_->is_leaf(); }
bool GraphNode::is_freed() const { return node_->freed; }
const ModulePath* GraphNode::path() const { return node_->path; }
SourceLocation GraphNode::location() const { return node_->location; }

std::vector<GraphInput> GraphNode::inputs() const {
  std::vector<GraphInput> all;
  for (const Edge& edge : node_->inputs) all.push_back({GraphNode(edge.node), edge.output});
  return all;
}

std::span<const Output> GraphNode::outputs() const {
  return {node_->outputs.data(), node_->outputs.size()};
}

std::vector<GraphSaved> GraphNode::saved() const {
  std::vector<GraphSaved> all;
  for (const SavedTensor& kept : node_->kept)
    if (kept.storage)
      all.push_back({kept.what, kept.view.shape(), kept.view.dtype(), kept.storage.get(),
                     kept.storage->memory.bytes});
  return all;
}

Tensor GraphNode::vjp(int i, const Tensors& dys) const {
  const Scope scope(path(), location(), name());
  require<AutogradError>(node_->derivatives && !is_freed(), Call{name(), location()},
                         "has no derivative: it is a leaf, or a backward pass has freed it");
  const AutocastOff precision_of_the_op;
  SmallVector<bool, 8> needed;
  for (const Edge& edge : node_->inputs) needed.push_back(edge.node && int(needed.size()) == i);
  const Tensors dxs = node_->derivatives(dys, SavedTensors(*node_, needed, grad_enabled()));
  if (std::size_t(i) >= dxs.size() || !dxs[std::size_t(i)].defined()) return {};
  const Edge& edge = node_->inputs[std::size_t(i)];
  const Output& x = edge.node->outputs[std::size_t(edge.output)];
  return to(sum_to(dxs[std::size_t(i)], x.shape), x.dtype);
}

namespace graph {

GraphNode node(const Tensor& tensor) { return GraphNode(edge_of(tensor).node); }

std::vector<GraphNode> nodes(const Tensors& tensors) {
  std::vector<GraphNode> all;
  std::unordered_set<std::uint64_t> seen;
  const auto meet = [&](GraphNode n) {
    if (n && seen.insert(n.id()).second) all.push_back(std::move(n));
  };
  for (auto& t : tensors) meet(node(t));
  for (std::size_t i = 0; i < all.size(); ++i)
    for (GraphInput& input : all[i].inputs()) meet(std::move(input.node));
  std::sort(all.begin(), all.end(),
            [](const GraphNode& a, const GraphNode& b) { return a.id() < b.id(); });
  return all;
}

std::size_t saved_bytes(const Tensors& tensors) {
  std::size_t bytes = 0;
  std::unordered_set<const void*> counted;
  for (const GraphNode& n : nodes(tensors))
    for (const GraphSaved& saved : n.saved())
      if (counted.insert(saved.block).second) bytes += saved.bytes;
  return bytes;
}

}  // namespace graph
}  // namespace tinygrad
