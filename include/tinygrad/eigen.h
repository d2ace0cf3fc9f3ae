// SPDX-License-Identifier: MIT
// Eigen::Map objects that refer to the memory of tensors, without a copy. tinygrad.h does not
// include this file, since it needs Eigen's headers.
#pragma once
#include <Eigen/Core>

#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// A row-major Eigen matrix.
template <class T>
using EigenMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// A column vector of Eigen.
template <class T> using EigenVector = Eigen::Matrix<T, Eigen::Dynamic, 1>;

/// The elements of x [rows, columns] as a row-major Eigen matrix. Throws ShapeError unless x has
/// rank 2, and the errors of Tensor::span(). The map is valid as long as a tensor holds the memory.
template <class T>
Eigen::Map<const EigenMatrix<T>> as_matrix(const Tensor& x,
                                           SourceLocation location = SourceLocation::current()) {
  require<ShapeError>(x.dim(location) == 2, Call{"as_matrix", location},
                      "expected a matrix, got shape ", x.shape(), "; reshape it to two dimensions");
  return {x.span<T>(location).data(), x.shape()[0], x.shape()[1]};
}
/// All elements of x in row-major order as one Eigen vector. Throws the errors of Tensor::span().
template <class T>
Eigen::Map<const EigenVector<T>> as_vector(const Tensor& x,
                                           SourceLocation location = SourceLocation::current()) {
  return {x.span<T>(location).data(), x.numel(location)};
}
/// A tensor [rows, columns] with a copy of an Eigen matrix or array of any storage order.
template <class Derived> Tensor from_eigen(const Eigen::DenseBase<Derived>& m) {
  using T = typename Derived::Scalar;
  const EigenMatrix<T> rows = m.derived().matrix();
  return from_span(std::span<const T>(rows.data(), std::size_t(rows.size())),
                   {rows.rows(), rows.cols()});
}

}  // namespace tinygrad
