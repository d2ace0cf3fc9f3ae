// SPDX-License-Identifier: MIT
// Registration, running, modes and the moving of memory.
#include "tinygrad/nn/module.h"

#include <algorithm>
#include <unordered_set>

#include "nn/registry.h"
#include "tinygrad/autograd.h"
#include "tinygrad/op.h"

namespace tinygrad::nn {

static bool has_name(const NamedTensors& tensors, const std::string& name) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](auto& entry) { return entry.first == name; });
}

/// Throws unless a module may give this name: state_dict() joins names with dots, and each name
/// must be unique.
static void check_name(const Registry& r, const std::string& name, const Call& call) {
  require(!name.empty(), call, "a name is needed; what has none is neither saved nor found");
  require(name.find('.') == std::string::npos, call, "the name \"", name,
          "\" has a dot, which separates the names of modules");
  const bool taken = has_name(r.parameters, name) || has_name(r.buffers, name) ||
                     std::any_of(r.children.begin(), r.children.end(),
                                 [&](auto& child) { return child->name == name; });
  require(!taken, call, "the name \"", name, "\" is already used in this module");
}

/// The tensor to register: contiguous, outside the graph of what it was computed from.
static Tensor registrable(const Tensor& init, const std::string& name, const Call& call) {
  require(init.defined(), call, "\"", name, "\" is an undefined tensor");
  const NoGrad off;
  return init.contiguous(call.location);
}

/// Calls f for every parameter and buffer, once for those with two names.
template <class F> static void for_each_tensor(Registry& registry, const F& f) {
  std::unordered_set<const TensorImpl*> seen;
  visit_all(registry, "", [&](const std::string&, Registry& r) {
    for (auto* list : {&r.parameters, &r.buffers})
      for (auto& [name, t] : *list)
        if (seen.insert(t.impl()).second) f(t);
  });
}

/// Gives every tensor the memory of convert(tensor), if that is another; all are converted before
/// the first is changed.
template <class F> static void move_all(Registry& registry, const F& convert) {
  const NoGrad off;
  std::vector<std::pair<Tensor, Tensor>> moves;
  for_each_tensor(registry, [&](const Tensor& t) { moves.emplace_back(t, convert(t.detach())); });
  for (auto& [t, with] : moves)
    if (t.dtype() != with.dtype() || !(t.device() == with.device())) replace_storage(t, with);
}

bool Registry::has_parameters() const {
  return !parameters.empty() || std::any_of(children.begin(), children.end(),
                                            [](auto& child) { return child->has_parameters(); });
}

void Registry::set_name_in_scopes(const Registry& parent) {
  name_in_scopes =
      (parent.lends_name && !parent.name.empty() ? parent.name_in_scopes + "." : "") + name;
  for (auto& child : children)
    if (lends_name) child->set_name_in_scopes(*this);
}

Parameter::Parameter(Tensor init, SourceLocation location) : Tensor(std::move(init)) {
  requires_grad_(true, location);
}

Module::Module() : registry_(std::make_shared<Registry>()) {}

Registry& Module::registry() const {
  require(registry_ != nullptr, "module", "this module was moved from");
  return *registry_;
}

// ------------------------------------------------------------ running

Tensor Module::operator()(In x) {
  return run(x.location, [&] {
    Tensor y = forward(*x);
    for (const auto& weak : registry_->output_hooks)
      if (const auto hook = weak.lock()) y = (*hook)(*this, *x, y);
    return y;
  });
}

Tensor Module::forward(const Tensor&) {
  fail<ArgumentError>(type_name(typeid(*this)).c_str(),
                      "has no forward(x); a module with other arguments is called with those");
}

Scope Module::enter(SourceLocation location) {
  const Registry& r = registry();
  const bool forgotten = Scope::current() && r.name.empty() && r.has_parameters();
  if (forgotten) [[unlikely]] {
    const std::string type = type_name(typeid(*this));
    fail<ArgumentError>(Call{type.c_str(), location},
                        "has parameters and runs inside a module that never add()ed it, so it "
                        "would be neither trained "
                        "nor saved; declare it as  ",
                        type, " name = add(\"name\", ", type, "(...))");
  }
  return {r.name_in_scopes, typeid(*this), location};
}

