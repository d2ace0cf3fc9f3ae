// SPDX-License-Identifier: MIT
// The events of ops, made only if somebody observes.
#include "core/observed_op.h"

#include <utility>

#include "tinygrad/op.h"

namespace tinygrad {

constinit thread_local const ObserverScope* innermost_observer = nullptr;

ObserverScope::ObserverScope(Observer& observer)
    : observer_(observer), outer_(std::exchange(innermost_observer, this)) {}
ObserverScope::~ObserverScope() { innermost_observer = outer_; }

namespace {

using ViewList = SmallVector<View, 4>;

ViewList views_of(std::span<const Tensor> tensors) {
  ViewList views;
  for (auto& t : tensors) views.push_back(view_of(t));
  return views;
}

/// Switches observation off while an observer runs.
class Unobserved {
 public:
  Unobserved() : before_(std::exchange(innermost_observer, nullptr)) {}
  ~Unobserved() { innermost_observer = before_; }
  Unobserved(const Unobserved&) = delete;
  const ObserverScope* observers() const { return before_; }

 private:
  const ObserverScope* before_;
};

}  // namespace

struct ObservedOp::State {
  ViewList inputs, outputs;
  OpEvent event;
};
void ObservedOp::Delete::operator()(State* state) const { delete state; }

void ObservedOp::tell_begin(const ObserverScope* scope, const OpEvent& event) {
  if (!scope) return;
  tell_begin(scope->outer_, event);
  scope->observer_.begin(event);
}
void ObservedOp::tell_end(const ObserverScope* scope, const OpEvent& event) {
  for (; scope; scope = scope->outer_) scope->observer_.end(event);
}

Backend& ObservedOp::kernels(const ObserverScope* scope, Backend& own) {
  return scope ? scope->observer_.kernels(kernels(scope->outer_, own)) : own;
}

void ObservedOp::begin(const char* name, SourceLocation location, const Backend& backend,
                       std::span<const Tensor> inputs) {
  state_.reset(new State{.inputs = views_of(inputs),
                         .outputs = {},
                         .event = {.name = name,
                                   .path = Scope::path(),
                                   .location = Scope::user_location(location),
                                   .derivative_of = Scope::derivative_of(),
                                   .device = backend.device(),
                                   .status = OpStatus::running,
                                   .inputs = {},
                                   .outputs = {},
                                   .input_tensors = inputs,
                                   .output_tensors = {}}});
  OpEvent& event = state_->event;
  event.inputs = {state_->inputs.data(), state_->inputs.size()};
  const Unobserved off;
  tell_begin(off.observers(), event);
}

void ObservedOp::finish(OpStatus status, std::span<const Tensor> outputs) {
  const std::unique_ptr<State, Delete> state = std::move(state_);
  state->outputs = views_of(outputs);
  OpEvent& event = state->event;
  event.status = status, event.outputs = {state->outputs.data(), state->outputs.size()};
  event.output_tensors = outputs;
  const Unobserved off;
  tell_end(off.observers(), event);
}

void ObservedOp::fail() noexcept {
  try {
    finish(OpStatus::failed, {});
  } catch (...) {}  // the op's own error is on its way
}

}  // namespace tinygrad
