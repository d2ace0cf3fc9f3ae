// SPDX-License-Identifier: MIT
// Module: the base of layers and networks, a tree of named parameters, buffers and modules.
//
//   struct Net : tg::nn::Module {
//     tg::nn::Linear fc1 = add("fc1", tg::nn::Linear(784, 512));
//     tg::nn::Linear fc2 = add("fc2", tg::nn::Linear(512, 10));
//     tg::Tensor forward(const tg::Tensor& x) override { return fc2(tg::relu(fc1(x))); }
//   };
//
// A module with other arguments than one tensor declares its own operator(), by run():
//
//   struct Attention : tg::nn::Module {
//     tg::Tensor operator()(tg::In q, tg::In k, tg::In v) {
//       return run(q.location, [&] { return tg::matmul(tg::softmax(...), *v); });
//     }
//   };
//
// Everything that a module registers lies on the heap and is shared with its parent, so modules may
// be returned by value, moved, and kept in growing vectors of their own type. They are not copied
// (two would own one set of parameters) and not assigned (an optimizer may hold the old one): a
// std::optional<Linear> is filled by emplace(add("fc", Linear(2, 3))).
#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/random.h"
#include "tinygrad/scope.h"
#include "tinygrad/tensor.h"

namespace tinygrad::nn {

/// A tensor that is trained. It is written into (under NoGrad), never rebound: the registry and the
/// optimizers hold the same one.
class TINYGRAD_API Parameter : public Tensor {
 public:
  /// Undefined: a layer without a bias.
  Parameter() = default;
  /// Makes init a leaf that requires a gradient. Throws AutogradError for a computed tensor,
  /// DTypeError for one that is not floating.
  explicit Parameter(Tensor init, SourceLocation location = SourceLocation::current());
  Parameter(Parameter&&) = default;
  Parameter& operator=(const Parameter&) = delete;  // and so no copies: write with copy_()
};

/// A tensor that is saved and moved with its module, but not trained. Written into, never rebound.
class TINYGRAD_API Buffer : public Tensor {
 public:
  /// Undefined.
  Buffer() = default;
  explicit Buffer(Tensor init) : Tensor(std::move(init)) {}
  Buffer(Buffer&&) = default;
  Buffer& operator=(const Buffer&) = delete;
};

struct LoadStateOptions {
  bool strict = true;  ///< refuse a state in which names are missing, or that has others
};
/// The names that a state lacked, and those that nothing in the module has.
struct LoadReport {
  std::vector<std::string> missing, unexpected;
};
/// A module inside another: "fc1", "Linear".
struct Child {
  std::string name, type;
};

struct Registry;
class Module;
class Submodule;

/// Is called after each run of a module, with the module and its outputs: all tensors of what it
/// returned.
using ForwardHook = InlineFunction<void(Module& module, const Tensors& outputs), 64>;
/// Is called with the gradient of an output of a module; may return another gradient.
using BackwardHook = InlineFunction<Tensor(const Tensor& gradient), 64>;
/// Names a forward hook, to remove it.
class TINYGRAD_API ForwardHookHandle {
 public:
  ForwardHookHandle(std::weak_ptr<Registry> registry, const ForwardHook* hook)
      : registry_(std::move(registry)), hook_(hook) {}
  /// The hook is not called again. Does nothing if it was removed already or the module is gone.
  void remove();

 private:
  std::weak_ptr<Registry> registry_;
  const ForwardHook* hook_;
};

namespace detail {

/// All tensors of what a module returned: a tensor, a list of them, a pair or tuple of these. None
/// of any other type.
inline Tensors tensors_of(const Tensor& t) { return t; }
inline Tensors tensors_of(const Tensors& list) { return list; }
inline Tensors tensors_of(const std::vector<Tensor>& list) { return list; }
template <class T> Tensors tensors_of(const T& result) {
  Tensors all;
  if constexpr (requires { std::tuple_size<T>::value; }) {
    const auto add = [&](const auto& part) {
      for (auto& t : tensors_of(part)) all.push_back(t);
    };
    std::apply([&](const auto&... part) { (add(part), ...); }, result);
  }
  return all;
}

}  // namespace detail

/// Threads: different modules may run on different threads at once; so may one module, if its
/// forward() writes nothing.
class TINYGRAD_API Module {
 public:
  Module(const Module&) = delete;  // a copy would share the parameters: use load_state_dict()
  Module& operator=(const Module&) = delete;  // optimizers hold the parameters: load_state_dict()
  virtual ~Module() = default;