ForwardHookHandle Module::register_forward_hook(ForwardHook hook) {
  require(bool(hook), "register_forward_hook", "the hook is an empty function");
  auto& hooks = registry().forward_hooks;
  hooks.push_back(std::make_shared<const ForwardHook>(std::move(hook)));
  return {registry_, hooks.back().get()};
}

ForwardHookHandle Module::register_backward_hook(BackwardHook hook) {
  require(bool(hook), "register_backward_hook", "the hook is an empty function");
  return register_forward_hook(
      [shared = std::make_shared<BackwardHook>(std::move(hook))](Module&, const Tensors& outputs) {
        for (const Tensor& y : outputs)
          if (y.defined() && y.requires_grad())
            y.register_hook([shared](const Tensor& dy) { return (*shared)(dy); });
      });
}

void ForwardHookHandle::remove() {
  if (const auto registry = registry_.lock())
    std::erase_if(registry->forward_hooks, [&](auto& hook) { return hook.get() == hook_; });
  registry_.reset();
}

bool Module::has_forward_hooks() const { return !registry_->forward_hooks.empty(); }

void Module::call_forward_hooks(const Tensors& outputs) {
  const auto hooks = registry().forward_hooks;  // a hook may register or remove some
  for (auto& hook : hooks) (*hook)(*this, outputs);
}

// ------------------------------------------------------------ registering

void Module::attach(std::string name, Module& child, SourceLocation location) {
  Registry& own = registry();
  const Call call{"add", location};
  check_name(own, name, call);
  Registry& r = child.registry();
  require(r.name.empty(), call, "the module for \"", name, "\" was already added somewhere as \"",
          r.name, "\"");
  own.children.push_back(child.registry_);
  r.name = std::move(name), r.type = &typeid(child);
  r.set_name_in_scopes(own);
}
void Module::lend_name() { registry().lends_name = true; }

Parameter Module::add(std::string name, Tensor init, SourceLocation location) {
  Registry& own = registry();
  const Call call{"add", location};
  check_name(own, name, call);
  Parameter parameter(registrable(init, name, call), location);
  own.parameters.emplace_back(std::move(name), parameter);
  return parameter;
}

Buffer Module::add_buffer(std::string name, Tensor init, SourceLocation location) {
  Registry& own = registry();
  const Call call{"add_buffer", location};
  check_name(own, name, call);
  Buffer buffer(registrable(init, name, call).detach());
  own.buffers.emplace_back(std::move(name), buffer);
  return buffer;
}

// ------------------------------------------------------------ everything inside

void Module::train(bool on) {
  visit_all(registry(), "", [=](const std::string&, Registry& r) { r.training = on; });
}
bool Module::training() const { return registry().training; }
const std::string& Module::name() const { return registry().name; }

std::vector<Child> Module::children() const {
  std::vector<Child> all;
  for (auto& child : registry().children) all.push_back({child->name, type_name(*child->type)});
  return all;
}

std::vector<Submodule> Module::named_modules() const {
  std::vector<Submodule> all;
  visit_all(registry(), "", [&](const std::string& path, Registry& r) {
    all.push_back(Submodule(r.shared_from_this(),
                            path.substr(0, path.empty() ? 0 : path.size() - 1),
                            type_name(r.type ? *r.type : typeid(*this))));
  });
  return all;
}
Module& Module::apply(const InlineFunction<void(Submodule&), 64>& f) {
  auto all = named_modules();
  for (std::size_t i = all.size(); i-- > 0;) f(all[i]);
  return *this;
}

Module& Module::requires_grad_(bool on) {
  for (Tensor& p : parameters()) p.requires_grad_(on);
  return *this;
}
void Module::zero_grad() {
  for (Tensor& p : parameters())
    if (p.requires_grad()) p.set_grad({});
}

Module& Module::to(const Device& device, SourceLocation location) {
  move_all(registry(), [&](const Tensor& t) { return t.to(device, location); });
  return *this;
}

Module& Module::to(DType dtype, SourceLocation location) {
  require<DTypeError>(is_floating(dtype), Call{"to", location}, "parameters cannot be ",
                      to_string(dtype), "; only floating dtypes have gradients");
  move_all(registry(),
           [&](const Tensor& t) { return is_floating(t.dtype()) ? t.to(dtype, location) : t; });
  return *this;
}

}  // namespace tinygrad::nn
