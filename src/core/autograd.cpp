// SPDX-License-Identifier: MIT
// The backward pass through the graph: the whole engine. Nodes are sorted by creation, those that
// lead to a wanted gradient are marked, and these are visited, newest first, without recursion.
#include "tinygrad/autograd.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "autocast.h"
#include "fork.h"
#include "node.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {
namespace {

std::atomic<std::uint64_t> next_id = 0;
thread_local bool recording = true;

}  // namespace

bool grad_enabled() { return recording; }
GradMode::GradMode(bool on) : before_(recording) { recording = on; }
GradMode::~GradMode() { recording = before_; }

Node::Node(const char* name, SourceLocation location)
    : name(name),
      location(Scope::user_location(location)),
      path(Scope::path()),
      id(next_id.fetch_add(1, std::memory_order_relaxed)) {}

void retain(Node* n) { n->count.fetch_add(1, std::memory_order_relaxed); }

/// Frees a node and all nodes that only it refers to, without recursion: a node whose count falls
/// to 0 inside another's destructor waits in a list.
void release(Node* n) {
  thread_local Node* waiting = nullptr;
  thread_local bool busy = false;
  if (n->count.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  n->waiting = std::exchange(waiting, n);
  if (std::exchange(busy, true)) return;
  while (waiting) {
    Node* dead = waiting;
    waiting = dead->waiting;
    delete dead;
  }
  busy = false;
}

// ------------------------------------------------------------ what a derivative may read

const Shape& SavedTensors::shape(int i) const {
  const bool known = i >= 0 && std::size_t(i) < node_.inputs.size() && node_.inputs[i].node;
  require<AutogradError>(known, Call{node_.name, node_.location},
                         "the derivative asks for the shape of input ", i,
                         ", which needs no gradient");
  const Edge& edge = node_.inputs[i];
  return edge.node->outputs[edge.output].shape;
}
Tensor SavedTensors::input(int i) const { return find(Keep::input(i)); }
Tensor SavedTensors::output(int i) const { return find(Keep::output(i)); }

/// The kept memory as a tensor again; with its edge only if the backward pass is recorded.
Tensor SavedTensors::find(Keep what) const {
  const char* side = what.is_output ? "output " : "input ";
  const Call call{node_.name, node_.location};
  for (const SavedTensor& kept : node_.kept) {
    if (kept.what.is_output != what.is_output || kept.what.index != what.index) continue;
    if (!kept.storage) return {};
    require<AutogradError>(kept.storage->version == kept.version, call, side, what.index,
                           ", kept for the gradient, was changed in place by ",
                           kept.storage->writer,
                           "; use the functional form there, or clone() before");
    if (!record_) return make_tensor(kept.storage, kept.view);
    if (!what.is_output) return make_tensor(kept.storage, kept.view, node_.inputs[what.index]);
    const bool carries = node_.outputs[what.index].carries_gradient();
    return make_tensor(kept.storage, kept.view,
                       carries ? Edge{Ref<Node>(const_cast<Node*>(&node_)), what.index} : Edge());
  }
  fail<AutogradError>(call, "the derivative reads ", side, what.index,
                      ", which .keep does not list");
}

// ------------------------------------------------------------ the backward pass

Tensor stopped(const Tensor& x) {
  Ref<Node> stop(new Node("stopped", {}));
  stop->outputs.push_back({x.shape(), x.dtype()});
  stop->inputs.push_back(edge_of(x));
  stop->derivatives = [](Dy dy, Saved) { return dy; };
  return make_tensor(x.impl()->storage, x.impl()->view, {std::move(stop), 0});
}

namespace {

void accumulate(Tensor& sum, Tensor dx) {
  if (!sum.defined()) sum = std::move(dx);
  else if (!grad_enabled() && is_unique(sum)) sum.add_(dx);
  else sum = sum + dx;
}

/// Guards the gradient of a leaf; some leaves share a mutex, since a node is small.
ProcessMutex& mutex_of(const Node& leaf) {
  static std::array<ProcessMutex, 64> all;
  return all[leaf.id % all.size()];
}
bool has_gradient(const Node& leaf) {
  const std::lock_guard reading(mutex_of(leaf));
  return leaf.grad.defined();
}

class BackwardPass {
 public:
  BackwardPass(const Tensors& ys, const Tensors& xs, BackwardPassOptions options)
      : options_(options), into_leaves_(xs.empty()) {
    for (auto& x : xs)
      if (Node* n = edge_of(x).node.get()) wanted_.insert(n), oldest_ = std::min(oldest_, n->id);
    if (into_leaves_) oldest_ = 0;
    collect(ys);
    mark();
  }

  /// dy for `edge`, from the node `from`. Broadcasting and type promotion are undone here, once for
  /// all ops.
  void send(const Node* from, const Edge& edge, Tensor dy) {
    if (!dy.defined() || !leads(edge)) return;
    const Output& target = edge.node->outputs[edge.output];
    if (dy.shape() != target.shape) {
      const Call call = from ? Call{from->name, from->location} : Call{"backward"};
      require<AutogradError>(broadcasts_to(target.shape, dy.shape()), call,
                             "its derivative gives shape ", dy.shape(), " for an input of shape ",
                             target.shape);
      dy = sum_to(dy, target.shape);
    }
    if (dy.dtype() != target.dtype) dy = to(dy, target.dtype);
    Tensors& dys = visits_.at(edge.node.get()).dys;
    if (dys.size() < edge.node->outputs.size()) dys.resize(edge.node->outputs.size());
    accumulate(dys[std::size_t(edge.output)], std::move(dy));
  }

  void run() {
    for (; !order_.empty(); order_.pop_back()) {  // newest first
      Node* n = order_.back().node;
      Visit& visit = visits_.at(n);
      if (visit.dys.empty()) continue;
      if (!n->hooks.empty()) run_hooks(*n, visit.dys);
      if (!n->is_leaf()) differentiate(*n, visit);
      else if (into_leaves_) reached_.push_back(n);
    }
    store();
  }

  Tensor gradient(const Tensor& x) const {
    const auto found = visits_.find(edge_of(x).node.get());
    if (found == visits_.end() || found->second.dys.empty()) return {};
    return found->second.dys[std::size_t(edge_of(x).output)];
  }

 private:
  struct Visit {
    Tensors dys;         // one for each output of the node
    bool leads = false;  // to something whose gradient is wanted
    std::size_t at = 0;  // in order_, before it is sorted
  };

  /// A node and its turn; later turns come first. An op's turn follows its id. A leaf's is just
  /// after that of the oldest op that reads it: then its gradient is complete, and its hooks need
  /// not wait for the end of the pass.
  struct Turn {
    std::uint64_t turn;
    Node* node;
  };

  void collect(const Tensors& ys) {
    auto meet = [&](Node* n, std::uint64_t reader) {
      if (!n || n->id < oldest_) return;
      const auto [visit, is_new] = visits_.try_emplace(n);
      if (is_new) {
        visit->second.at = order_.size();
        order_.push_back({n->is_leaf() ? 2 * reader : 2 * n->id + 1, n});
      } else if (n->is_leaf()) {
        std::uint64_t& turn = order_[visit->second.at].turn;
        turn = std::min(turn, 2 * reader);
      }
    };
    constexpr std::uint64_t no_reader = UINT64_MAX / 2;
    for (auto& y : ys) meet(edge_of(y).node.get(), no_reader);
    for (std::size_t i = 0; i < order_.size(); ++i)
      for (auto& input : order_[i].node->inputs) meet(input.node.get(), order_[i].node->id);
    std::sort(order_.begin(), order_.end(),
              [](const Turn& a, const Turn& b) { return a.turn < b.turn; });
  }
  void mark() {  // oldest first, so that every input of a node is decided before it
    for (const auto& [turn, n] : order_) {
      bool here = into_leaves_ ? n->is_leaf() : wanted_.contains(n);
      for (auto& input : n->inputs) here = here || leads(input);
      visits_.at(n).leads = here;
    }
  }
  bool leads(const Edge& to) const {
    const auto found = visits_.find(to.node.get());
    return found != visits_.end() && found->second.leads;
  }

  static void run_hooks(const Node& n, Tensors& dys) {
    const Call call{"hook", n.location};
    const std::size_t count =
        n.hooks.size();  // a hook may register more: they begin with the next pass
    for (std::size_t i = 0; i < count; ++i) {
      const auto hook = n.hooks[i];
      Tensor& dy = dys[std::size_t(hook->output)];
      if (!dy.defined()) continue;
      Tensor replaced = hook->call(dy);
      if (!replaced.defined()) continue;
      require<ShapeError>(replaced.shape() == dy.shape(), call, "returns shape ", replaced.shape(),
                          " for a gradient of shape ", dy.shape());
      require<DeviceError>(&backend_of(replaced) == &backend_of(dy), call,
                           "returns a gradient on another device");
      dy = to(replaced, dy.dtype());
    }
  }

  /// Adds to the leaves' gradients, after everything that can fail: a pass that fails leaves each
  /// as it was. A leaf's gradient is its own memory: a + b sends one tensor to both. Passes of
  /// several threads may reach one leaf, so that each adds while no other does.
  void store() {
    for (Node* leaf : reached_) {
      const Scope scope(leaf->path, leaf->location, "backward");
      Tensor& dy = visits_.at(leaf).dys[0];
      if (!is_unique(dy) && !has_gradient(*leaf)) dy = clone(dy);
    }
    for (Node* leaf : reached_) {
      const Scope scope(leaf->path, leaf->location, "backward");
      const std::lock_guard adding(mutex_of(*leaf));
      accumulate(leaf->grad, std::move(visits_.at(leaf).dys[0]));
      if (is_capturing())
        on_every_replay([leaf = Ref<Node>(leaf), grad = leaf->grad] {
          leaf->grad = grad;
        });  // a replay writes into this one
    }
  }

  void differentiate(Node& n, Visit& visit) {
    SmallVector<bool, 8> needed;
    bool any = false;
    for (auto& input : n.inputs) needed.push_back(leads(input)), any = any || needed.back();
    if (!any) return;
    const Scope scope(n.path, n.location, n.name);
    require<AutogradError>(!n.freed, Call{n.name, n.location},
                           "an earlier backward pass has freed this graph; that pass needs "
                           "{.retain_graph = true}");
    Tensors dxs = n.derivatives(visit.dys, SavedTensors(n, needed, options_.create_graph));
    require<AutogradError>(dxs.size() <= n.inputs.size(), Call{n.name, n.location},
                           "has more derivatives than inputs");
    if (!options_.create_graph && !options_.retain_graph && !n.is_views)
      n.kept.clear(), n.derivatives.reset(), n.freed = true;
    if (!wanted_.contains(&n))
      visit.dys.clear();  // so that a dx which is dy is held by nobody else
    for (std::size_t i = 0; i < dxs.size(); ++i)
      if (needed[i]) send(&n, n.inputs[i], std::move(dxs[i]));
  }

  BackwardPassOptions options_;
  bool into_leaves_;
  std::uint64_t oldest_ = ~std::uint64_t(0);  // nothing older than this is of interest
  std::unordered_map<Node*, Visit> visits_;
  std::unordered_set<Node*> wanted_;
  std::vector<Turn> order_;
  std::vector<Node*> reached_;  // leaves to which a gradient came
};

}  // namespace

Tensors run_backward(const Tensors& ys, const Tensors& dys, const Tensors& xs,
                     BackwardPassOptions options) {
  const AutocastOff precision_of_each_op;
  const GradMode mode(options.create_graph);
  BackwardPass pass(ys, xs, options);
  for (std::size_t i = 0; i < ys.size(); ++i) {
    const Scope scope(Scope::path(), {}, "backward");
    pass.send(nullptr, edge_of(ys[i]), dys[i]);
  }
  pass.run();
  Tensors gradients;
  for (auto& x : xs) gradients.push_back(pass.gradient(x));
  return gradients;
}

Tensors run_again(const Formula& run, std::size_t inputs, const Tensors& others, const Tensors& dys,
                  Saved s) {
  const GradMode on(true);
  Tensors xs, wanted;
  for (std::size_t i = 0; i < inputs; ++i) {
    xs.push_back(s.input(int(i)));
    if (s.needed(int(i))) wanted.push_back(xs[i] = stopped(xs[i]));
  }
  for (const Tensor& other : others) wanted.push_back(other);
  const Tensors found = run_backward(run(xs), dys, wanted, {.create_graph = s.recording()});
  Tensors dxs;
  for (std::size_t i = 0, k = 0; i < inputs + others.size(); ++i)
    dxs.push_back(i >= inputs || s.needed(int(i)) ? found[k++] : Tensor());
  return dxs;
}

Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options,
             SourceLocation location) {
  const Call call{"grad", location};
  require<AutogradError>(!inputs.empty(), call, "no inputs were given");
  require<AutogradError>(
      options.grad_outputs.empty() || options.grad_outputs.size() == outputs.size(), call,
      outputs.size(), " outputs but ", options.grad_outputs.size(), " grad_outputs");
  Tensors dys;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor given = options.grad_outputs.empty() ? Tensor() : options.grad_outputs[i];
    require<AutogradError>(
        given.defined() || outputs[i].numel() == 1, call, "output ", i, " has shape ",
        outputs[i].shape(),
        ", and only a single element has an obvious gradient, 1; pass grad_outputs, or reduce it");
    require<ShapeError>(!given.defined() || given.shape() == outputs[i].shape(), call,
                        "grad_outputs ", i, " has another shape than its output, ",
                        outputs[i].shape());
    dys.push_back(given.defined() ? given : ones_like(outputs[i]));
  }
  for (std::size_t i = 0; i < inputs.size(); ++i)
    require<AutogradError>(inputs[i].requires_grad() || options.allow_unused, call, "input ", i,
                           " does not require a gradient");
  Tensors gradients =
      run_backward(outputs, dys, inputs, {options.create_graph, options.retain_graph});
  for (std::size_t i = 0; i < inputs.size(); ++i)
    require<AutogradError>(gradients[i].defined() || options.allow_unused, call,
                           "no output depends on input ", i,
                           "; pass {.allow_unused = true} to get an undefined gradient");
  return gradients;
}

}  // namespace tinygrad
