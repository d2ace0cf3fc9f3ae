// Tensor: a handle on a view of memory on a device. Copies are the same tensor; views share memory;
// nothing is copied unless said.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tinygrad/detail/inline_function.h"
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
struct In;

/// The i of x[i], and the line that wrote it: operators cannot have default arguments; a conversion
/// can.
struct Index {
  std::int64_t value;
  SourceLocation location;
  Index(std::int64_t value, SourceLocation location = SourceLocation::current())
      : value(value), location(location) {}
};

/// Options of backward().
struct BackwardOptions {
  bool retain_graph = false;  ///< keep what the graph holds, so that it can be walked again
};

/// An n-dimensional array (rank 0 to 8) of one dtype on one device, and a place in the graph of
/// what it was computed from.
///
/// Threads: different tensors may be used on different threads at once, also where they share
/// memory that nobody writes.
class TINYGRAD_API Tensor {
 public:
  /// An undefined tensor: "not given". Only defined() may be asked of it.
  Tensor() = default;
  explicit Tensor(Ref<TensorImpl> body) : impl_(std::move(body)) {}

  bool defined() const { return bool(impl_); }
  const Shape& shape() const;
  /// In elements; 0 where elements repeat (expand).
  const Strides& strides() const;
  DType dtype() const;
  const Device& device() const;
  int dim() const { return shape().rank(); }
  /// Throws IndexError outside [-dim, dim).
  std::int64_t size(int dim, SourceLocation location = SourceLocation::current()) const;
  std::int64_t numel() const;
  bool is_contiguous() const;

