// Creation of tensors: filled, random, in sequence, or from values of the host.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// What a new tensor is. {.dtype = float64, .device = "cpu"}.
struct TensorOptions {
  std::optional<DType> dtype =
      {};  ///< none: float32; of randint, arange and tensor what their numbers are
  Device device = default_device();
  bool requires_grad = false;
};

/// Elements are not set.
TINYGRAD_API Tensor empty(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor zeros(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor ones(const Shape& shape, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor full(const Shape& shape, Scalar value, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
/// Uniform on [0, 1).
TINYGRAD_API Tensor rand(const Shape& shape, const TensorOptions& options = {},
                         SourceLocation location = SourceLocation::current());
/// Standard normal.
TINYGRAD_API Tensor randn(const Shape& shape, const TensorOptions& options = {},
                          SourceLocation location = SourceLocation::current());
/// Integers low ... high - 1; int64 unless told.
TINYGRAD_API Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
                            const TensorOptions& options = {},
                            SourceLocation location = SourceLocation::current());
/// The numbers 0 ... n - 1 in random order, int64.
TINYGRAD_API Tensor randperm(std::int64_t n, const Device& device = default_device(),
                             SourceLocation location = SourceLocation::current());
/// 0, 1, ... below end; int64 where all numbers are integers, else float32.
TINYGRAD_API Tensor arange(Scalar end, SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step = 1,
                           SourceLocation location = SourceLocation::current());
TINYGRAD_API Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions& options,
                           SourceLocation location = SourceLocation::current());

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
                           SourceLocation location = SourceLocation::current());

/// A copy of shape.count() elements of `dtype` at `data` in the host's memory, row-major, converted
/// to options.dtype.
TINYGRAD_API Tensor from_data(const void* data, DType dtype, const Shape& shape,
                              const TensorOptions& options,
                              SourceLocation location = SourceLocation::current());
/// A copy of the values, of their own dtype. Throws ShapeError where their number is not that of
/// the shape.
template <class T>
Tensor from_span(std::span<const T> values, const Shape& shape,
                 const Device& device = default_device(),
                 SourceLocation location = SourceLocation::current()) {
  require<ShapeError>(std::int64_t(values.size()) == shape.count(), Call{"from_span", location},
                      values.size(), " values do not fill shape ", shape);
  return from_data(values.data(), dtype_of<T>(), shape, {.dtype = dtype_of<T>(), .device = device},
                   location);
}
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape,
                   const Device& device = default_device(),
                   SourceLocation location = SourceLocation::current()) {
  return from_span(std::span<const T>(values), shape, device, location);
}
template <class T>
Tensor from_vector(const std::vector<T>& values, const Device& device = default_device(),
                   SourceLocation location = SourceLocation::current()) {
  return from_span(std::span<const T>(values), {std::int64_t(values.size())}, device, location);
}

}  // namespace tinygrad
