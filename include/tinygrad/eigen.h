// Tensors as Eigen sees them: maps of the same memory, nothing is copied. Opt-in: needs Eigen's
// headers.
#pragma once
#include <Eigen/Core>

#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

template <class T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class T> using EigenVector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// A matrix's elements, row-major. Throws ShapeError unless x has rank 2, and whatever Tensor::span
/// throws. Valid as long as a tensor holds the memory.
template <class T>
Eigen::Map<const EigenMatrix<T>> as_matrix(const Tensor& x,
                                           SourceLocation location = SourceLocation::current()) {
  require<ShapeError>(x.dim() == 2, Call{"as_matrix", location}, "takes a matrix, got shape ",
                      x.shape(), "; reshape it to two dimensions");
  return {x.span<T>(location).data(), x.shape()[0], x.shape()[1]};
}
/// All elements, row-major, as one column.
template <class T>
Eigen::Map<const EigenVector<T>> as_vector(const Tensor& x,
                                           SourceLocation location = SourceLocation::current()) {
  return {x.span<T>(location).data(), x.numel()};
}
/// A copy of an Eigen matrix or array, of any storage order.
template <class Derived> Tensor from_eigen(const Eigen::DenseBase<Derived>& m) {
  using T = typename Derived::Scalar;
  const EigenMatrix<T> rows = m.derived().matrix();
  return from_span(std::span<const T>(rows.data(), std::size_t(rows.size())),
                   {rows.rows(), rows.cols()});
}

}  // namespace tinygrad
