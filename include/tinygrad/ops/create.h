// SPDX-License-Identifier: MIT
// Functions that create tensors: constant, random, sequences, or from values of the host. A shape
// with a negative size throws ShapeError.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// The properties of a new tensor: {.dtype = float64, .device = "cpu"}.
struct TensorOptions {
  /// If it is not set: float32, except for randint (int64) and for arange and tensor, which take it
  /// from their arguments.
  std::optional<DType> dtype = {};
  Device device = default_device();
  bool requires_grad = false;
};

/// A tensor whose elements are not initialized.
TINYGRAD_API Tensor empty(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
/// A tensor of zeros.
TINYGRAD_API Tensor zeros(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
/// A tensor of ones.
TINYGRAD_API Tensor ones(const Shape& shape, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
/// A tensor whose elements all have the same value.
TINYGRAD_API Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
/// Random values, uniform on [0, 1).
TINYGRAD_API Tensor rand(const Shape& shape, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
/// Random values from the standard normal distribution.
TINYGRAD_API Tensor randn(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
/// Random values, uniform on [low, high).
TINYGRAD_API Tensor uniform(double low, double high, const Shape& shape,
                            const TensorOptions& options = {},
                            SourceLocation location = SourceLocation::current());
/// mean + std z for random z from the standard normal distribution.
TINYGRAD_API Tensor normal(double mean, double std, const Shape& shape,
                           const TensorOptions& options = {},
                           SourceLocation location = SourceLocation::current());
/// Random integers, uniform on low ... high - 1. Throws ArgumentError unless low < high.
TINYGRAD_API Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
                            const TensorOptions& options = {},
                            SourceLocation location = SourceLocation::current());
/// The integers 0 ... n - 1 in random order, as int64 [n].
TINYGRAD_API Tensor randperm(std::int64_t n, const Device& device = default_device(),
                             SourceLocation location = SourceLocation::current());
/// 0, 1, ... below end. The dtype is int64 if all arguments are integers, otherwise float32.
TINYGRAD_API Tensor arange(Scalar end, SourceLocation location = SourceLocation::current());
/// start, start + step, ... below end, or above end if step is negative. Throws ArgumentError if
/// step is 0 or leads away from end.
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step = 1,
                           SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options,
                           SourceLocation location = SourceLocation::current());
/// `steps` values evenly spaced from start to end, both included.
TINYGRAD_API Tensor linspace(Scalar start, Scalar end, std::int64_t steps,
                             const TensorOptions& options = {},
                             SourceLocation location = SourceLocation::current());
/// base to the power of linspace(start, end, steps).
TINYGRAD_API Tensor logspace(Scalar start, Scalar end, std::int64_t steps, double base = 10,
                             const TensorOptions& options = {},
                             SourceLocation location = SourceLocation::current());
/// The matrix [n, n] with ones on the diagonal and zeros elsewhere.
TINYGRAD_API Tensor eye(std::int64_t n, const TensorOptions& options = {},
                        SourceLocation location = SourceLocation::current());
/// The same with the shape [rows, columns].
TINYGRAD_API Tensor eye(std::int64_t rows, std::int64_t columns, const TensorOptions& options = {},
                        SourceLocation location = SourceLocation::current());

// Tensors with the shape, dtype and device of x.
TINYGRAD_API Tensor empty_like(const Tensor& x,
                               SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor zeros_like(const Tensor& x,
                               SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor ones_like(const Tensor& x, SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor full_like(const Tensor& x, Scalar value,
                              SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor rand_like(const Tensor& x, SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor randn_like(const Tensor& x,
                               SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high,
                                 SourceLocation location = SourceLocation::current());

/// Values in braces, nested up to 8 deep: tensor({{1, 2}, {3, 4}}) has shape [2, 2]. Or a vector,
/// also of vectors; for many values from_vector() is faster.
struct TINYGRAD_API Nested {
  Scalar scalar;
  std::vector<Nested> list;
  bool is_list = false;
  template <class T>
  requires std::is_arithmetic_v<T> Nested(T value) : scalar(value) {}
  Nested(std::initializer_list<Nested> values) : list(values), is_list(true) {}
  template <class T>
  Nested(const std::vector<T>& values) : list(values.begin(), values.end()), is_list(true) {}
};
/// A tensor with the given values. The dtype is float32 if a value is real, otherwise int64, or
/// bool if all are bool. Throws ShapeError if lists of the same depth have different lengths.
TINYGRAD_API Tensor tensor(const Nested& values, const TensorOptions& options = {},
                           SourceLocation location = SourceLocation::current());
/// A copy of shape.count() elements of `dtype` at `data` in the host's memory, in row-major order,
/// converted to options.dtype.
TINYGRAD_API Tensor from_data(const void* data, DType dtype, const Shape& shape,
                              const TensorOptions& options,
                              SourceLocation location = SourceLocation::current());
/// A tensor of rank 1 with a copy of the elements of a std::vector, std::array, std::span or array.
/// The dtype is that of the elements if options.dtype is not set.
template <class Values>
requires requires(const Values& list) { std::span(list).front() + 0; }
Tensor tensor(const Values& values, TensorOptions options = {},
              SourceLocation location = SourceLocation::current()) {
  const std::span list(values);
  constexpr DType dtype = dtype_of<typename decltype(list)::value_type>();
  if (!options.dtype) options.dtype = dtype;
  return from_data(list.data(), dtype, {list.size()}, options, location);
}
/// A copy of the values, with the dtype of T. Throws ShapeError unless the number of values is the
/// number of elements of the shape.
template <class T>
Tensor from_span(std::span<const T> values, const Shape& shape,
                 const Device& device = default_device(),
                 SourceLocation location = SourceLocation::current()) {
  require<ShapeError>(std::int64_t(values.size()) == shape.count(location),
                      Call{"from_span", location}, values.size(), " values do not fill shape ",
                      shape);
  return from_data(values.data(), dtype_of<T>(), shape, {.dtype = dtype_of<T>(), .device = device},
                   location);
}
/// from_span() of a vector.
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape,
                   const Device& device = default_device(),
                   SourceLocation location = SourceLocation::current()) {
  if constexpr (std::is_same_v<T, bool>)  // vector<bool> has no addressable elements
    return from_vector(std::vector<std::uint8_t>(values.begin(), values.end()), shape, device,
                       location)
        .to(DType::boolean, location);
  else return from_span(std::span<const T>(values), shape, device, location);
}
/// from_span() of values in braces, as in from_vector({1.f, 2.f}, {2}).
template <class T>
Tensor from_vector(std::initializer_list<T> values, const Shape& shape,
                   const Device& device = default_device(),
                   SourceLocation location = SourceLocation::current()) {
  return from_vector(std::vector<T>(values), shape, device, location);
}
/// A tensor of rank 1 with a copy of the values.
template <class T>
Tensor from_vector(const std::vector<T>& values, const Device& device = default_device(),
                   SourceLocation location = SourceLocation::current()) {
  return from_vector(values, {values.size()}, device, location);
}

/// A tensor over memory of the caller, without a copy: shape.count() elements at `data`, in
/// row-major order, of options.dtype (float32 if it is not set). They must stay valid until the
/// last tensor over them is gone; deleter(data) is called then. Throws DeviceError unless the
/// memory of the device is the host's, and ArgumentError if `data` is null or not aligned to
/// elements.
TINYGRAD_API Tensor from_blob(void* data, const Shape& shape, const TensorOptions& options = {},
                              InlineFunction<void(void*), 16> deleter = {},
                              SourceLocation location = SourceLocation::current());
/// The same with elements of type T. Throws DTypeError if options.dtype is set to another.
template <class T>
requires(!std::is_void_v<T> && !std::is_const_v<T>) Tensor
    from_blob(T* data, const Shape& shape, TensorOptions options = {},
              InlineFunction<void(void*), 16> deleter = {},
              SourceLocation location = SourceLocation::current()) {
  constexpr DType dtype = dtype_of<T>();
  require<DTypeError>(options.dtype.value_or(dtype) == dtype, Call{"from_blob", location},
                      "the elements are ", to_string(dtype), "; convert the tensor with to()");
  options.dtype = dtype;
  return from_blob(static_cast<void*>(data), shape, options, std::move(deleter), location);
}

}  // namespace tinygrad
