// SPDX-License-Identifier: MIT
// Step: a recording read as a network: leaves, the nodes of the forward pass, for each the node of
// the backward pass that differentiates it, gradients, and updates of parameters.
#pragma once
#include "recorder.h"
#include "tinygrad/trace/trace.h"

namespace tinygrad::tracing {

enum class Kind : std::uint8_t { leaf, forward, backward, update };

/// An input or output of a node.
struct Port {
  Value value;
  int node = -1;      ///< that computed it, or its leaf
  int gradient = -1;  ///< position in RecordedStep::contents
  int arrives = -1;   ///< the node that computed the gradient
};
struct Node {
  Kind kind;
  std::string name;
  const ModulePath* path = nullptr;
  SourceLocation location = {};
  std::vector<int> ops = {};  ///< outermost ones: one, none for a leaf, any for backward
  int of = -1;                ///< the forward node that is differentiated; -1: not known
  std::vector<Port> inputs = {}, outputs = {};
};
struct Step {
  TraceOptions options;
  RecordedStep recording;
  std::vector<Node> nodes;      ///< in the order in which they ran, a leaf before its first use
  std::vector<int> node_of_op;  ///< -1 for an op inside a formula
  int first_backward = -1;      ///< the first op of a backward pass

  const RecordedOp& op(int i) const { return recording.ops[std::size_t(i)]; }
  /// Returns whether a backward pass made a tensor, and not the node that reads it.
  bool is_gradient(const Value& v, int reader) const;
};

template <class List> int count(const List& list) { return int(list.size()); }
/// Returns whether an op writes into the memory of v.
bool writes(const RecordedOp& op, const Value& v);
/// Returns whether node n reads a result of node `from`.
bool feeds(int from, const Node& n);

Step make_step(RecordedStep recording, TraceOptions options);
/// Fills in the gradients of outputs (gradients.cpp).
void give_gradients(Step& step);

std::string to_string(OpStatus status);
std::string to_string(Kind kind);
/// "encoder.0.fc1", empty outside modules.
std::string path_text(const Node& node);

std::string html(const Step& step);
std::string dot(const Step& step);
std::string chrome(const Step& step);

}  // namespace tinygrad::tracing
