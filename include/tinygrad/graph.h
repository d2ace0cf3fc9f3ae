// SPDX-License-Identifier: MIT
// The graph that autograd recorded, read-only: enough to draw it, to explain it, and to say what
// memory it holds. Not part of tinygrad.h.
//
//   for (const tg::GraphNode& node : tg::graph::nodes(loss))
//     std::cout << node.id() << " " << node.name() << " " << node.outputs()[0].shape << "\n";
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "tinygrad/op.h"
#include "tinygrad/scope.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

TINYGRAD_API void retain(Node*);
TINYGRAD_API void release(Node*);
struct GraphInput;

/// An input or output of an op, kept for its derivatives.
struct GraphSaved {
  Keep what;    ///< the input or output
  Shape shape;  ///< of the view that is kept
  DType dtype;
  const void* block;  ///< the memory that it is a view of: equal for tensors that share it
  std::size_t bytes;  ///< of that block
};

/// One recorded op, or a leaf: a tensor that the user made and that requires a gradient. A handle
/// that keeps the node alive, and with it all that the node was computed from; copies are cheap.
/// The functions other than operator bool must not be called on an empty handle.
class TINYGRAD_API GraphNode {
 public:
  /// Empty: no node.
  GraphNode() = default;
  explicit GraphNode(Ref<Node> node) : node_(std::move(node)) {}
  explicit operator bool() const { return bool(node_); }
  bool operator==(const GraphNode& other) const { return node_.get() == other.node_.get(); }

  /// The op's name, "linear"; "leaf" for a leaf.
  const char* name() const;
  /// Order of creation, over all threads: a node's inputs have smaller ids.
  std::uint64_t id() const;
  bool is_leaf() const;
  /// Returns whether a backward pass has freed what the node held: it cannot be passed again.
  bool is_freed() const;
  /// The module that ran; null outside modules.
  const ModulePath* path() const;
  /// The line of the user's source; line 0 if it is not known.
  SourceLocation location() const;
  /// One for each input of the op, in order; empty nodes for inputs that need no gradient.
  std::vector<GraphInput> inputs() const;
  /// Shapes and dtypes of the outputs.
  std::span<const Output> outputs() const;
  std::vector<GraphSaved> saved() const;
  /// The op's derivative alone (a vector-Jacobian product): the gradient of input i, of its shape
  /// and dtype, for gradients `dys` of all outputs, undefined where there is none. Undefined if
  /// none flows to the input. It is recorded if recording is on. Throws AutogradError if the node
  /// is a leaf or a backward pass has freed it.
  Tensor vjp(int i, const Tensors& dys) const;

 private:
  Ref<Node> node_;
};

/// A GraphInput says which output of which node an input of an op is.
struct GraphInput {
  GraphNode node;
  int output;
};

namespace graph {

/// The node that `tensor` was computed by, or its leaf; empty if it needs no gradient.
TINYGRAD_API GraphNode node(const Tensor& tensor);
/// All nodes from which the tensors were computed, inputs before the nodes that use them
/// (topological order); none if they need no gradient.
TINYGRAD_API std::vector<GraphNode> nodes(const Tensors& tensors);
/// The memory that these nodes keep for their derivatives, in bytes; shared memory counts once.
TINYGRAD_API std::size_t saved_bytes(const Tensors& tensors);

}  // namespace graph
}  // namespace tinygrad
