// SPDX-License-Identifier: MIT
// The class Tensor: a handle of a view of memory on a device. A copy of a handle is the same
// tensor; views share memory; no function copies elements unless its comment says so.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/detail/print.h"
#include "tinygrad/detail/ref.h"
#include "tinygrad/detail/small_vector.h"
#include "tinygrad/device.h"
#include "tinygrad/dtype.h"
#include "tinygrad/error.h"
#include "tinygrad/shape.h"

namespace tinygrad {

struct TensorImpl;
TINYGRAD_API void retain(TensorImpl*);
TINYGRAD_API void release(TensorImpl*);

class Tensor;
class IndexedTensor;
struct Index;
struct Tensors;
struct In;
struct ValuesIndices;
enum class ScatterReduce;

/// The first of several sizes, with the line of the caller: a function with any number of arguments
/// cannot have default arguments, but a conversion can.
struct FirstSize {
  std::int64_t value;
  SourceLocation location;
  template <std::integral T>
  FirstSize(T size, SourceLocation line = SourceLocation::current())
      : value(std::int64_t(size)), location(line) {}
};

/// Options of backward().
struct BackwardOptions {
  bool retain_graph = false;  ///< keep the saved tensors, for another backward pass of this graph
};

/// An n-dimensional array (rank 0 to 8) of one dtype on one device, with a link to the node of the
/// autograd graph that computed it.
///
/// Every function but defined() throws ArgumentError if the tensor is undefined.
///
/// Threads: different tensors may be used on different threads at once, even if they share memory,
/// as long as no thread writes it.
class TINYGRAD_API Tensor {
 public:
  /// An undefined tensor, which stands for an argument that was not given.
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  /// Makes this handle one of another tensor. What a function returned is no variable, so that
  /// x.grad() = y, which would change nothing, does not compile; x[i] = y writes into x.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;

