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

#include "tinygrad/device.h"
#include "tinygrad/dtype.h"
#include "tinygrad/error.h"
#include "tinygrad/shape.h"
#include "tinygrad/small.h"

namespace tinygrad {

struct Body;
TINYGRAD_API void retain(Body*);
TINYGRAD_API void release(Body*);

class Tensor;
struct In;

/// The i of x[i], and the line that wrote it: operators cannot have default arguments; a conversion
/// can.
struct Index {
  std::int64_t value;
  Where where;
  Index(std::int64_t value, Where where = Where::here()) : value(value), where(where) {}
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
  explicit Tensor(Ref<Body> body) : body_(std::move(body)) {}

  bool defined() const { return bool(body_); }
  const Shape& shape() const;
  /// In elements; 0 where elements repeat (expand).
  const Strides& strides() const;
  DType dtype() const;
  const Device& device() const;
  int dim() const { return shape().rank(); }
  /// Throws IndexError outside [-dim, dim).
  std::int64_t size(int dim, Where where = Where::here()) const;
  std::int64_t numel() const;
  bool is_contiguous() const;

  // ------------------------------------------------------------ autograd
  bool requires_grad() const;
  /// Makes it a leaf whose gradient backward() fills in, or an ordinary tensor again. Throws
  /// AutogradError for a computed tensor and DTypeError for one that is not floating.
  Tensor& requires_grad_(bool on = true, Where where = Where::here());
  /// Whether no op made it: gradients are kept in leaves.
  bool is_leaf() const;
  /// A leaf's gradient; undefined before the first backward().
  Tensor grad() const;
  /// Replaces it, or with an undefined tensor forgets it.
  void set_grad(const Tensor& grad, Where where = Where::here());
  /// Sends a gradient back through the graph and adds it up in the leaves. Without one, this must
  /// have a single element (and 1 is sent). Frees the graph unless retain_graph. Throws
  /// AutogradError.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {},
                Where where = Where::here()) const;
  /// The same memory, outside the graph.
  Tensor detach() const;
  /// f(gradient) is called when the gradient of this tensor is known in a walk, before it goes on;
  /// a defined result replaces it.
  void register_hook(Function<Tensor(const Tensor& gradient), 64> f,
                     Where where = Where::here()) const;

  // ------------------------------------------------------------ values, to the host
  /// The single element. Throws ShapeError where there is not exactly one, and ArgumentError where
  /// it is too large for an integer T.
  template <class T> T item(Where where = Where::here()) const {
    const Scalar s = item_scalar(where);
    if constexpr (std::is_same_v<T, bool>) return s.is_real() ? s.real() != 0 : s.integer() != 0;
    else if constexpr (std::is_integral_v<T>) {
      const std::int64_t value = s.integer();
      const bool fits = std::int64_t(T(value)) == value && (T(value) < 0) == (value < 0);
      require(fits, Call{"item", where}, value,
              " does not fit into the integer type that was asked for; use item<std::int64_t>()");
      return T(value);
    } else return T(s.real());
  }
  Scalar item_scalar(Where where = Where::here()) const;
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
  template <class T> std::span<const T> span(Where where = Where::here()) const {
    return {static_cast<const T*>(host_data(dtype_of<T>(), where)),
            static_cast<std::size_t>(numel())};
  }
  const void* host_data(DType dtype, Where where = Where::here()) const;

  // ------------------------------------------------------------ other dtypes, devices, memory
  // (differentiable)
  Tensor to(DType dtype, Where where = Where::here()) const;
  Tensor to(const Device& device, Where where = Where::here()) const;
  Tensor clone(Where where = Where::here()) const;
  /// This tensor where it is contiguous, else a copy that is.
  Tensor contiguous(Where where = Where::here()) const;