  /// Runs forward(x) as this module: errors, graphs and observers name it. Throws ArgumentError for
  /// a layer with parameters that runs inside another module and was never add()ed there.
  Tensor operator()(In x);

  /// Calls `hook` after each run of this module, hooks in the order of registration; those of
  /// modules inside come first. An exception that it throws leaves the module's call.
  ForwardHookHandle register_forward_hook(ForwardHook hook);

  /// Calls `hook` in each backward pass with the gradient of each output of this module that one
  /// reaches, as soon as it is complete. If the hook returns a defined tensor, that replaces the
  /// gradient. It is a forward hook that registers hooks on the outputs, and is removed as one.
  ForwardHookHandle register_backward_hook(BackwardHook hook);

  /// Training or evaluation mode, of this module and all inside it. Modules begin in training mode.
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const;

  /// Moves all parameters, gradients and buffers. Layers and optimizers keep the tensors they hold;
  /// only the memory is another. On an error nothing has moved.
  Module& to(const Device& device, SourceLocation location = SourceLocation::current());
  /// Converts those that are floating, to another floating dtype.
  Module& to(DType dtype, SourceLocation location = SourceLocation::current());

  /// In order of declaration, those inside included; one that has two names is listed once.
  std::vector<Tensor> parameters() const;
  /// With names such as "encoder.0.weight".
  NamedTensors named_parameters() const;
  NamedTensors named_buffers() const;
  /// Parameters and buffers under all their names, outside the graph, sharing memory with the
  /// module.
  NamedTensors state_dict() const;
  /// Copies the values of a state in, converted to the dtype and device of what is there. Checks
  /// everything first: throws ArgumentError that lists all that is wrong (names, shapes), and
  /// nothing has been loaded.
  LoadReport load_state_dict(const NamedTensors& state, const LoadStateOptions& options = {},
                             SourceLocation location = SourceLocation::current());

  /// Lets backward() compute the gradients of all parameters. With false, freezes them: gradients
  /// that they hold are forgotten, and optimizers leave them as they are.
  Module& requires_grad_(bool on = true);
  /// Forgets the gradients of all parameters.
  void zero_grad();
  /// The modules that this one add()ed, in order.
  std::vector<Child> children() const;
  /// This module and all inside it, parents first.
  std::vector<Submodule> named_modules() const;
  /// Calls f for all modules inside this one, then for itself, as torch.nn.Module.apply:
  /// net.apply([](nn::Submodule& m) { if (m.type == "BatchNorm2d") m.eval(); }).
  Module& apply(const InlineFunction<void(Submodule&), 64>& f);
  /// The name under which the parent added this one; empty for an outermost module.
  const std::string& name() const;

 protected:
  Module();
  explicit Module(std::shared_ptr<Registry> registry) : registry_(std::move(registry)) {}
  Module(Module&&) noexcept = default;  // protected: a vector of Module would lose their forward()
  /// Computes the module's output from its one input. A module with other arguments declares its
  /// own operator(), by run().
  virtual Tensor forward(const Tensor& x);
  /// Runs body() as this module, as operator() does forward(): errors and graphs name the module,
  /// one that was never add()ed is found, and hooks and summary() see the outputs. Returns what
  /// body() returns. location: the caller's line, which an In argument carries.
  template <class F> std::invoke_result_t<F&> run(SourceLocation location, F&& body) {
    const Scope scope = enter(location);
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      body();
      if (has_forward_hooks()) [[unlikely]]
        call_forward_hooks({});
    } else {
      std::invoke_result_t<F&> result = body();
      if (has_forward_hooks()) [[unlikely]]
        call_forward_hooks(detail::tensors_of(result));
      return result;
    }
  }