  // ------------------------------------------------------------ autograd
  bool requires_grad() const;
  /// Makes it a leaf whose gradient backward() fills in, or an ordinary tensor again. Throws
  /// AutogradError for a computed tensor and DTypeError for one that is not floating.
  Tensor& requires_grad_(bool on = true, SourceLocation location = SourceLocation::current());
  /// Whether no op made it: gradients are kept in leaves.
  bool is_leaf() const;
  /// A leaf's gradient; undefined before the first backward().
  Tensor grad() const;
  /// Replaces it, or with an undefined tensor forgets it.
  void set_grad(const Tensor& grad, SourceLocation location = SourceLocation::current());
  /// Sends a gradient back through the graph and adds it up in the leaves. Without one, this must
  /// have a single element (and 1 is sent). Frees the graph unless retain_graph. Throws
  /// AutogradError.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {},
                SourceLocation location = SourceLocation::current()) const;
  /// The same memory, outside the graph.
  Tensor detach() const;
  /// f(gradient) is called when the gradient of this tensor is known in a walk, before it goes on;
  /// a defined result replaces it.
  void register_hook(InlineFunction<Tensor(const Tensor& gradient), 64> f,
                     SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ values, to the host
  /// The single element. Throws ShapeError where there is not exactly one, and ArgumentError where
  /// it is too large for an integer T.
  template <class T> T item(SourceLocation location = SourceLocation::current()) const {
    const Scalar s = item_scalar(location);
    if constexpr (std::is_same_v<T, bool>) return s.is_real() ? s.real() != 0 : s.integer() != 0;
    else if constexpr (std::is_integral_v<T>) {
      const std::int64_t value = s.integer();
      const bool fits = std::int64_t(T(value)) == value && (T(value) < 0) == (value < 0);
      require(fits, Call{"item", location}, value,
              " does not fit into the integer type that was asked for; use item<std::int64_t>()");
      return T(value);
    } else return T(s.real());
  }
  Scalar item_scalar(SourceLocation location = SourceLocation::current()) const;
  /// All elements in row-major order, converted as to() converts: integers that do not fit wrap.
  /// Throws DeviceError where the host has no room for them.
  template <class T> std::vector<T> to_vector() const {
    if constexpr (std::is_same_v<T, bool>) {  // a vector of bool has no elements to write to
      const std::vector<std::uint8_t> bytes = to(DType::boolean).template to_vector<std::uint8_t>();
      return {bytes.begin(), bytes.end()};
    } else {
      std::vector<T> values;
      try {
        values.resize(static_cast<std::size_t>(numel()));
      } catch (const std::exception&) {
        fail<DeviceError>("to_vector", "the host has no room for ", numel(), " elements");
      }
      read(values.data(), dtype_of<T>());
      return values;
    }
  }
  /// numel() elements of dtype to `out`, row-major.
  void read(void* out, DType dtype) const;
  /// The elements themselves, where they lie: in the host's memory, contiguous and of type T;
  /// otherwise throws. Const: versions would not know of a write. Valid as long as a tensor holds
  /// the memory.
  template <class T>
  std::span<const T> span(SourceLocation location = SourceLocation::current()) const {
    return {static_cast<const T*>(host_data(dtype_of<T>(), location)),
            static_cast<std::size_t>(numel())};
  }
  const void* host_data(DType dtype, SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ other dtypes, devices, memory
  // (differentiable)
  Tensor to(DType dtype, SourceLocation location = SourceLocation::current()) const;
  Tensor to(const Device& device, SourceLocation location = SourceLocation::current()) const;
  Tensor clone(SourceLocation location = SourceLocation::current()) const;
  /// This tensor where it is contiguous, else a copy that is.
  Tensor contiguous(SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ views (no copy unless said); see
  // ops.h
  Tensor reshape(const Shape& shape, SourceLocation location = SourceLocation::current()) const;
  Tensor view(const Shape& shape, SourceLocation location = SourceLocation::current()) const;
  Tensor flatten(int start = 0, int end = -1,
                 SourceLocation location = SourceLocation::current()) const;
  Tensor transpose(int a, int b, SourceLocation location = SourceLocation::current()) const;
  Tensor permute(const Dims& order, SourceLocation location = SourceLocation::current()) const;
  Tensor t(SourceLocation location = SourceLocation::current()) const;
  Tensor squeeze(int dim, SourceLocation location = SourceLocation::current()) const;
  Tensor squeeze(SourceLocation location = SourceLocation::current()) const;
  Tensor unsqueeze(int dim, SourceLocation location = SourceLocation::current()) const;
  Tensor expand(const Shape& shape, SourceLocation location = SourceLocation::current()) const;
  Tensor select(int dim, std::int64_t index,
                SourceLocation location = SourceLocation::current()) const;
  Tensor slice(int dim, std::int64_t start, std::int64_t end = INT64_MAX, std::int64_t step = 1,
               SourceLocation location = SourceLocation::current()) const;
  /// select(0, i).
  Tensor operator[](Index i) const;

  // ------------------------------------------------------------ reductions; see ops.h
  Tensor sum(const Axes& dims = {}, bool keepdim = false,
             SourceLocation location = SourceLocation::current()) const;
  Tensor mean(const Axes& dims = {}, bool keepdim = false,
              SourceLocation location = SourceLocation::current()) const;
  Tensor prod(const Axes& dims = {}, bool keepdim = false,
              SourceLocation location = SourceLocation::current()) const;
  Tensor amax(const Axes& dims = {}, bool keepdim = false,
              SourceLocation location = SourceLocation::current()) const;
  Tensor amin(const Axes& dims = {}, bool keepdim = false,
              SourceLocation location = SourceLocation::current()) const;
  Tensor max(SourceLocation location = SourceLocation::current()) const;
  Tensor min(SourceLocation location = SourceLocation::current()) const;
  Tensor argmax(SourceLocation location = SourceLocation::current()) const;
  Tensor argmax(int dim, bool keepdim = false,
                SourceLocation location = SourceLocation::current()) const;
  Tensor argmin(SourceLocation location = SourceLocation::current()) const;
  Tensor argmin(int dim, bool keepdim = false,
                SourceLocation location = SourceLocation::current()) const;
  Tensor var(const Axes& dims = {}, int correction = 1, bool keepdim = false,
             SourceLocation location = SourceLocation::current()) const;
  Tensor any(const Axes& dims = {}, bool keepdim = false,
             SourceLocation location = SourceLocation::current()) const;
  Tensor all(const Axes& dims = {}, bool keepdim = false,
             SourceLocation location = SourceLocation::current()) const;
  Tensor matmul(const Tensor& other, SourceLocation location = SourceLocation::current()) const;

  // ------------------------------------------------------------ in place: this tensor's memory is
  // written over Recorded like any op. Throws AutogradError where a recorded write would be seen by
  // another tensor, on a leaf that requires a gradient (do it under NoGrad), and where elements
  // share memory.
  Tensor& add_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& sub_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& mul_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& div_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& add_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& sub_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& mul_(Scalar other, SourceLocation location = SourceLocation::current());
  Tensor& div_(Scalar other, SourceLocation location = SourceLocation::current());
  /// Writes other's elements, broadcast and converted.
  Tensor& copy_(const Tensor& other, SourceLocation location = SourceLocation::current());
  Tensor& fill_(Scalar value, SourceLocation location = SourceLocation::current());
  Tensor& zero_(SourceLocation location = SourceLocation::current());

  TensorImpl* impl() const { return impl_.get(); }

 private:
  Ref<TensorImpl> impl_;
};

/// Values, shape, dtype and device, aligned and summarised as PyTorch prints them.
TINYGRAD_API std::string to_string(const Tensor& tensor);
/// For any stream: std::cout << tensor.
template <class Stream>
requires requires(Stream& s, const std::string& text) { s.write(text.data(), 1); }
Stream& operator<<(Stream& stream, const Tensor& tensor) {
  const std::string text = to_string(tensor);
  stream.write(text.data(), static_cast<std::int64_t>(text.size()));
  return stream;
}

/// A list of tensors; one tensor is a list of one.
struct Tensors : SmallVector<Tensor, 4> {
  using SmallVector::SmallVector;
  Tensors() = default;
  Tensors(const Tensor& t) { push_back(t); }
  Tensors(const std::vector<Tensor>& list) : SmallVector(list.data(), list.data() + list.size()) {}
  /// The first: what an op with one output returns. Throws IndexError for an empty list.
  operator Tensor() && { return std::move((*this)[0]); }
};

/// Tensors by name, in order: what state_dict() gives and a file holds.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

inline const Tensor not_given;
/// Throws ArgumentError for a tensor that was used, but never assigned, or moved from.
[[noreturn]] TINYGRAD_API void fail_undefined(SourceLocation location = {});

/// An op's argument: a tensor, and the line that passed it. It cannot be copied, so that no lambda
/// captures it by mistake (it would dangle); an op passes *x on.
struct In {
  const Tensor& tensor;
  SourceLocation location;
  In() : tensor(not_given) {}
  In(const Tensor& t, SourceLocation location = SourceLocation::current())
      : tensor(t), location(location) {}
  In(const In&) = delete;
  operator const Tensor&() const { return tensor; }
  const Tensor& operator*() const { return tensor; }
  const Tensor* operator->() const { return &given(); }
  /// Whether it was given; operator-> asks for that.
  bool defined() const { return tensor.defined(); }
  /// The tensor. Throws ArgumentError where it is undefined.
  const Tensor& given() const {
    if (!tensor.defined()) [[unlikely]]
      fail_undefined(location);
    return tensor;
  }
};

}  // namespace tinygrad
