// Shapes, strides and lists of dimensions: up to eight numbers that live inside the object.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>

#include "tinygrad/detail/export.h"

namespace tinygrad {

inline constexpr int max_rank = 8;

/// A shape, the strides of one, an index or a list of dimensions. Negative positions count from the
/// end: s[-1] is the last. Positions outside [-rank, rank) throw IndexError.
class TINYGRAD_API Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<std::int64_t> list);
  Dims(const std::int64_t* first, int count);
  static Dims filled(int rank, std::int64_t value);

  int rank() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  std::int64_t& operator[](int i) { return at_[place(i)]; }
  std::int64_t operator[](int i) const { return at_[place(i)]; }
  /// Throws ShapeError beyond eight.
  void push_back(std::int64_t value);
  void insert(int position, std::int64_t value);
  void erase(int position);
  bool contains(std::int64_t value) const;

  /// The product of all: how many elements a tensor of this shape has; 1 for rank 0. Throws
  /// ShapeError where it exceeds int64.
  std::int64_t count() const;

  const std::int64_t* begin() const { return at_; }
  const std::int64_t* end() const { return at_ + rank_; }
  std::int64_t* begin() { return at_; }
  std::int64_t* end() { return at_ + rank_; }
  TINYGRAD_API friend bool operator==(const Dims& a, const Dims& b);

 private:
  int place(int i) const {
    const int from_front = i < 0 ? i + rank_ : i;
    if (unsigned(from_front) >= unsigned(rank_)) [[unlikely]]
      fail_place(i);
    return from_front;
  }
  [[noreturn]] void fail_place(int i) const;
  std::int64_t at_[max_rank] = {};
  int rank_ = 0;
};

using Shape = Dims;
using Strides = Dims;

/// The dimensions that a reduction works over: one number or a list; none means all of them.
class Axes : public Dims {
 public:
  Axes() = default;
  Axes(int dim) : Dims{dim} {}
  Axes(std::int64_t dim) : Dims{dim} {}
  Axes(bool) = delete;  // sum(x, true) would mean dimension 1: write sum(x, {}, keepdim)
  Axes(std::initializer_list<std::int64_t> list) : Dims(list) {}
  Axes(const Dims& dims) : Dims(dims) {}
};

/// For the last argument of reductions: the reduced dimensions stay, with size 1.
inline constexpr bool keepdim = true;

/// "[2, 3]".
TINYGRAD_API std::string to_string(const Dims& dims);

/// Row-major strides, in elements: the last dimension is adjacent in memory.
TINYGRAD_API Strides dense_strides(const Shape& shape);

/// Whether a tensor of shape `large` can come from one of shape `small` by broadcasting (NumPy's
/// rule).
TINYGRAD_API bool broadcasts_to(const Shape& small, const Shape& large);

/// a · b and a + b, or false where the result does not fit: the one place for arithmetic on sizes.
[[nodiscard]] inline bool checked_mul(std::int64_t a, std::int64_t b, std::int64_t& out) {
  return !__builtin_mul_overflow(a, b, &out);
}
[[nodiscard]] inline bool checked_add(std::int64_t a, std::int64_t b, std::int64_t& out) {
  return !__builtin_add_overflow(a, b, &out);
}

}  // namespace tinygrad
