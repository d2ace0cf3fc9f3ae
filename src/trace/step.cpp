// SPDX-License-Identifier: MIT
// Reads a recording as a network. Observers see memory, not the graph of autograd, so that the
// links are found from what the ops read and wrote: here, which op of the backward pass belongs to
// which of the forward pass; in gradients.cpp, which tensor is whose gradient.
#include "step.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tinygrad::tracing {
namespace {

class Builder {
 public:
  explicit Builder(Step& step) : step_(step), r_(step.recording) {}

  void run() {
    step_.node_of_op.assign(r_.ops.size(), -1);
    for (int i = 0; i < count(r_.ops); ++i)
      if (!op(i).derivative_of.empty()) {
        if (step_.first_backward < 0) step_.first_backward = i;
        last_backward_ = i;
      }
    for (int i = 0; i < count(r_.ops); ++i)
      if (op(i).parent < 0) add(i);
    for (Node& n : step_.nodes)
      for (Port& port : n.inputs)
        if (port.node >= 0) first_user_.try_emplace(port.node, n.kind);
    for (int i = 0; i < count(step_.nodes); ++i) move_to_users(i);
  }

 private:
  const RecordedOp& op(int i) const { return step_.op(i); }
  const Node& node(int i) const { return step_.nodes[std::size_t(i)]; }
  const Block& block(const Value& v) const { return r_.blocks[std::size_t(v.block)]; }

  void add(int at) {
    const RecordedOp& o = op(at);
    const bool in_backward = !o.derivative_of.empty() && o.derivative_of != "backward";
    if (in_backward && continues(at)) {
      extend(at);
      return;
    }
    Node made{.kind = in_backward     ? Kind::backward
                      : is_update(at) ? Kind::update
                                      : Kind::forward,
              .name = in_backward ? o.derivative_of : o.name,
              .path = o.path,
              .location = o.location};
    if (in_backward) made.of = candidate(at);
    if (made.of >= 0) made.location = node(made.of).location;
    if (made.kind == Kind::forward)
      for (const Value& v : o.inputs) add_leaf(v, o);
    if (!in_backward || made.of >= 0) newest_ = made.of;
    step_.nodes.push_back(std::move(made));
    extend(at);
  }
  /// Appends an op to the last node.
  void extend(int at) {
    Node& n = step_.nodes.back();
    const int here = count(step_.nodes) - 1;
    n.ops.push_back(at);
    step_.node_of_op[std::size_t(at)] = here;
    for (const Value& v : op(at).inputs) {
      const int from = v.from >= 0 ? step_.node_of_op[std::size_t(v.from)] : leaf_of(v);
      if (from != here || n.kind != Kind::backward) n.inputs.push_back({v, from});
    }
    for (const Value& v : op(at).outputs) n.outputs.push_back({v, here});
  }

  // ------------------------------------------------------------ leaves

  int leaf_of(const Value& v) const {
    const auto found = leaves_.find(v.block);
    return found == leaves_.end() ? -1 : found->second;
  }
  void add_leaf(const Value& v, const RecordedOp& user) {
    if (v.block < 0 || v.from >= 0 || leaf_of(v) >= 0) return;
    leaves_[v.block] = count(step_.nodes);
    step_.nodes.push_back({.kind = Kind::leaf,
                           .name = block(v).name,
                           .path = user.path,
                           .outputs = {{v, count(step_.nodes)}}});
  }
  /// Returns whether an op sums gradients, reads them after the last backward pass, or writes into
  /// what is from before and outside modules.
  bool is_update(int at) const {
    const RecordedOp& o = op(at);
    const auto reads_gradient = [&](const Value& v) {
      const int from = v.from < 0 ? -1 : step_.node_of_op[std::size_t(v.from)];
      return from >= 0 && step_.nodes[std::size_t(from)].kind >= Kind::backward;
    };
    const auto is_older = [&](const Value& v) {
      return o.status != OpStatus::view && block(v).maker < 0;
    };
    if (o.path) return false;
    return o.derivative_of == "backward" ||
           std::any_of(o.outputs.begin(), o.outputs.end(), is_older) ||
           (at > last_backward_ && std::any_of(o.inputs.begin(), o.inputs.end(), reads_gradient));
  }

  /// What an op makes from nothing belongs where it is read first: the ones with which a backward
  /// pass begins, the zeros of an optimizer's state.
  void move_to_users(int at) {
    Node& n = step_.nodes[std::size_t(at)];
    const auto first = first_user_.find(at);
    if (n.kind == Kind::forward && n.inputs.empty() && first != first_user_.end())
      n.kind = first->second;
  }

  // ------------------------------------------------------------ the backward pass