  // ------------------------------------------------------------ views (no copy unless said); see
  // ops.h
  Tensor reshape(const Shape& shape, Where where = Where::here()) const;
  Tensor view(const Shape& shape, Where where = Where::here()) const;
  Tensor flatten(int start = 0, int end = -1, Where where = Where::here()) const;
  Tensor transpose(int a, int b, Where where = Where::here()) const;
  Tensor permute(const Dims& order, Where where = Where::here()) const;
  Tensor t(Where where = Where::here()) const;
  Tensor squeeze(int dim, Where where = Where::here()) const;
  Tensor squeeze(Where where = Where::here()) const;
  Tensor unsqueeze(int dim, Where where = Where::here()) const;
  Tensor expand(const Shape& shape, Where where = Where::here()) const;
  Tensor select(int dim, std::int64_t index, Where where = Where::here()) const;
  Tensor slice(int dim, std::int64_t start, std::int64_t end = INT64_MAX, std::int64_t step = 1,
               Where where = Where::here()) const;
  /// select(0, i).
  Tensor operator[](Index i) const;

  // ------------------------------------------------------------ reductions; see ops.h
  Tensor sum(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor mean(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor prod(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor amax(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor amin(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor max(Where where = Where::here()) const;
  Tensor min(Where where = Where::here()) const;
  Tensor argmax(Where where = Where::here()) const;
  Tensor argmax(int dim, bool keep = false, Where where = Where::here()) const;
  Tensor argmin(Where where = Where::here()) const;
  Tensor argmin(int dim, bool keep = false, Where where = Where::here()) const;
  Tensor var(const Axes& dims = {}, int correction = 1, bool keep = false,
             Where where = Where::here()) const;
  Tensor any(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor all(const Axes& dims = {}, bool keep = false, Where where = Where::here()) const;
  Tensor matmul(const Tensor& other, Where where = Where::here()) const;

  // ------------------------------------------------------------ in place: this tensor's memory is
  // written over Recorded like any op. Throws AutogradError where a recorded write would be seen by
  // another tensor, on a leaf that requires a gradient (do it under NoGrad), and where elements
  // share memory.
  Tensor& add_(const Tensor& other, Where where = Where::here());
  Tensor& sub_(const Tensor& other, Where where = Where::here());
  Tensor& mul_(const Tensor& other, Where where = Where::here());
  Tensor& div_(const Tensor& other, Where where = Where::here());
  Tensor& add_(Scalar other, Where where = Where::here());
  Tensor& sub_(Scalar other, Where where = Where::here());
  Tensor& mul_(Scalar other, Where where = Where::here());
  Tensor& div_(Scalar other, Where where = Where::here());
  /// Writes other's elements, broadcast and converted.
  Tensor& copy_(const Tensor& other, Where where = Where::here());
  Tensor& fill_(Scalar value, Where where = Where::here());
  Tensor& zero_(Where where = Where::here());

  Body* body() const { return body_.get(); }

 private:
  Ref<Body> body_;
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
struct Tensors : Small<Tensor, 4> {
  using Small::Small;
  Tensors() = default;
  Tensors(const Tensor& t) { push_back(t); }
  Tensors(const std::vector<Tensor>& list) : Small(list.data(), list.data() + list.size()) {}
  /// The first: what an op with one output returns. Throws IndexError for an empty list.
  operator Tensor() && { return std::move((*this)[0]); }
};

/// Tensors by name, in order: what state_dict() gives and a file holds.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

inline const Tensor not_given;
/// Throws ArgumentError for a tensor that was used, but never assigned, or moved from.
[[noreturn]] TINYGRAD_API void fail_undefined(Where where = {});

/// An op's argument: a tensor, and the line that passed it. It cannot be copied, so that no lambda
/// captures it by mistake (it would dangle); an op passes *x on.
struct In {
  const Tensor& tensor;
  Where where;
  In() : tensor(not_given) {}
  In(const Tensor& t, Where where = Where::here()) : tensor(t), where(where) {}
  In(const In&) = delete;
  operator const Tensor&() const { return tensor; }
  const Tensor& operator*() const { return tensor; }
  const Tensor* operator->() const { return &given(); }
  /// Whether it was given; operator-> asks for that.
  bool defined() const { return tensor.defined(); }
  /// The tensor. Throws ArgumentError where it is undefined.
  const Tensor& given() const {
    if (!tensor.defined()) [[unlikely]]
      fail_undefined(where);
    return tensor;
  }
};

// ------------------------------------------------------------ making tensors
/// What a new tensor is. {.dtype = float64, .device = "cpu"}.
struct TensorOptions {
  std::optional<DType> dtype =
      {};  ///< none: float32; of randint, arange and tensor what their numbers are
  Device device = default_device();
  bool requires_grad = false;
};

/// Elements are not set.
TINYGRAD_API Tensor empty(const Shape& shape, const TensorOptions& options = {},
                          Where where = Where::here());
TINYGRAD_API Tensor zeros(const Shape& shape, const TensorOptions& options = {},
                          Where where = Where::here());
TINYGRAD_API Tensor ones(const Shape& shape, const TensorOptions& options = {},
                         Where where = Where::here());
TINYGRAD_API Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {},
                         Where where = Where::here());
/// Uniform on [0, 1).
TINYGRAD_API Tensor rand(const Shape& shape, const TensorOptions& options = {},
                         Where where = Where::here());
/// Standard normal.
TINYGRAD_API Tensor randn(const Shape& shape, const TensorOptions& options = {},
                          Where where = Where::here());
/// Integers low ... high - 1; int64 unless told.
TINYGRAD_API Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
                            const TensorOptions& options = {}, Where where = Where::here());
/// The numbers 0 ... n - 1 in random order, int64.
TINYGRAD_API Tensor randperm(std::int64_t n, const Device& device = default_device(),
                             Where where = Where::here());
/// 0, 1, ... below end; int64 where all numbers are integers, else float32.
TINYGRAD_API Tensor arange(Scalar end, Where where = Where::here());
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step = 1, Where where = Where::here());
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options,
                           Where where = Where::here());

TINYGRAD_API Tensor empty_like(const Tensor& x, Where where = Where::here());
TINYGRAD_API Tensor zeros_like(const Tensor& x, Where where = Where::here());
TINYGRAD_API Tensor ones_like(const Tensor& x, Where where = Where::here());
TINYGRAD_API Tensor full_like(const Tensor& x, Scalar value, Where where = Where::here());
TINYGRAD_API Tensor rand_like(const Tensor& x, Where where = Where::here());
TINYGRAD_API Tensor randn_like(const Tensor& x, Where where = Where::here());

/// Numbers in braces, nested to any depth up to 8: tensor({{1, 2}, {3, 4}}) has shape [2, 2].
struct TINYGRAD_API Nested {
  Scalar scalar;
  std::vector<Nested> list;
  bool is_list = false;
  template <class T>
  requires std::is_arithmetic_v<T> Nested(T value) : scalar(value) {}
  Nested(std::initializer_list<Nested> list) : list(list), is_list(true) {}
};
/// float32 where one of the numbers is real, else int64, or bool. Throws ShapeError where lists of
/// one depth differ in length.
TINYGRAD_API Tensor tensor(const Nested& values, const TensorOptions& options = {},
                           Where where = Where::here());

/// A copy of shape.count() elements of `dtype` at `data` in the host's memory, row-major, converted
/// to options.dtype.
TINYGRAD_API Tensor from_data(const void* data, DType dtype, const Shape& shape,
                              const TensorOptions& options, Where where = Where::here());
/// A copy of the values, of their own dtype. Throws ShapeError where their number is not that of
/// the shape.
template <class T>
Tensor from_span(std::span<const T> values, const Shape& shape,
                 const Device& device = default_device(), Where where = Where::here()) {
  require<ShapeError>(std::int64_t(values.size()) == shape.count(), Call{"from_span", where},
                      values.size(), " values do not fill shape ", shape);
  return from_data(values.data(), dtype_of<T>(), shape, {.dtype = dtype_of<T>(), .device = device},
                   where);
}
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape,
                   const Device& device = default_device(), Where where = Where::here()) {
  return from_span(std::span<const T>(values), shape, device, where);
}
template <class T>
Tensor from_vector(const std::vector<T>& values, const Device& device = default_device(),
                   Where where = Where::here()) {
  return from_span(std::span<const T>(values), {std::int64_t(values.size())}, device, where);
}

}  // namespace tinygrad
