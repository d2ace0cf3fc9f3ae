// SPDX-License-Identifier: MIT
// The functions and structs that define an op, the library's own or a user's. tinygrad.h does not
// include this file; include it to add an op (examples/custom_op.cpp).
//
//   Tensor cube(In x) {
//     return apply({.name = "cube",
//                   .inputs = {x},
//                   .formula = [](const Tensors& in) { return in[0] * in[0] * in[0]; },
//                   .keep = {Keep::input(0)},
//                   .derivatives = {[](Dy dy, Saved s) { return dy * 3 * square(s.input(0)); }}});
//   }
//
// The formula defines the op; a kernel only makes it faster. The derivatives are written with ops,
// so that they can be differentiated again; a fused derivative is an op of its own. If an op has no
// derivatives, the backward pass runs its formula again and differentiates that.
#pragma once
#include "tinygrad/autograd.h"
#include "tinygrad/backend.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The View of a tensor that kernels take: memory, dtype, shape and strides. A view without memory
/// if the tensor is undefined.
TINYGRAD_API const View& view_of(const Tensor& tensor);

/// One output of an op.
struct Output {
  Shape shape;
  DType dtype = DType::float32;
  bool is_non_differentiable = false;
  /// Returns whether a gradient can flow into this output: it is floating, and not
  /// non-differentiable.
  bool carries_gradient() const { return is_floating(dtype) && !is_non_differentiable; }
};
/// An output without a gradient, which exists only to be saved for the backward pass (a mean, a
/// logsumexp). Only kernels may read it: the formula of a derivative must compute it again from the
/// inputs, otherwise the second derivative would miss a term.
inline Output non_differentiable(const Shape& shape, DType dtype) { return {shape, dtype, true}; }

/// Names an input or output of an op that its derivatives use, and which is therefore saved for the
/// backward pass: .keep = {Keep::input(0), Keep::output(0)}.
struct Keep {
  bool is_output;
  int index;
  int only_for = -1;  ///< the input of when(); -1: several derivatives use it
  static Keep input(int i) { return {false, i}; }
  static Keep output(int i) { return {true, i}; }
  /// Says that only the derivative with respect to input i uses it, so that it is saved only if
  /// input i requires a gradient.
  Keep when(int i) const { return {is_output, index, i}; }
};

struct Node;
/// The inputs and outputs that were saved for the derivatives of an op. input() and output() throw
/// AutogradError if .keep does not list the tensor, or if its memory was overwritten since.
class TINYGRAD_API SavedTensors {
 public:
  SavedTensors(const Node& node, const SmallVector<bool, 8>& needed, bool record)
      : node_(node), needed_(needed), record_(record) {}
  /// Returns whether the gradient with respect to input i is needed.
  bool needed(int i) const { return needed_[std::size_t(i)]; }
  /// Returns whether the backward pass is itself recorded, for derivatives of derivatives.
  bool recording() const { return record_; }
  /// The shape of an input that needs a gradient. It is always known and needs no .keep.
  const Shape& shape(int i) const;
  Tensor input(int i) const;
  Tensor output(int i) const;

 private:
  Tensor find(Keep what) const;
  const Node& node_;
  const SmallVector<bool, 8>& needed_;
  bool record_;
};
/// dy: the gradient of the loss with respect to an output y, as a parameter of derivatives.
using Dy = const Tensor&;
/// The saved tensors, as a parameter of derivatives: they are s.input(i) and s.output(i).
using Saved = const SavedTensors&;

/// The derivatives of an op (vector-Jacobian products), in one of two forms: a list with a function
/// (dy, saved) -> dx for each input (inputs beyond the list have no gradient), or one joint
/// function (dys, saved) -> dxs, for a kernel that computes several gradients at once. An undefined
/// dx means that no gradient flows to that input.
class Derivatives : public InlineFunction<Tensors(const Tensors& dys, Saved), 96> {
 public:
  Derivatives() = default;
  // clang-format off
  template <class F> requires(std::is_invocable_r_v<Tensors, const F&, const Tensors&, Saved>)
  Derivatives(F joint) : InlineFunction(std::move(joint)) {}
  template <class... F> requires(sizeof...(F) > 0 &&
                                 (std::is_invocable_r_v<Tensor, const F&, Dy, Saved> && ...) &&
                                 !(std::is_invocable_v<const F&, const Tensors&, Saved> || ...))
  Derivatives(F... f)
      : InlineFunction([... f = std::move(f)](const Tensors& dys, Saved s) {
          Tensors dxs;
          int i = 0;
          (dxs.push_back(s.needed(i++) ? Tensor(f(dys[0], s)) : Tensor()), ...);
          return dxs;
        }) {}
  // clang-format on
};

