// SPDX-License-Identifier: MIT
// The reference backend: every required kernel as its definition, in plain loops, as exact as
// double and int64 can be.
//
// It is built outside the library against the installed headers, and a program registers it. Only
// this backend can access its memory, as with a graphics card. It is slow on purpose: each kernel
// reads its inputs into dense vectors of double (floating dtypes) or Int (the others), computes,
// and rounds once, when it writes. So only read() and write() deal with strides and dtypes, and
// `out` may be the view of an input.
#pragma once
#include <cmath>
#include <limits>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tinygrad/backend.h"

namespace reference {
using namespace tinygrad;

/// Registers the device under this name. Throws ArgumentError if the name is taken.
Backend& register_reference_backend(const Device& device = "reference");

class Reference : public Backend {
 public:
  using Backend::Backend;
  Memory allocate(std::size_t bytes) override;
  void release(Memory memory) noexcept override;
  void upload(const void* from, Memory to, std::size_t offset, std::size_t bytes) override;
  void download(Memory from, std::size_t offset, void* to, std::size_t bytes) override;
  MemoryStats stats() const override;
#define REQUIRED_KERNEL(name, parameters, arguments) void name parameters override;
#include "tinygrad/kernels.def"

 private:
  /// The bytes of a block, from `offset` on. Throws DeviceError if the handle is not one of this
  /// backend's, or if the bytes are not inside the block.
  std::byte* at(const Memory& memory, std::size_t offset, std::size_t bytes);
  /// The view's values in row-major order; T is double or Int.
  template <class T> std::vector<T> read(const View& view);
  /// A view's values, or `count` times the scalar as formulas in `dtype` see it.
  template <class T> std::vector<T> read(const Operand& operand, DType dtype, std::int64_t count);
  /// Rounds the values to the view's dtype and stores them in row-major order.
  template <class T> void write(const View& view, const std::vector<T>& values);

  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t size;
  };
  mutable std::mutex mutex_;  // guards the table, not the contents of blocks
  std::unordered_map<void*, Block> blocks_;
  std::uintptr_t last_handle_ = std::uintptr_t(0x7F80) << (8 * sizeof(void*) - 16);
  MemoryStats stats_;
};

// Below, elements in memory become values in a vector, and back. Only this part knows strides and
// dtypes.

/// An int64 that wraps on overflow, by unsigned arithmetic (int64_t would be undefined). Division
/// by zero gives 0.
struct Int {
  std::int64_t value;
  Int(std::int64_t v = 0) : value(v) {}
  friend Int operator+(Int a, Int b) {
    return std::int64_t(std::uint64_t(a.value) + std::uint64_t(b.value));
  }
  friend Int operator*(Int a, Int b) {
    return std::int64_t(std::uint64_t(a.value) * std::uint64_t(b.value));
  }
  friend Int operator-(Int a) { return a * -1; }
  friend Int operator-(Int a, Int b) { return a + -b; }
  friend Int operator/(Int a, Int b) { return b == 0 ? 0 : b == -1 ? -a : a.value / b.value; }
  friend Int operator&(Int a, Int b) { return a.value & b.value; }
  friend Int operator|(Int a, Int b) { return a.value | b.value; }
  friend Int operator^(Int a, Int b) { return a.value ^ b.value; }
  friend Int operator<<(Int a, Int b) { return a.value << b.value; }
  friend Int operator>>(Int a, Int b) { return a.value >> b.value; }
  friend auto operator<=>(Int a, Int b) = default;
};

/// Calls f with a zero of the type that a dtype is computed in: compute_in(d, [&]<class T>(T) { ...
/// }).
template <class F> void compute_in(DType dtype, F f) {
  is_floating(dtype) ? f(double()) : f(Int());
}

/// A scalar beside tensors is rounded to float32 first, except beside float64, so that a float32
/// element 0.1 equals the scalar 0.1.
template <class T> T at_hand(Scalar s, DType dtype) {
  if constexpr (std::is_same_v<T, Int>) return s.integer();
  else return dtype == DType::float64 ? s.real() : double(float(s.real()));
}

/// Calls f(offset) for the offset of each element, in row-major order. There is none if a dimension
/// is 0, however large the others are.
void for_each_offset(const Shape& shape, const Strides& strides, std::int64_t at, const auto& f,
                     int dim = 0) {
  if (dim == 0 && shape.count() == 0) return;
  if (dim == shape.rank()) return f(at);
  for (std::int64_t i = 0; i < shape[dim]; ++i)
    for_each_offset(shape, strides, at + i * strides[dim], f, dim + 1);
}

/// An element of type E from an Int, which wraps, or from a double, which is rounded once, or
/// saturates.
template <class E, class T> E stored(T v) {
  using Limits = std::numeric_limits<E>;
  if constexpr (std::is_same_v<E, bool>) return v != 0;
  else if constexpr (std::is_class_v<E>) return E(stored<float>(v));  // Half and BFloat16
  else if constexpr (std::is_same_v<T, Int>) return E(v.value);
  else if constexpr (!std::is_integral_v<E>) return E(v);
  else
    return v != v                       ? 0
           : v <= double(Limits::min()) ? Limits::min()
           : v >= double(Limits::max()) ? Limits::max()
                                        : E(v);
}

template <class T> std::vector<T> Reference::read(const View& view) {
  std::vector<T> values;
  const std::byte* block = at(view.memory(), 0, view.memory().bytes);
  visit(view.dtype(), [&]<class E>(E) {
    for_each_offset(view.shape(), view.strides(), view.offset(), [&](std::int64_t i) {
      if constexpr (std::is_same_v<E, bool>)
        values.push_back(T(block[i] != std::byte(0)));  // any byte but 0 is true
      else if constexpr (std::is_integral_v<E>)
        values.push_back(T(std::int64_t(reinterpret_cast<const E*>(block)[i])));
      else values.push_back(T(double(reinterpret_cast<const E*>(block)[i])));
    });
  });
  return values;
}

template <class T>
std::vector<T> Reference::read(const Operand& operand, DType dtype, std::int64_t count) {
  return operand.is_scalar() ? std::vector<T>(std::size_t(count), at_hand<T>(operand.scalar, dtype))
                             : read<T>(operand.view);
}

template <class T> void Reference::write(const View& view, const std::vector<T>& values) {
  std::byte* block = at(view.memory(), 0, view.memory().bytes);
  visit(view.dtype(), [&]<class E>(E) {
    auto value = values.begin();
    for_each_offset(view.shape(), view.strides(), view.offset(),
                    [&](std::int64_t i) { reinterpret_cast<E*>(block)[i] = stored<E>(*value++); });
  });
}

}  // namespace reference