  /// Registers a module: Linear fc = add("fc", Linear(2, 3)). Names are not empty, have no dot, and
  /// occur once in a module; else throws ArgumentError.
  template <std::derived_from<Module> M>
  M add(std::string name, M child, SourceLocation location = SourceLocation::current()) {
    attach(std::move(name), child, location);
    return child;
  }
  /// Registers a parameter: Parameter scale = add("scale", ones({3})).
  Parameter add(std::string name, Tensor init, SourceLocation location = SourceLocation::current());
  /// Registers a buffer: Buffer mean = add_buffer("mean", zeros({3})).
  Buffer add_buffer(std::string name, Tensor init,
                    SourceLocation location = SourceLocation::current());

  /// For modules that hold others and do not run: errors give those both names, "layers.0".
  void lend_name();

 private:
  friend struct Registry;
  /// This module runs as long as the scope lives.
  Scope enter(SourceLocation location);
  bool has_forward_hooks() const;
  void call_forward_hooks(const Tensors& outputs);
  void attach(std::string name, Module& child, SourceLocation location);
  Registry& registry() const;
  std::shared_ptr<Registry> registry_;
};

/// A module of named_modules(): another handle of what that module registered. It has the
/// parameters, modes and hooks, but does not run.
class TINYGRAD_API Submodule : public Module {
 public:
  std::string path, type;  ///< "encoder.0", "Linear"; the outermost module's path is empty

 private:
  friend class Module;
  Submodule(std::shared_ptr<Registry> registry, std::string full_name, std::string type_name)
      : Module(std::move(registry)), path(std::move(full_name)), type(std::move(type_name)) {}
};

namespace detail {
TINYGRAD_API void copy_state(const Module& from, Module& to, SourceLocation location);
}
/// A copy of a network with memory of its own, as for a target network: make() builds the same
/// modules, since only its own class knows all members of a module; then values, dtypes, devices,
/// modes and what is frozen are copied. The random generator is left as it was. Throws
/// ArgumentError if make() builds other modules.
template <std::derived_from<Module> M, class F = M (*)()>
M clone(
    const M& net, F make = [] { return M(); },
    SourceLocation location = SourceLocation::current()) {
  const ThreadStream stream(generator());
  M copy = make();
  detail::copy_state(net, copy, location);
  return copy;
}

/// Moves the parameters of `average` towards those of net: p = decay p + (1 - decay) q, and copies
/// its buffers. Called after each step on a frozen clone(net), it keeps the exponential moving
/// average, or a target network. Throws ArgumentError if the names or shapes of both differ.
TINYGRAD_API void update_average(Module& average, const Module& net, double decay = 0.999,
                                 SourceLocation location = SourceLocation::current());

/// A table of all modules inside: names, types, parameter shapes, counts, and totals. Parameters
/// that are frozen are marked, and counted apart.
TINYGRAD_API std::string to_string(const Module& module);
template <tinygrad::detail::TextStream Stream, std::derived_from<Module> M>
Stream& operator<<(Stream& stream, const M& module) {
  return tinygrad::detail::print(stream, to_string(module));
}
/// The same with the shapes of each module's outputs for an input, found by running the module
/// once, in evaluation mode and unrecorded.
TINYGRAD_API std::string summary(Module& module, const Tensor& input);
/// For an input of zeros, of the dtype and on the device of the first parameter.
TINYGRAD_API std::string summary(Module& module, const Shape& input);
/// For a module with other arguments, which call() passes: summary(net, [&] { net(q, k, v); }).
TINYGRAD_API std::string summary(Module& module, const InlineFunction<void(), 64>& call);

}  // namespace tinygrad::nn