/// Calls a kernel of the backend. Returns false, before it writes to `out`, if the backend has no
/// kernel for these views.
using Kernel = InlineFunction<bool(Backend&, Views in, Views out), 96>;
/// Computes all outputs of an op from its inputs, with other ops.
using Formula = InlineFunction<Tensors(const Tensors& in), 96>;

/// The inputs of an op, and the line of the caller, which is that of the first In among them.
struct Inputs {
  Tensors list;
  SourceLocation location;
  Inputs(Tensors tensors, SourceLocation caller = {})
      : list(std::move(tensors)), location(caller) {}
  // clang-format off
  template <class... T> requires((std::is_same_v<T, In> || std::is_same_v<T, Tensor>) && ...)
  Inputs(const T&... x) { (add(x), ...); }
  // clang-format on

 private:
  void add(const Tensor& x) { list.push_back(x); }
  void add(const In& x) {
    list.push_back(*x);
    if (!location.line) location = x.location;
  }
};

/// The definition of one op. Only name and inputs are mandatory, and a kernel or a formula.
struct Op {
  const char* name;
  Inputs inputs;                        ///< must be on one device; undefined if not given
  SmallVector<Output, 2> outputs = {};  ///< if empty: one output of input 0's shape and dtype
  Kernel kernel = {};                   ///< if it returns false, the formula is used
  Formula formula = {};                 ///< computes all outputs with other ops
  SmallVector<Keep, 6> keep = {};       ///< the inputs and outputs that the derivatives use
  Derivatives derivatives = {};         ///< if empty: the formula is run again and differentiated
  bool in_place = false;                ///< output 0 overwrites input 0
  Backend* backend = nullptr;           ///< the backend that runs an op without inputs
};
/// Runs an op, and records it if an input requires a gradient and recording is on. If an input is
/// float16 or bfloat16, a formula runs in float32 and rounds once. Throws DeviceError if the inputs
/// are on different devices.
TINYGRAD_API Tensors apply(Op&& op);

/// An op whose output is a view of input 0's memory. It has no kernel and copies nothing.
struct ViewOp {
  const char* name;
  const In& input;
  Shape shape;
  Strides strides;
  std::int64_t offset;  ///< of the first element from the start of the memory, in elements
  Derivatives derivatives;
};
/// Makes the view, and records it under the conditions of apply().
TINYGRAD_API Tensor apply_view(ViewOp&& op);

/// An op with several views of input 0's memory. One joint derivative takes the gradients of all
/// views. The gradient of a view that was not used is undefined, or missing at the end of the list.
struct ViewsOp {
  const char* name;
  const In& input;
  std::vector<View> views;
  Derivatives derivatives;
};
/// Makes the views, and records them as one op under the conditions of apply().
TINYGRAD_API std::vector<Tensor> apply_views(ViewsOp&& op);

/// An op that overwrites its first inputs (an optimizer's step, running statistics). It is never
/// recorded. It counts up the versions of the memory, so that the backward pass notices if a saved
/// tensor was overwritten.
struct UpdateOp {
  const char* name;
  Tensors inputs;
  std::size_t writes;    ///< the number of inputs that are overwritten; they come first
  Kernel kernel = {};    ///< its `in` are all inputs, its `out` the overwritten ones
  Formula formula = {};  ///< computes the new values of the overwritten inputs
  SourceLocation location = {};
};
/// Runs the update. Throws AutogradError if an overwritten input was computed by a recorded op.
TINYGRAD_API void apply_update(UpdateOp&& op);

/// Replaces the memory of a leaf by that of `with`, of the same shape: from then on every handle of
/// the leaf, and its gradient, has the new dtype and device. Module::to uses it. Throws
/// AutogradError if the tensor was computed by a recorded op, and ShapeError if the shapes differ.
TINYGRAD_API void replace_storage(const Tensor& tensor, const Tensor& with);

}  // namespace tinygrad
