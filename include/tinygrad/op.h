// How an op is written: the library's own and a user's. Not part of tinygrad.h; include it to add
// an op (examples/custom_op.cpp).
//
//   Tensor cube(In x) {
//     return apply({.name = "cube", .inputs = {x},
//                   .formula = [](const Tensors& in) { return in[0] * in[0] * in[0]; },
//                   .keep = {in(0)},
//                   .derivatives = {[](Dy dy, Saved s) { return dy * 3 * s.input(0) * s.input(0);
//                   }}});
//   }
//
// An op is defined by its formula; a kernel only makes it faster. Its derivatives are written with
// ops, so they can be differentiated again; a fused derivative is an op of its own. Without
// derivatives the formula is replayed and differentiated.
#pragma once
#include "tinygrad/autograd.h"
#include "tinygrad/backend.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// What the kernels see of a tensor; null for an undefined one.
TINYGRAD_API const View& view_of(const Tensor& tensor);

/// One output of an op.
struct Output {
  Shape shape;
  DType dtype = DType::float32;
  bool is_non_differentiable = false;
  /// Indices, conditions and statistics never have a gradient.
  bool carries_gradient() const { return is_floating(dtype) && !is_non_differentiable; }
};
/// An output that exists only to be kept (a mean, a logsumexp). Only kernels may read it: the
/// formula of a derivative computes it again from the inputs, or the second derivative would lack a
/// path.
inline Output non_differentiable(const Shape& shape, DType dtype) { return {shape, dtype, true}; }

/// An input or output that the derivatives read. when(i): only the derivative of input i does, so
/// it is kept only if that is needed.
struct Keep {
  bool is_output;
  int index;
  int reader = -1;
  Keep when(int input) const { return {is_output, index, input}; }
};
inline Keep in(int i) { return {false, i}; }
inline Keep out(int i) { return {true, i}; }

struct Node;
/// What a derivative may look at. Asking for what .keep does not list throws.
class TINYGRAD_API SavedTensors {
 public:
  SavedTensors(const Node& node, const SmallVector<bool, 8>& needed, bool record)
      : node_(node), needed_(needed), record_(record) {}
  /// Whether the gradient of input i is wanted.
  bool needed(int i) const { return needed_[i]; }
  /// Whether the walk is itself recorded, for derivatives of derivatives.
  bool recording() const { return record_; }
  /// Of an input that needs a gradient; free, needs no .keep.
  const Shape& shape(int i) const;
  Tensor input(int i) const;
  Tensor output(int i) const;

 private:
  Tensor find(Keep what) const;
  const Node& node_;
  const SmallVector<bool, 8>& needed_;
  bool record_;
};
using Dy = const Tensor&;
using Saved = const SavedTensors&;

/// The derivatives of an op. A list with one (dy, saved) -> dx for each input (it may be shorter:
/// inputs beyond it have none), or one joint (dys, saved) -> dxs where one kernel makes several. A
/// dx may be undefined: nothing flows.
class Derivatives : public InlineFunction<Tensors(const Tensors& dys, Saved), 96> {
 public:
  Derivatives() = default;
  // clang-format off
  template <class F> requires(std::is_invocable_r_v<Tensors, const F&, const Tensors&, Saved>)
  Derivatives(F joint) : InlineFunction(std::move(joint)) {}
  template <class... F> requires(sizeof...(F) > 0 && (std::is_invocable_r_v<Tensor, const F&, Dy, Saved> && ...) &&
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

using Kernel = InlineFunction<bool(Backend&, Views in, Views out), 64>;
using Formula = InlineFunction<Tensors(const Tensors& in), 64>;

/// The inputs of an op, and the line that called it: that of the first In among them.
struct Inputs {
  Tensors list;
  SourceLocation location;
  Inputs(Tensors list, SourceLocation location = {}) : list(std::move(list)), location(location) {}
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

/// One op, as its author writes it.
struct Op {
  const char* name;
  Inputs inputs;                        ///< all on one device; undefined: not given
  SmallVector<Output, 2> outputs = {};  ///< none: one of input 0's shape and dtype
  Kernel kernel = {};                   ///< false, before touching out: use the formula
  Formula formula = {};                 ///< all outputs, in other ops
  SmallVector<Keep, 6> keep = {};       ///< what the derivatives read
  Derivatives derivatives = {};         ///< none: the formula is run again and differentiated
  bool in_place = false;                ///< output 0 is input 0, written over
  Backend* on = nullptr;                ///< the device of an op without inputs
};
/// Runs an op and records it where a gradient will be wanted. On float16 and bfloat16 a formula
/// runs in float32 and rounds once.
TINYGRAD_API Tensors apply(Op&& op);

/// Another look at input 0's memory: no kernel, nothing is copied.
struct ViewOp {
  const char* name;
  const In& input;
  Shape shape;
  Strides strides;
  std::int64_t offset;  ///< of the first element, from the start of the memory
  Derivatives derivatives;
};
TINYGRAD_API Tensor apply_view(ViewOp&& op);

/// Several such looks. Their one derivative is given the gradients of all of them; those that
/// nothing needed are undefined, or missing at the end.
struct ViewsOp {
  const char* name;
  const In& input;
  std::vector<View> views;
  Derivatives derivatives;
};
TINYGRAD_API std::vector<Tensor> apply_views(ViewsOp&& op);

/// Writes into its first inputs (an optimizer's step, running statistics). Never recorded; versions
/// tell those who kept them.
struct UpdateOp {
  const char* name;
  Tensors inputs;
  std::size_t writes;    ///< how many of the first inputs are written
  Kernel kernel = {};    ///< sees the inputs twice: all as `in`, the written ones as `out`
  Formula formula = {};  ///< the new values of the written ones
  SourceLocation location = {};
};
TINYGRAD_API void apply_update(UpdateOp&& op);

/// Gives a leaf other memory, of the same shape: every handle on it, and on its gradient, sees the
/// new dtype and device from then on. What Module::to does. Throws AutogradError for a computed
/// tensor.
TINYGRAD_API void replace_storage(const Tensor& tensor, const Tensor& with);

}  // namespace tinygrad
