// SPDX-License-Identifier: MIT
// Finds the gradients of a step. What a derivative reads and the forward pass did not make is the
// gradient of its op's result; what an update reads beside a parameter is that of the parameter.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "step.h"

namespace tinygrad::tracing {
namespace {

class Gradients {
 public:
  explicit Gradients(Step& step) : step_(step), r_(step.recording) {
    for (int i = 0; i < count(r_.ops); ++i)
      if (op(i).parent < 0)
        for (const Value& v : op(i).inputs) readers_[v.block].push_back({i, v});
    for (int i = 0; i < count(step_.nodes); ++i) {
      if (node(i).kind == Kind::leaf) leaves_[node(i).outputs[0].value.block] = i;
      if (node(i).of >= 0) backward_.push_back(i), differentiated_.insert(node(i).of);
    }
  }
  void run() {
    for (const int backward : backward_)
      for (const int at : node(backward).ops) give_outputs(backward, at);
    for (const Node& n : step_.nodes)
      if (n.kind == Kind::update) give_updated(n);
    for (const int backward : backward_) give_leaves(backward);
    for (int i = count(step_.nodes) - 1; i >= 0; --i) give_passed(i), pass_through(i);
  }

 private:
  struct Read {
    int op;
    const Value& value;
  };
  const RecordedOp& op(int i) const { return step_.op(i); }
  Node& node(int i) { return step_.nodes[std::size_t(i)]; }

  /// The gradients of the outputs of a forward node are what its derivative reads and no op of the
  /// forward pass has made.
  void give_outputs(int backward, int at) {
    const RecordedOp& o = op(at);
    for (Port& out : node(node(backward).of).outputs) {
      const Value* found = nullptr;
      for (const Value& v : o.inputs) {
        if (!step_.is_gradient(v, backward) || v.shape != out.value.shape || writes(o, v)) continue;
        if (!found || is_sent_to(v, node(backward).of)) found = &v;
      }
      if (found && out.gradient < 0) give(out, *found, backward);
    }
  }
  /// Returns whether a gradient was computed by the derivative of a node that uses `target`.
  bool is_sent_to(const Value& v, int target) {
    const int from = v.from < 0 ? -1 : node(step_.node_of_op[std::size_t(v.from)]).of;
    return from >= 0 && feeds(target, node(from));
  }
  void give(Port& to, const Value& gradient, int otherwise) {
    to.gradient = gradient.content;
    given_[to.node] = gradient.block;
    if (node(to.node).kind == Kind::leaf)  // which holds it
      step_.recording.blocks[std::size_t(gradient.block)].last = count(r_.ops) - 1;
    to.arrives = gradient.from >= 0 ? step_.node_of_op[std::size_t(gradient.from)] : otherwise;
  }

  /// An update reads the gradient of its i-th written tensor as its i-th input that it only reads.
  void give_updated(const Node& update) {
    const RecordedOp& o = op(update.ops[0]);
    std::size_t i = 0;
    for (const Value& v : o.inputs) {
      if (v.block < 0 || writes(o, v) || i >= o.outputs.size()) continue;
      const Value& target = o.outputs[i++];
      const auto leaf = leaves_.find(target.block);
      if (leaf != leaves_.end() && v.shape == target.shape && v.from >= 0)
        give(node(leaf->second).outputs[0], v, -1), has_updates_ = true;
    }
  }

  /// Without updates: what a derivative computes and nothing reads are the gradients of leaves.
  void give_leaves(int backward) {
    if (has_updates_) return;
    std::vector<Value> left;
    for (const Port& p : node(backward).outputs)
      if (!is_read(p.value)) left.push_back(p.value);
    auto& inputs = node(node(backward).of).inputs;
    for (auto in = inputs.rbegin(); in != inputs.rend(); ++in) {
      if (in->node < 0 || node(in->node).kind != Kind::leaf) continue;
      const auto found = std::find_if(left.rbegin(), left.rend(),
                                      [&](const Value& v) { return v.shape == in->value.shape; });
      if (found == left.rend()) continue;
      give(node(in->node).outputs[0], *found, backward);
      left.erase(std::next(found).base());
    }
  }
  bool is_view(int at) const { return op(at).status == OpStatus::view; }
  /// Returns whether an op computes from v without writing into it.
  bool is_read(const Value& v) const {
    const auto found = readers_.find(v.block);
    return found != readers_.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const Read& read) {
             return !is_view(read.op) && !writes(op(read.op), read.value);
           });
  }

  /// The gradient of a node whose own derivative runs no op: what the derivative of a user computed
  /// in its shape and other nodes read.
  void give_passed(int at) {
    if (node(at).kind != Kind::forward || node(at).outputs.empty() || is_differentiated(at)) return;
    Port& out = node(at).outputs[0];
    for (const int backward : backward_) {
      if (out.gradient >= 0 || !feeds(at, node(node(backward).of))) continue;
      for (const Port& p : node(backward).outputs)
        if (const Value* read = read_elsewhere(p.value, backward);
            read && p.value.shape == out.value.shape &&
            is_free(p.value, node(node(backward).of), at)) {
          give(out, *read, backward);
          break;
        }
    }
  }
  /// Returns whether a tensor is not the gradient of another input of a node.
  bool is_free(const Value& v, const Node& user, int at) const {
    return std::none_of(user.inputs.begin(), user.inputs.end(), [&](const Port& p) {
      const auto given = given_.find(p.node);
      return p.node != at && given != given_.end() && given->second == v.block;
    });
  }
  /// A value as the first node after `backward` reads it; null if that node computes from it.
  const Value* read_elsewhere(const Value& v, int backward) const {
    const auto found = readers_.find(v.block);
    if (found == readers_.end()) return nullptr;
    for (const Read& read : found->second) {
      const int reader = step_.node_of_op[std::size_t(read.op)];
      if (reader > backward) return &read.value;
      if (reader == backward && !is_view(read.op)) return nullptr;
    }
    return nullptr;
  }
  bool is_differentiated(int at) const { return differentiated_.contains(at); }

  /// A node whose derivative passes the gradient on, as an addition's, runs no op: what it was sent
  /// is sent to its inputs.
  void pass_through(int at) {
    const Node& n = node(at);
    if (n.kind != Kind::forward || n.outputs.empty() || is_differentiated(at)) return;
    const Port& out = n.outputs[0];
    for (const Port& in : n.inputs) {
      if (in.node < 0 || out.gradient < 0 || node(in.node).outputs.size() != 1) continue;
      Port& target = node(in.node).outputs[0];
      if (target.gradient < 0 && target.value.shape == out.value.shape)
        target.gradient = out.gradient, target.arrives = out.arrives;
    }
  }

  Step& step_;
  const RecordedStep& r_;
  std::unordered_map<int, std::vector<Read>> readers_;  // of a block, outermost ones in order
  std::unordered_map<int, int> leaves_;                 // from a block to the leaf
  std::unordered_map<int, int> given_;                  // from a node to the block of its gradient
  std::vector<int> backward_;                           // nodes that are derivatives of known ones
  std::unordered_set<int> differentiated_;
  bool has_updates_ = false;
};

}  // namespace

void give_gradients(Step& step) { Gradients(step).run(); }

}  // namespace tinygrad::tracing