  /// Returns whether this is a tensor at all. It is the only function that an undefined tensor
  /// allows.
  bool defined() const { return bool(impl_); }
  const Shape& shape(SourceLocation location = SourceLocation::current()) const;
  /// Strides, counted in elements; a dimension that repeats its elements (expand) has stride 0.
  const Strides& strides(SourceLocation location = SourceLocation::current()) const;
  DType dtype(SourceLocation location = SourceLocation::current()) const;
  const Device& device(SourceLocation location = SourceLocation::current()) const;
  /// The rank: the number of dimensions.
  int dim(SourceLocation location = SourceLocation::current()) const {
    return shape(location).rank();
  }
  /// All sizes of a tensor of rank N, as in auto [rows, columns] = x.sizes<2>(). Throws ShapeError
  /// if the rank is not N.
  template <int N>
  std::array<std::int64_t, std::size_t(N)> sizes(
      SourceLocation location = SourceLocation::current()) const {
    require<ShapeError>(dim(location) == N, Call{"sizes", location}, "expected rank ", N,
                        ", got shape ", shape());
    std::array<std::int64_t, std::size_t(N)> all;
    for (int i = 0; i < N; ++i) all[std::size_t(i)] = shape()[i];
    return all;
  }
  /// The size of one dimension. Throws IndexError if dim is outside [-rank, rank).
  std::int64_t size(int dim, SourceLocation location = SourceLocation::current()) const;
  /// The number of elements.
  std::int64_t numel(SourceLocation location = SourceLocation::current()) const;
  /// Returns whether the elements lie in memory in row-major order, without gaps.
  bool is_contiguous(SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ autograd
  /// Returns whether backward() computes a gradient of this tensor, or passes through it.
  bool requires_grad(SourceLocation location = SourceLocation::current()) const;
  /// Makes this tensor a leaf, whose gradient backward() computes; with false, an ordinary tensor.
  /// Throws AutogradError if an op computed it, and DTypeError if its dtype is not floating.
  Tensor& requires_grad_(bool requires_grad = true,
                         SourceLocation location = SourceLocation::current());
  /// Returns whether no recorded op computed this tensor. Gradients are accumulated in leaves.
  bool is_leaf(SourceLocation location = SourceLocation::current()) const;
  /// The gradient of a leaf, or of a tensor whose retain_grad() was called. It is undefined before
  /// the first backward(), and for other computed tensors.
  Tensor grad(SourceLocation location = SourceLocation::current()) const;
  /// Lets backward() add the gradient of this tensor, which an op computed, to its grad(). Does
  /// nothing for a leaf. Throws AutogradError if this tensor does not require a gradient.
  void retain_grad(SourceLocation location = SourceLocation::current()) const;
  /// Replaces the gradient; an undefined tensor removes it. Throws AutogradError unless this is a
  /// leaf that requires a gradient, ShapeError or DTypeError if `grad` has another shape or dtype.
  void set_grad(const Tensor& grad, SourceLocation location = SourceLocation::current());
  /// The backward pass: sends `gradient` (of this tensor's shape) back through the graph and adds
  /// the results to the gradients of the leaves. Without `gradient` this tensor must have a single
  /// element, and 1 is sent. Frees the graph unless retain_graph is set. Throws AutogradError if
  /// there is no graph or it was freed, and ShapeError if `gradient` has another shape.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {},
                SourceLocation location = SourceLocation::current()) const;
  /// A tensor with the same memory that is not part of the graph.
  Tensor detach(SourceLocation location = SourceLocation::current()) const;
  /// Calls hook(gradient) in every backward pass as soon as the gradient of this tensor is
  /// complete, before the gradient is sent on. If the hook returns a defined tensor, that replaces
  /// the gradient. Throws AutogradError if this tensor does not require a gradient.
  void register_hook(InlineFunction<Tensor(const Tensor& gradient), 64> hook,
                     SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ values on the host
  /// The single element, converted to T. Throws ShapeError unless there is exactly one element, and
  /// ArgumentError if the value does not fit into an integer T.
  template <class T = void> T item(SourceLocation location = SourceLocation::current()) const {
    static_assert(!std::is_void_v<T>, "item() needs the type of the value: item<float>()");
    const Scalar s = item_scalar(location);
    if constexpr (std::is_same_v<T, bool>) return s.boolean();
    else if constexpr (std::is_integral_v<T>) {
      const std::int64_t value = s.integer();
      const bool fits = std::int64_t(T(value)) == value && (T(value) < 0) == (value < 0);
      require(fits, Call{"item", location}, value,
              " does not fit into the integer type that was asked for; use item<std::int64_t>()");
      return T(value);
    } else return T(s.real());
  }
  /// The single element, in the kind of the dtype. Throws ShapeError unless there is exactly one.
  Scalar item_scalar(SourceLocation location = SourceLocation::current()) const;
  /// A copy of all elements in row-major order, converted to T as to() does; integers that do not
  /// fit wrap. Throws DeviceError if the host has not enough memory.
  template <class T>
  std::vector<T> to_vector(SourceLocation location = SourceLocation::current()) const {
    if constexpr (std::is_same_v<T, bool>) {  // vector<bool> has no addressable elements
      const auto bytes = to(DType::boolean, location).template to_vector<std::uint8_t>(location);
      return {bytes.begin(), bytes.end()};
    } else {
      const std::int64_t n = numel(location);
      std::vector<T> values;
      try {
        values.resize(static_cast<std::size_t>(n));
      } catch (const std::exception&) {
        fail<DeviceError>(Call{"to_vector", location}, "the host has not enough memory for ", n,
                          " elements");
      }
      read(values.data(), dtype_of<T>(), location);
      return values;
    }
  }
  /// Copies all elements in row-major order to `out`, converted to `dtype`: numel() elements.
  void read(void* out, DType dtype, SourceLocation location = SourceLocation::current()) const;
  /// The elements in the tensor's own memory, without a copy. Throws DTypeError unless the dtype is
  /// that of T, DeviceError unless the memory is the host's, ShapeError unless the tensor is
  /// contiguous. The span is const, because autograd would not notice a write through it. It is
  /// valid as long as a tensor holds the memory.
  template <class T>
  std::span<const T> span(SourceLocation location = SourceLocation::current()) const {
    return {static_cast<const T*>(host_data(dtype_of<T>(), location)),
            static_cast<std::size_t>(numel(location))};
  }
  /// The address of the first element, under the conditions of span().
  const void* host_data(DType dtype, SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ ops
  // Every op of methods.def: x.softmax(1) is softmax(x, 1), and x.relu_() writes relu(x) into x.
  // A view (reshape, transpose, slice, ...) shares this tensor's memory.

#define DEFAULT(parameter, value) parameter = value
#define METHOD(type, name, arguments, ...) \
  type name(__VA_ARGS__ __VA_OPT__(, ) SourceLocation location = SourceLocation::current()) const;
#define IN_PLACE(name, arguments, ...) \
  Tensor& name##_(__VA_ARGS__ __VA_OPT__(, ) SourceLocation location = SourceLocation::current());
#include "tinygrad/methods.def"
  // With several integers, as in x.reshape(2, 3): a shape without braces.
#define VARIADIC(name)                                                                        \
  Tensor name(FirstSize first, std::integral auto second, std::integral auto... rest) const { \
    return name({first.value, std::int64_t(second), std::int64_t(rest)...}, first.location);  \
  }
#include "tinygrad/methods.def"

  // ------------------------------------------------------------ indexing
  // See indexing.h.

  /// x[i] is x.select(0, i), x[mask] the elements where the mask is true; x[i] = y writes into x.
  IndexedTensor operator[](const Index& i) const;
  /// x(i, j, ...) as in NumPy: x(0, Slice(1, 5), Ellipsis, NewAxis).
  template <class... Indices>
  IndexedTensor operator()(const Index& first, const Indices&... rest) const;

  // ------------------------------------------------------------ in-place ops
  // They write into this tensor's memory and are recorded like any op. They throw AutogradError if
  // a recorded write would be visible through another tensor, if this is a leaf that requires a
  // gradient (write to it under NoGrad), and if elements of this tensor share memory. `other` is
  // broadcast to this shape and converted to this dtype.

  Tensor& add_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& sub_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& mul_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& div_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& add_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& sub_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& mul_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& div_(Scalar other, SourceLocation location = SourceLocation::current());
  /// Overwrites this tensor with the elements of `other`, from any device.
  Tensor& copy_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& fill_(Scalar value, SourceLocation location = SourceLocation::current());
  Tensor& zero_(SourceLocation location = SourceLocation::current());

  TensorImpl* impl() const { return impl_.get(); }

 private:
  Ref<TensorImpl> impl_;
};

/// Values, shape, dtype and device as text; values are aligned and summarised as PyTorch does.
TINYGRAD_API std::string to_string(const Tensor& tensor);
template <detail::TextStream Stream, std::derived_from<Tensor> T>
Stream& operator<<(Stream& stream, const T& tensor) {
  return detail::print(stream, to_string(tensor));
}

/// A list of tensors. A single tensor converts to a list of one.
struct Tensors : SmallVector<Tensor, 4> {
  using SmallVector::SmallVector;
  Tensors() = default;
  Tensors(const Tensor& t) { push_back(t); }
  Tensors(const std::vector<Tensor>& list) : SmallVector(list.data(), list.data() + list.size()) {}
  /// The first tensor, which is the result of an op with one output. Throws IndexError if the list
  /// is empty.
  operator Tensor() && { return std::move((*this)[0]); }
};

/// Pairs of a name and a tensor, in order: the content of a state_dict() and of a file.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// An undefined tensor, to which an In refers if its argument was not given.
inline const Tensor not_given;
/// Throws ArgumentError: an undefined tensor was used, which was never assigned or was moved from.
[[noreturn]] TINYGRAD_API void fail_undefined(SourceLocation location = {});

/// An argument of an op: a reference to a tensor, with the line of the caller. It cannot be copied,
/// so that no lambda captures it by mistake (the reference would dangle).
struct In {
  const Tensor& tensor;
  SourceLocation location;
  In() : tensor(not_given) {}
  In(const Tensor& t, SourceLocation caller = SourceLocation::current())
      : tensor(t), location(caller) {}
  In(const In&) = delete;  // to pass an In x on, write *x; a lambda captures [x = *x]
  operator const Tensor&() const { return tensor; }
  const Tensor& operator*() const { return tensor; }
  const Tensor* operator->() const { return &given(); }
  /// Returns whether the argument was given.
  bool defined() const { return tensor.defined(); }
  /// The tensor. Throws ArgumentError if it is undefined; so does operator->.
  const Tensor& given() const {
    if (!tensor.defined()) [[unlikely]]
      fail_undefined(location);
    return tensor;
  }
};

/// A scalar argument of an operator, with the line of the caller.
struct ScalarIn {
  Scalar scalar;
  SourceLocation location;
  template <class T>
  requires std::is_convertible_v<T, Scalar> ScalarIn(
      T value, SourceLocation caller = SourceLocation::current())
      : scalar(value), location(caller) {}
};

}  // namespace tinygrad

#include "tinygrad/indexing.h"
