// SPDX-License-Identifier: MIT
// The calls of Eigen, for each matrix of a batch, in float64 whatever the dtype of the tensors:
// Eigen's templates take half a minute to compile for each type.
#include "host.h"

#ifndef TINYGRAD_HAVE_EIGEN

namespace tinygrad::linalg::host {

#define WITHOUT_EIGEN(name, ...)                                                          \
  Tensors name(const Call& call, __VA_ARGS__) {                                           \
    fail(call,                                                                            \
         "this build of tinygrad has no Eigen; apt-get install libeigen3-dev, and build " \
         "with TINYGRAD_EIGEN=ON");                                                       \
  }
WITHOUT_EIGEN(cholesky, const Tensor&)
WITHOUT_EIGEN(solve_triangular, const Tensor&, const Tensor&, bool, bool)
WITHOUT_EIGEN(solve, const Tensor&, const Tensor&)
WITHOUT_EIGEN(determinants, const Tensor&)
WITHOUT_EIGEN(qr, const Tensor&, std::int64_t)
WITHOUT_EIGEN(svd, const Tensor&, bool)
WITHOUT_EIGEN(eigh, const Tensor&)

}  // namespace tinygrad::linalg::host

#else

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>
#include <cmath>

namespace tinygrad::linalg::host {
namespace {

using Eigen::Dynamic, Eigen::Index;
using Matrix = Eigen::MatrixXd;
using Rows = Eigen::Matrix<double, Dynamic, Dynamic, Eigen::RowMajor>;

/// The matrices of a tensor, copied to the host or made there.
struct Batch {
  Shape shape;
  std::vector<double> values;
  explicit Batch(const Shape& s) : shape(s), values(std::size_t(s.count())) {}
  explicit Batch(const Tensor& x) : Batch(x.shape()) { x.read(values.data(), DType::float64); }
  std::int64_t rows() const { return shape[-2]; }
  std::int64_t columns() const { return shape[-1]; }
  Eigen::Map<Rows> operator[](std::int64_t i) {
    return {values.data() + i * rows() * columns(), Index(rows()), Index(columns())};
  }
  Tensor like(const Tensor& x) const {
    return from_data(values.data(), DType::float64, shape,
                     {.dtype = x.dtype(), .device = x.device()});
  }
};
/// The shape of matrices [rows, columns] with the batch of x.
Shape matrices(const Tensor& x, std::int64_t rows, std::int64_t columns) {
  Shape shape = x.shape();
  shape[-2] = rows, shape[-1] = columns;
  return shape;
}
std::int64_t batch_size(const Tensor& x) { return Shape(x.shape().begin(), x.dim() - 2).count(); }
std::string name_of(std::int64_t i, const Tensor& a) {
  return a.dim() == 2 ? "the matrix" : "matrix " + std::to_string(i) + " of the batch";
}

}  // namespace

Tensors cholesky(const Call& call, const Tensor& a) {
  Batch in(a), l(a.shape());
  for (std::int64_t i = 0; i < batch_size(a); ++i) {
    const Eigen::LLT<Matrix> llt(in[i]);
    require(llt.info() == Eigen::Success, call, name_of(i, a), " is not positive definite");
    l[i] = llt.matrixL();
  }
  return l.like(a);
}

Tensors solve_triangular(const Call&, const Tensor& a, const Tensor& b, bool upper,
                         bool unitriangular) {
  Batch in(a), x(b);
  for (std::int64_t i = 0; i < batch_size(a); ++i) {
    auto to = x[i];
    const auto m = in[i];
    if (upper && unitriangular) m.triangularView<Eigen::UnitUpper>().solveInPlace(to);
    else if (upper) m.triangularView<Eigen::Upper>().solveInPlace(to);
    else if (unitriangular) m.triangularView<Eigen::UnitLower>().solveInPlace(to);
    else m.triangularView<Eigen::Lower>().solveInPlace(to);
  }
  return x.like(a);
}

Tensors solve(const Call& call, const Tensor& a, const Tensor& b) {
  Batch in(a), x(b);
  for (std::int64_t i = 0; i < batch_size(a) && in.rows() > 0; ++i) {
    const Eigen::PartialPivLU<Matrix> lu(in[i]);
    require((lu.matrixLU().diagonal().array() != 0).all(), call, name_of(i, a), " is singular");
    x[i] = lu.solve(Matrix(x[i]));
  }
  return x.like(a);
}

Tensors determinants(const Call&, const Tensor& a) {
  const Shape shape(a.shape().begin(), a.dim() - 2);
  Batch in(a), det(shape), sign(shape), log(shape);
  for (std::size_t i = 0; i < det.values.size(); ++i) {
    double s = 1, sum = 0, product = 1;
    if (in.rows() > 0) {
      const Eigen::PartialPivLU<Matrix> lu(in[std::int64_t(i)]);
      s = product = double(lu.permutationP().determinant());
      for (double d : lu.matrixLU().diagonal())
        product *= d, s *= double((d > 0) - (d < 0)) + (d - d), sum += std::log(std::abs(d));
    }
    det.values[i] = product, sign.values[i] = s, log.values[i] = sum;
  }
  return {det.like(a), sign.like(a), log.like(a)};
}

Tensors qr(const Call&, const Tensor& a, std::int64_t k) {
  Batch in(a), q(matrices(a, a.shape()[-2], k)), r(matrices(a, k, a.shape()[-1]));
  for (std::int64_t i = 0; i < batch_size(a); ++i) {
    q[i].setIdentity();
    if (in.columns() == 0 || in.rows() == 0) continue;
    const Eigen::HouseholderQR<Matrix> qr(in[i]);
    q[i] = qr.householderQ() * Matrix::Identity(Index(in.rows()), Index(k));
    r[i] = Matrix(qr.matrixQR().triangularView<Eigen::Upper>()).topRows(Index(k));
  }
  return {q.like(a), r.like(a)};
}

Tensors svd(const Call& call, const Tensor& a, bool full) {
  const std::int64_t m = a.shape()[-2], n = a.shape()[-1], k = std::min(m, n);
  Batch in(a), u(matrices(a, m, full ? m : k)), s(matrices(a, k, 1)),
      vh(matrices(a, full ? n : k, n));
  const unsigned parts =
      full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  for (std::int64_t i = 0; i < batch_size(a); ++i) {
    u[i].setIdentity(), vh[i].setIdentity();
    if (k == 0) continue;
    const Eigen::BDCSVD<Matrix> svd(in[i], parts);
    require(svd.info() == Eigen::Success, call, name_of(i, a), " is not finite");
    u[i] = svd.matrixU(), s[i] = svd.singularValues(), vh[i] = svd.matrixV().transpose();
  }
  return {u.like(a), squeeze(s.like(a), -1), vh.like(a)};
}

Tensors eigh(const Call& call, const Tensor& a) {
  Batch in(a), values(matrices(a, a.shape()[-1], 1)), vectors(a.shape());
  for (std::int64_t i = 0; i < batch_size(a) && in.rows() > 0; ++i) {
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(in[i]);
    require(solver.info() == Eigen::Success, call, name_of(i, a), " is not finite");
    values[i] = solver.eigenvalues(), vectors[i] = solver.eigenvectors();
  }
  return {squeeze(values.like(a), -1), vectors.like(a)};
}

}  // namespace tinygrad::linalg::host

#endif