  bool shares_call(const RecordedOp& o, const Node& n) const {
    return o.derivative_of == n.name && o.path == n.path &&
           (n.location.line == 0 || o.location.line == 0 ||  // 0: not known
            (o.location.line == n.location.line &&
             o.location.file == std::string(n.location.file)));
  }
  /// Returns whether an op belongs to the last node, as further ops of the same derivative do. The
  /// derivative of another op with the same name and line begins if nothing connects the op with
  /// those of the node, or if it is the op with which the node began and reads what that computed.
  bool continues(int at) {
    if (step_.nodes.empty() || step_.nodes.back().kind != Kind::backward) return false;
    const Node& last = step_.nodes.back();
    const RecordedOp& o = op(at);
    const int next = last.of < 0 ? -1 : candidate(at);
    const bool same_line = o.location.line == last.location.line;
    if (is_replay(last) && (next < 0 || (same_line && !feeds(next, node(last.of))))) return true;
    if (!shares_call(o, last)) return false;
    if (next < 0) return true;
    bool reads_result = false, reads_same = false, reads_gradient = false, reads_saved = false;
    for (const Value& v : o.inputs) {
      const bool gradient = step_.is_gradient(v, count(step_.nodes) - 1);
      reads_result = reads_result || has_block(last.outputs, v);
      reads_gradient = reads_gradient || gradient;
      reads_same = reads_same || (gradient && has_block(last.inputs, v));
      reads_saved = reads_saved || uses(node(last.of), v);
    }
    const RecordedOp& first = op(last.ops[0]);
    const bool begins = o.name == first.name && feeds(next, node(last.of)) &&
                        (!reads_same || same_inputs(o, first));
    return !begins && (reads_result || reads_same || (reads_saved && !reads_gradient) ||
                       reads_next_output(last, o));
  }
  /// Returns whether an op reads a gradient in the shape of an output of which the node has not yet
  /// read the gradient.
  bool reads_next_output(const Node& last, const RecordedOp& o) const {
    return std::any_of(o.inputs.begin(), o.inputs.end(), [&](const Value& v) {
      std::unordered_set<int> known;
      for (const Port& p : last.inputs)
        if (p.value.shape == v.shape && step_.is_gradient(p.value, -1))
          known.insert(p.value.content);
      const auto& outputs = node(last.of).outputs;
      return step_.is_gradient(v, -1) &&
             count(known) < std::count_if(
                                outputs.begin(), outputs.end(),
                                [&](const Port& p) { return p.value.shape == v.shape; });
    });
  }
  static bool same_inputs(const RecordedOp& a, const RecordedOp& b) {
    return std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                      [](const Value& x, const Value& y) { return x.block == y.block; });
  }
  /// Returns whether a derivative runs its op's formula again: the ops of the formula are then
  /// differentiated, which are no nodes of the forward pass.
  bool is_replay(const Node& n) const {
    return std::any_of(n.ops.begin(), n.ops.end(), [&](int i) {
      return op(i).name == n.name && op(i).status == OpStatus::formula;
    });
  }
  static bool has_block(const std::vector<Port>& ports, const Value& v) {
    return v.block >= 0 && std::any_of(ports.begin(), ports.end(),
                                       [&](const Port& p) { return p.value.block == v.block; });
  }

  static bool uses(const Node& n, const Value& v) {
    return has_block(n.inputs, v) || has_block(n.outputs, v);
  }

  /// The forward node of that name and line, not yet differentiated in this pass, to which an op of
  /// its derivative fits best; the newest of those that fit as well.
  int candidate(int at) const {
    const int before = newest_ < 0 ? count(step_.nodes) : newest_;  // nodes are visited backwards
    int best = -1, best_fit = -1;
    for (int i = before - 1; i >= 0; --i) {
      const Node& n = step_.nodes[std::size_t(i)];
      if (n.kind != Kind::forward || !shares_call(op(at), n)) continue;
      if (const int its_fit = fit(op(at), n); its_fit > best_fit) best = i, best_fit = its_fit;
    }
    return best;
  }
  /// 2 if the op reads memory that the node has used, which may be saved, and 1 if it reads a
  /// gradient in the shape of a result.
  int fit(const RecordedOp& o, const Node& n) const {
    bool saved = false, gradient = false;
    for (const Value& v : o.inputs) {
      saved = saved || uses(n, v);
      for (const Port& out : n.outputs)
        gradient = gradient || (step_.is_gradient(v, -1) && v.shape == out.value.shape);
    }
    return 2 * saved + gradient;
  }

  Step& step_;
  const RecordedStep& r_;
  std::unordered_map<int, int> leaves_;  // from block to node
  std::unordered_map<int, Kind> first_user_;
  int last_backward_ = -1;
  int newest_ = -1;  // the forward node that was differentiated last in this pass
};

}  // namespace

bool Step::is_gradient(const Value& v, int reader) const {
  if (v.block < 0) return false;
  const int from = v.from < 0 ? -1 : node_of_op[std::size_t(v.from)];
  if (from >= 0 && from == reader) return false;
  return recording.blocks[std::size_t(v.block)].first >= first_backward ||
         (from >= 0 && nodes[std::size_t(from)].kind == Kind::backward);
}
bool writes(const RecordedOp& op, const Value& v) {
  return op.status != OpStatus::view &&
         std::any_of(op.outputs.begin(), op.outputs.end(),
                     [&](const Value& out) { return out.block == v.block; });
}
bool feeds(int from, const Node& n) {
  return std::any_of(n.inputs.begin(), n.inputs.end(),
                     [&](const Port& p) { return p.node == from; });
}

Step make_step(RecordedStep recording, TraceOptions options) {
  Step step{.options = std::move(options),
            .recording = std::move(recording),
            .nodes = {},
            .node_of_op = {}};
  Builder(step).run();
  give_gradients(step);
  return step;
}

std::string to_string(OpStatus status) {
  switch (status) {
    case OpStatus::kernel: return "kernel";
    case OpStatus::formula: return "formula";
    case OpStatus::view: return "view";
    case OpStatus::failed: return "failed";
    case OpStatus::running: return "running";
  }
  return "";
}

std::string to_string(Kind kind) {
  switch (kind) {
    case Kind::leaf: return "leaf";
    case Kind::forward: return "forward";
    case Kind::backward: return "backward";
    case Kind::update: return "update";
  }
  return "";
}

std::string path_text(const Node& node) { return node.path ? node.path->text : ""; }

}  // namespace tinygrad::tracing
