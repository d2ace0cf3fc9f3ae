// SPDX-License-Identifier: MIT
// Runs an op, by a kernel or by its formula, and records it for the backward pass.
#include <atomic>

#include "autocast.h"
#include "call.h"
#include "environment.h"
#include "node.h"
#include "observed_op.h"
#include "tinygrad/op.h"
#include "tinygrad/ops.h"
#include "tinygrad/step_values.h"

namespace tinygrad {

Call& running_call() {
  thread_local Call call{"backend"};
  return call;
}

namespace {

SmallVector<View, 4> views_of(const Tensors& tensors) {
  SmallVector<View, 4> views;
  for (auto& t : tensors) views.push_back(view_of(t));
  return views;
}

/// The device that all inputs are on.
Backend& common_backend(const char* name, const Inputs& inputs, Backend* on) {
  std::size_t first = 0;  // the input that decided
  for (std::size_t i = 0; i < inputs.list.size(); ++i) {
    const Tensor& x = inputs.list[i];
    if (!x.defined()) continue;
    if (!on) on = &backend_of(x), first = i;
    require<DeviceError>(on == &backend_of(x), Call{name, inputs.location}, "input ", first,
                         " is on ", on->device(), ", but input ", i, " is on ", x.device(),
                         "; move one with to(\"", on->device(), "\")");
  }
  require<DeviceError>(on, Call{name, inputs.location}, "an op without inputs names its device");
  check_captured_device({name, inputs.location}, *on);
  return *on;
}

/// Returns whether the backend has a kernel for this; then it ran.
bool run_kernel(const Kernel& kernel, Backend& backend, const Tensors& inputs, Views out) {
  static const bool synchronous = environment::synchronous();
  const SmallVector<View, 4> in = views_of(inputs);
  const bool done = kernel(ObservedOp::kernels(backend), {in.data(), in.size()}, out);
  if (done && synchronous) backend.synchronize();
  return done;
}

/// The outputs, computed by the op's kernel; none if the backend has none for this.
Tensors try_kernel(const Op& op, Backend& backend) {
  const Running running(Call(op.name, op.inputs.location));
  const Tensors& xs = op.inputs.list;
  Tensors ys;
  SmallVector<View, 4> to;
  for (std::size_t i = 0; i < op.outputs.size(); ++i) {
    ys.push_back(op.in_place && i == 0
                     ? xs[0]
                     : make_tensor(backend, op.outputs[i].shape, op.outputs[i].dtype));
    to.push_back(view_of(ys[i]));
  }
  if (!run_kernel(op.kernel, backend, xs, {to.data(), to.size()})) ys.clear();
  return ys;
}

// ------------------------------------------------------------ formulas

/// Returns whether a formula's inputs include a dtype that it would round at each step.
bool has_half(const Tensors& inputs) {
  for (auto& x : inputs)
    if (x.defined() && is_half(x.dtype())) return true;
  return false;
}
Tensors widened(const Tensors& inputs) {
  Tensors wide;
  for (auto& x : inputs)
    wide.push_back(x.defined() && is_half(x.dtype()) ? to(x, DType::float32) : x);
  return wide;
}
/// The outputs of a formula: computed in float32 if inputs are half, and rounded once to `like`.
Tensors run_rounded(const Formula& formula, const Tensors& inputs,
                    const SmallVector<Output, 2>& like) {
  const bool has_halves = has_half(inputs);
  Tensors ys = has_halves ? formula(widened(inputs)) : formula(inputs);
  for (std::size_t i = 0; i < ys.size(); ++i) {
    const DType dtype = i < like.size() ? like[i].dtype
                        : has_halves    ? inputs[0].dtype()
                                        : ys[i].dtype();
    if (ys[i].dtype() != dtype && (has_halves || is_half(dtype))) ys[i] = to(ys[i], dtype);
  }
  return ys;
}

Tensors run_formula(Op& op) {
  const Call call{op.name, op.inputs.location};
  require(bool(op.formula), call, "has neither a kernel for this nor a formula");
  const Running running(call);
  const NoGrad off;
  const AutocastOff precision_of_the_op;
  Tensors ys = run_rounded(op.formula, op.inputs.list, op.outputs);
  for (std::size_t i = 0; i < ys.size(); ++i) {
    if (!is_unique(ys[i])) ys[i] = clone(ys[i]);  // a formula may return its input, or a view of it
    if (i == op.outputs.size()) op.outputs.push_back({ys[i].shape(), ys[i].dtype()});
    require<ShapeError>(ys[i].shape() == op.outputs[i].shape, call, "the formula gives ",
                        ys[i].shape(), ", declared is ", op.outputs[i].shape);
    require<DTypeError>(ys[i].dtype() == op.outputs[i].dtype, call, "the formula gives ",
                        to_string(ys[i].dtype()), ", declared is ", to_string(op.outputs[i].dtype));
  }
  require(ys.size() == op.outputs.size(), call, "the formula gives ", ys.size(),
          " results, declared are ", op.outputs.size());
  return ys;
}

/// The derivative of an op that has only a formula: the formula is run again and differentiated.
Derivatives replay(const char* name, Formula formula, SmallVector<Output, 2> outputs,
                   std::size_t inputs) {
  return [name, formula = std::move(formula), outputs = std::move(outputs), inputs](
             const Tensors& dys, Saved s) {
    const auto run = [&](const Tensors& xs) {
      ObservedOp observed(name, {}, backend_of(dys[0]), span_of(xs));
      const Tensors ys = run_rounded(formula, xs, outputs);
      observed.end(OpStatus::formula, span_of(ys));
      return ys;
    };
    return run_again(run, inputs, {}, dys, s);
  };
}

// ------------------------------------------------------------ the record

bool is_recorded(const Tensors& inputs) {
  if (!grad_enabled()) return false;
  for (auto& x : inputs)
    if (x.defined() && edge_of(x).node) return true;
  return false;
}

/// Returns whether the derivatives that are needed read what.
bool is_kept(const Keep& what, const Tensors& xs) {
  if (what.only_for < 0) return true;
  const Tensor& x = xs[what.only_for];
  return x.defined() && edge_of(x).node;
}
bool share_memory(const Tensor& a, const Tensor& b) {
  return a.impl()->storage.get() == b.impl()->storage.get();
}

/// A copy of the values that an in-place op overwrites; undefined if its derivatives do not read
/// them.
Tensor copy_before_writing(const Op& op) {
  const Tensors& xs = op.inputs.list;
  bool read = !op.derivatives;
  for (const Keep& what : op.keep) {
    const Tensor x = what.is_output ? Tensor() : xs[what.index];
    read = read || (x.defined() && share_memory(x, xs[0]) && is_kept(what, xs));
  }
  const NoGrad off;
  return read ? clone({xs[0], op.inputs.location}) : Tensor();
}

/// `before`: what an in-place op has overwritten, if its derivatives read it.
SavedTensor keep(const Keep& what, const Tensors& xs, const Tensors& ys, const Tensor& before) {
  const Tensor& given = what.is_output ? ys[what.index] : xs[what.index];
  if (!given.defined()) return {what, {}, {}, 0};
  const bool overwritten = before.defined() && !what.is_output && share_memory(given, ys[0]);
  const Tensor& t = overwritten ? before : given;
  return {what, t.impl()->storage, t.impl()->view, t.impl()->storage->version};
}

void record(Op&& op, const Tensors& ys, bool is_views = false, const Tensor& before = {}) {
  const Tensors& xs = op.inputs.list;
  if (!op.derivatives) {
    op.keep.clear();
    for (std::size_t i = 0; i < xs.size(); ++i) op.keep.push_back(Keep::input(int(i)));
    op.derivatives = replay(op.name, std::move(op.formula), op.outputs, xs.size());
  }
  Ref<Node> node(new Node(op.name, op.inputs.location));
  node->is_views = is_views;
  for (auto& x : xs) node->inputs.push_back(x.defined() ? edge_of(x) : Edge());
  for (auto& what : op.keep)
    if (is_kept(what, xs)) node->kept.push_back(keep(what, xs, ys, before));
  node->derivatives = std::move(op.derivatives);
  for (std::size_t i = 0; i < ys.size(); ++i) {
    node->outputs.push_back(op.outputs[i]);
    if (op.outputs[i].carries_gradient()) edge_of(ys[i]) = {node, int(i)};
  }
}

/// Returns whether two elements may share memory: some stride is shorter than the range of the
/// dimensions with smaller strides.
bool overlaps(const View& v) {
  Dims left;  // dimensions that move
  for (int i = 0; i < v.rank(); ++i)
    if (v.size(i) > 1) left.push_back(i);
  for (std::int64_t reach = 0; !left.empty() && v.count() > 0;) {
    int next = 0;
    for (int i = 1; i < left.rank(); ++i)
      if (v.stride(int(left[i])) < v.stride(int(left[next]))) next = i;
    const int dim = int(left[next]);
    if (v.stride(dim) <= reach) return true;
    reach += (v.size(dim) - 1) * v.stride(dim);
    left.erase(next);
  }
  return false;
}

void check_in_place(const Op& op, bool recorded) {
  const Call call{op.name, op.inputs.location};
  const Tensor& x = op.inputs.list[0];
  if (recorded) {
    require<AutogradError>(!(edge_of(x).node && edge_of(x).node->is_leaf()), call,
                           "writes into a leaf that requires a gradient; do it under NoGrad, or "
                           "use the functional form");
    require<AutogradError>(x.impl()->storage->tensors == 1, call,
                           "writes in place, but a view shares the memory and would not know of "
                           "it; use the functional form");
  }
  require<AutogradError>(
      !overlaps(x.impl()->view), call,
      "writes in place, but elements of this tensor share memory; clone() it first");
}

}  // namespace

Tensors apply(Op&& op) {
  const Tensors& xs = op.inputs.list;
  Backend& backend = common_backend(op.name, op.inputs, op.backend);
  const bool recorded = is_recorded(xs);
  if (op.in_place) check_in_place(op, recorded);
  if (op.outputs.empty() && (op.kernel || op.in_place))
    op.outputs.push_back({xs[0].shape(), xs[0].dtype()});
  const Tensor before = op.in_place && recorded ? copy_before_writing(op) : Tensor();
  ObservedOp observed(op.name, op.inputs.location, backend, span_of(xs));
  Tensors ys = op.kernel ? try_kernel(op, backend) : Tensors();
  const bool has_kernel = !ys.empty();
  if (!has_kernel) {
    ys = run_formula(op);
    if (op.in_place) {
      backend.copy(view_of(ys[0]), view_of(xs[0]));
      ys[0] = xs[0];
    }
  }
  if (op.in_place) mark_written(xs[0], op.name);
  observed.end(has_kernel ? OpStatus::kernel : OpStatus::formula, span_of(ys));
  bool carries = false;
  for (auto& o : op.outputs) carries = carries || o.carries_gradient();
  if (recorded && carries) record(std::move(op), ys, false, before);
  return ys;
}

Tensor apply_view(ViewOp&& op) {
  const Tensor& x = *op.input;
  const TensorImpl& body = *x.impl();
  ObservedOp observed(op.name, op.input.location, body.storage->backend, span_of(x));
  Tensor y = make_tensor(body.storage, body.view.reshaped(op.shape, op.strides, op.offset));
  observed.end(OpStatus::view, span_of(y));
  if (is_recorded(x))
    record({.name = op.name,
            .inputs = {op.input},
            .outputs = {{op.shape, x.dtype()}},
            .derivatives = std::move(op.derivatives)},
           y);
  return y;
}

std::vector<Tensor> apply_views(ViewsOp&& op) {
  const Tensor& x = *op.input;
  ObservedOp observed(op.name, op.input.location, backend_of(x), span_of(x));
  Tensors ys;
  SmallVector<Output, 2> outputs;
  for (auto& view : op.views) {
    ys.push_back(make_tensor(x.impl()->storage, view));
    outputs.push_back({view.shape(), x.dtype()});
  }
  observed.end(OpStatus::view, span_of(ys));
  if (is_recorded(x))
    record({.name = op.name,
            .inputs = {op.input},
            .outputs = outputs,
            .derivatives = std::move(op.derivatives)},
           ys, true);
  return {ys.begin(), ys.end()};
}

void apply_update(UpdateOp&& op) {
  const NoGrad off;
  const Call call{op.name, op.location};
  const Running running(call);
  for (std::size_t i = 0; i < op.writes; ++i)
    require<AutogradError>(op.inputs[i].is_leaf(), call,
                           "would write into a tensor that was computed; detach() it");
  Backend& backend = common_backend(op.name, Inputs(op.inputs, op.location), nullptr);
  const SmallVector<View, 4> views = views_of(op.inputs);
  ObservedOp observed(op.name, op.location, backend, span_of(op.inputs));
  const bool has_kernel =
      op.kernel && run_kernel(op.kernel, backend, op.inputs, {views.data(), op.writes});
  if (!has_kernel) {
    Tensors values = run_rounded(op.formula, op.inputs, {});
    require(values.size() == op.writes, call, "the formula gives ", values.size(), " values for ",
            op.writes, " tensors");
    for (std::size_t i = 0; i < op.writes; ++i)
      backend.copy(view_of(values[i]).broadcast_to(op.inputs[i].shape()), views[i]);
  }
  observed.end(has_kernel ? OpStatus::kernel : OpStatus::formula,
               span_of(op.inputs).first(op.writes));
  for (std::size_t i = 0; i < op.writes; ++i) mark_written(op.inputs[i], op.name);
}

}  // namespace tinygrad
