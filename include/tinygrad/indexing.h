// SPDX-License-Identifier: MIT
// Indexing as in NumPy: x[i], x(0, Slice(1, 5), Ellipsis, NewAxis), x[mask], x(rows, columns), and
// assignments through each of them.
#pragma once
#include <concepts>
#include <memory>
#include <optional>
#include <span>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// A part of a slice that is not given, and as an index a new axis.
inline constexpr std::nullopt_t None = std::nullopt;

/// Python's start:stop:step. A part that is not given means all of that side; a negative start or
/// stop counts from the end, and both are clamped to the size. step must not be 0.
struct Slice {
  std::optional<std::int64_t> start, stop;
  std::int64_t step;
  Slice(std::optional<std::int64_t> from = {}, std::optional<std::int64_t> to = {},
        std::int64_t by = 1)
      : start(from), stop(to), step(by) {}
};

/// All dimensions that the other indices leave.
struct EllipsisType {};
inline constexpr EllipsisType Ellipsis;
/// A dimension of size 1 that x does not have.
struct NewAxisType {};
inline constexpr NewAxisType NewAxis;

/// One index of x(i, j, ...), with the line of the caller: an operator cannot have default
/// arguments, but a conversion can.
struct Index {
  enum class Kind { integer, slice, ellipsis, new_axis, tensor };
  Kind kind;
  std::int64_t integer = 0;
  Slice slice = {};
  Tensor tensor = {};
  SourceLocation location;
  template <std::integral T>
  Index(T i, SourceLocation line = SourceLocation::current())
      : kind(Kind::integer), integer(std::int64_t(i)), location(line) {}
  Index(bool) = delete;  // an index is an integer, or a tensor of bools
  Index(const Slice& s, SourceLocation line = SourceLocation::current())
      : kind(Kind::slice), slice(s), location(line) {}
  Index(EllipsisType, SourceLocation line = SourceLocation::current())
      : kind(Kind::ellipsis), location(line) {}
  Index(NewAxisType, SourceLocation line = SourceLocation::current())
      : kind(Kind::new_axis), location(line) {}
  Index(std::nullopt_t, SourceLocation line = SourceLocation::current()) : Index(NewAxis, line) {}
  Index(const Tensor& t, SourceLocation line = SourceLocation::current())
      : kind(Kind::tensor), tensor(t), location(line) {}
};

struct Selection;

/// The result of indexing: a tensor to which one can also assign, as in x[i] = y or x[mask] += 1,
/// which writes into x. The tensor is a view of x if the indices are integers, slices with positive
/// steps, Ellipsis and NewAxis only; otherwise it is a copy. A variable of this type is a handle
/// like any tensor.
class TINYGRAD_API IndexedTensor : public Tensor {
 public:
  /// x.select(0, i).
  IndexedTensor(Tensor view, SourceLocation location, const Tensor& x, std::int64_t i)
      : Tensor(std::move(view)), location_(location), base_(x), integer_(i) {}
  /// The elements of x that `selection` names.
  IndexedTensor(Tensor value, SourceLocation location, const Tensor& x,
                std::shared_ptr<const Selection> selection)
      : Tensor(std::move(value)), location_(location), base_(x), selection_(std::move(selection)) {}
  IndexedTensor(const IndexedTensor&) = default;
  IndexedTensor& operator=(const IndexedTensor&) & = default;
  IndexedTensor& operator=(const Tensor& y) & {
    Tensor::operator=(y);
    return *this;
  }
  /// Writes y, broadcast to the selected elements and converted to their dtype, into them. If an
  /// element is selected several times, the last write counts.
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): a temporary is not assigned to itself
  void operator=(const IndexedTensor& y) && { write(y); }
  void operator=(const Tensor& y) && { write(y); }
  void operator=(Scalar value) &&;
  // x[i] += y is x[i] = x[i] + y: an element that is selected several times is changed once, as in
  // NumPy. index_put with accumulate changes it each time.
  void operator+=(const Tensor& y) &&;
  void operator-=(const Tensor& y) &&;
  void operator*=(const Tensor& y) &&;
  void operator/=(const Tensor& y) &&;
  void operator+=(Scalar y) &&;
  void operator-=(Scalar y) &&;
  void operator*=(Scalar y) &&;
  void operator/=(Scalar y) &&;

 private:
  void write(const Tensor& y);
  bool is_view() const;
  bool is_recorded(const Tensor& y) const;
  Tensor positions() const;
  SourceLocation location_;
  Tensor base_;
  std::int64_t integer_ = 0;
  std::shared_ptr<const Selection> selection_;  // null for x[i]
};

/// x(i, j, ...): the dimensions of x, from the first on, by one index each.
///   an integer     that element of the dimension, which disappears
///   Slice          a part of it
///   Ellipsis       the dimensions that the other indices leave (once)
///   NewAxis        a new dimension of size 1
///   an integer tensor   its elements as indices
///   a bool tensor of rank k   the elements of k dimensions where it is true
/// Index tensors are broadcast against each other; their shape takes the place of their dimensions
/// if these are neighbours, otherwise it comes first. (As in PyTorch, an integer is no index tensor
/// here.) Throws IndexError for an index out of range and for more indices than dimensions,
/// DTypeError for an index tensor of reals, ShapeError for masks of another shape. Bool tensors are
/// read on the host.
TINYGRAD_API IndexedTensor index(const Tensor& x, std::span<const Index> indices);

template <class... Indices>
IndexedTensor Tensor::operator()(const Index& first, const Indices&... rest) const {
  const Index indices[] = {first, Index(rest)...};
  return index(*this, indices);
}

}  // namespace tinygrad
