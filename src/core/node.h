// SPDX-License-Identifier: MIT
// Node: the record of one op, enough to differentiate it, to name it, and to draw it.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "tensor_impl.h"
#include "tinygrad/op.h"
#include "tinygrad/scope.h"

namespace tinygrad {

/// An input or output that is kept for the derivatives. A node keeps memory, never tensors: a
/// tensor refers to its node, and a cycle of references would leak.
struct SavedTensor {
  Keep what;
  Ref<Storage> storage;
  View view;
  unsigned version;
};

/// Called with the gradient of a tensor; may return another.
using Hook = InlineFunction<Tensor(const Tensor&), 64>;
struct HookOn {
  int output;
  Hook call;
  std::shared_ptr<Tensor> retained = {};  ///< the gradient that retain_grad() keeps
};

/// A recorded op, or a leaf.
struct Node {
  std::atomic<int> count = 0;
  const char* name;
  SourceLocation location;
  const ModulePath* path;  ///< the module that ran; null outside modules
  std::uint64_t id;        ///< order of creation, over all threads
  SmallVector<Edge, 3> inputs;
  SmallVector<Output, 1> outputs;  ///< an input's shape is found in the node that made it
  SmallVector<SavedTensor, 2> kept;
  Derivatives derivatives;
  Tensor grad;  ///< of a leaf
  std::vector<std::shared_ptr<const HookOn>> hooks;
  bool is_views = false;  ///< several backward passes may come from its outputs, one after another:
                          ///< it holds no memory, and is not freed
  bool freed = false;
  Node* waiting = nullptr;  ///< the next in the list of dying nodes
  Node(const char* name, SourceLocation location);
  bool is_leaf() const { return inputs.empty(); }
};

/// x with a node of its own, at which a backward pass can stop: if one of the wanted tensors was
/// computed from another, going on from the one into the other would count it twice.
Tensor stopped(const Tensor& x);
/// Runs a function again with the saved inputs of a node, the first `inputs` of them, recorded and
/// stopped(), and differentiates it. Returns the gradients of the inputs, undefined where none is
/// needed, and then those of `others`.
Tensors run_again(const Formula& run, std::size_t inputs, const Tensors& others, const Tensors& dys,
                  Saved s);

/// Runs the backward pass from ys, whose gradients are dys. With xs: returns their gradients.
/// Without: adds to the gradients of the leaves.
struct BackwardPassOptions {
  bool create_graph = false, retain_graph = false;
};
Tensors run_backward(const Tensors& ys, const Tensors& dys, const Tensors& xs,
                     BackwardPassOptions options);

/// Sums x over the dimensions by which it was broadcast from `shape`. Defined in ops/reduce.cpp.
Tensor sum_to(In x, const Shape& shape);

}  // namespace tinygrad
