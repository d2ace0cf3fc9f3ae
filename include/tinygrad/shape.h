// SPDX-License-Identifier: MIT
// Shapes, strides and lists of dimensions: up to eight integers, stored inside the object.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <vector>

#include "tinygrad/detail/export.h"
#include "tinygrad/detail/print.h"
#include "tinygrad/source_location.h"

namespace tinygrad {

inline constexpr int max_rank = 8;

/// A shape, its strides, an index or a list of dimensions. Negative positions count from the end:
/// s[-1] is the last element. Positions outside [-rank, rank) throw IndexError.
class TINYGRAD_API Dims {
 public:
  /// An element in braces, of any integer type, as in {2, v.size()}. What exceeds int64 becomes the
  /// largest size, which nothing has.
  struct Size {
    std::int64_t value;
    template <std::integral T>
    requires(!std::same_as<T, bool>) constexpr Size(T size)
        : value(std::is_unsigned_v<T> && size > T(INT64_MAX) ? INT64_MAX : std::int64_t(size)) {}
  };
  Dims() = default;
  /// A single element, as in zeros(3) and x.reshape(-1).
  template <std::integral T>
  requires(!std::same_as<T, bool>) Dims(T size, SourceLocation location = SourceLocation::current())
      : Dims({Size(size)}, location) {}
  /// Throws ShapeError if there are more than eight elements; so do the next two.
  Dims(std::initializer_list<Size> list, SourceLocation location = SourceLocation::current());
  template <std::integral T>
  Dims(const std::vector<T>& list, SourceLocation location = SourceLocation::current()) {
    for (T value : list) push_back(Size(value).value, location);
  }
  Dims(const std::int64_t* first, int count, SourceLocation location = SourceLocation::current());
  static Dims filled(int rank, std::int64_t value);

  int rank() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  std::int64_t& operator[](int i) { return values_[from_front(i)]; }
  std::int64_t operator[](int i) const { return values_[from_front(i)]; }
  /// Throws ShapeError if there are eight elements already; so does insert().
  void push_back(std::int64_t value, SourceLocation location = SourceLocation::current());
  /// Inserts before `position`, 0 ... rank. Throws IndexError outside.
  void insert(int position, std::int64_t value,
              SourceLocation location = SourceLocation::current());
  void erase(int position);
  bool contains(std::int64_t value) const;

  /// The product of the elements: the number of elements of a tensor with this shape; 1 for rank 0.
  /// Throws ShapeError if it exceeds int64.
  std::int64_t count(SourceLocation location = SourceLocation::current()) const;

  const std::int64_t* begin() const { return values_; }
  const std::int64_t* end() const { return values_ + rank_; }
  std::int64_t* begin() { return values_; }
  std::int64_t* end() { return values_ + rank_; }
  TINYGRAD_API friend bool operator==(const Dims& a, const Dims& b);

 private:
  int from_front(int i) const {
    const int position = i < 0 ? i + rank_ : i;
    if (unsigned(position) >= unsigned(rank_)) [[unlikely]]
      fail_position(i);
    return position;
  }
  [[noreturn]] void fail_position(int i) const;
  std::int64_t values_[max_rank] = {};  // auto [a, b] = x.shape(): write x.sizes<2>()
  int rank_ = 0;
};

using Shape = Dims;
using Strides = Dims;

/// The dimensions that a reduction works over: a single one or a list. An empty list means all.
class Axes : public Dims {
 public:
  Axes() = default;
  template <std::integral T> Axes(T dim) : Dims{dim} {}
  Axes(bool) = delete;  // sum(x, true) would mean dimension 1: write sum(x, {}, keepdim)
  Axes(std::initializer_list<Size> list, SourceLocation location = SourceLocation::current())
      : Dims(list, location) {}
  Axes(const Dims& dims) : Dims(dims) {}
};

/// For the last argument of reductions: the result keeps the reduced dimensions, with size 1.
inline constexpr bool keepdim = true;

/// The elements in brackets, as in "[2, 3]".
TINYGRAD_API std::string to_string(const Dims& dims);
template <detail::TextStream Stream, std::derived_from<Dims> D>
Stream& operator<<(Stream& stream, const D& dims) {
  return detail::print(stream, to_string(dims));
}

/// The strides of a contiguous, row-major tensor, counted in elements: the last dimension has
/// stride 1.
TINYGRAD_API Strides dense_strides(const Shape& shape);

/// Returns whether a tensor of shape `small` can be broadcast to shape `large` by NumPy's rule.
TINYGRAD_API bool broadcasts_to(const Shape& small, const Shape& large);

/// out = a · b. Returns false if the result does not fit into int64. All arithmetic on sizes uses
/// this function and the next.
[[nodiscard]] inline bool checked_mul(std::int64_t a, std::int64_t b, std::int64_t& out) {
#if defined(__GNUC__)
  return !__builtin_mul_overflow(a, b, &out);
#else
  out = std::int64_t(std::uint64_t(a) * std::uint64_t(b));
  return a == 0 || (!(a == -1 && b == INT64_MIN) && out / a == b);
#endif
}
/// out = a + b. Returns false if the result does not fit into int64.
[[nodiscard]] inline bool checked_add(std::int64_t a, std::int64_t b, std::int64_t& out) {
#if defined(__GNUC__)
  return !__builtin_add_overflow(a, b, &out);
#else
  out = std::int64_t(std::uint64_t(a) + std::uint64_t(b));
  return (a < 0) == (out < b);
#endif
}

}  // namespace tinygrad
