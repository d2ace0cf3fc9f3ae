// SPDX-License-Identifier: MIT
// The calls of Eigen, for each matrix of a batch.
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
template <class T> using Matrix = Eigen::Matrix<T, Dynamic, Dynamic>;
template <class T> using Rows = Eigen::Matrix<T, Dynamic, Dynamic, Eigen::RowMajor>;

/// The matrices of a tensor, copied to the host or made there.
template <class T> struct Batch {
  Shape shape;
  std::vector<T> values;
  explicit Batch(const Shape& s) : shape(s), values(std::size_t(s.count())) {}
  explicit Batch(const Tensor& x) : Batch(x.shape()) { x.read(values.data(), dtype_of<T>()); }
  std::int64_t rows() const { return shape[-2]; }
  std::int64_t columns() const { return shape[-1]; }
  Eigen::Map<Rows<T> > operator[](std::int64_t i) {
    return {values.data() + i * rows() * columns(), Index(rows()), Index(columns())};
  }
  Tensor to(const Device& device) const {
    return from_data(values.data(), dtype_of<T>(), shape,
                     {.dtype = dtype_of<T>(), .device = device});
  }
};
/// The shape of matrices [rows, columns] with the batch of x.
Shape like(const Tensor& x, std::int64_t rows, std::int64_t columns) {
  Shape shape = x.shape();
  shape[-2] = rows, shape[-1] = columns;
  return shape;
}
std::int64_t batch_size(const Tensor& x) { return Shape(x.shape().begin(), x.dim() - 2).count(); }
std::string name_of(std::int64_t i, const Tensor& a) {
  return a.dim() == 2 ? "the matrix" : "matrix " + std::to_string(i) + " of the batch";
}
/// f with a value of the type of x's elements.
template <class F> Tensors by_type(const Tensor& x, const F& f) {
  return x.dtype() == DType::float64 ? f(double()) : f(float());
}

}  // namespace

Tensors cholesky(const Call& call, const Tensor& a) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    Batch<T> in(a), l(a.shape());
    for (std::int64_t i = 0; i < batch_size(a); ++i) {
      const Eigen::LLT<Matrix<T> > llt(in[i]);
      require(llt.info() == Eigen::Success, call, name_of(i, a), " is not positive definite");
      l[i] = llt.matrixL();
    }
    return l.to(a.device());
  });
}

Tensors solve_triangular(const Call&, const Tensor& a, const Tensor& b, bool upper,
                         bool unitriangular) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    Batch<T> in(a), x(b);
    for (std::int64_t i = 0; i < batch_size(a); ++i) {
      auto to = x[i];
      const auto m = in[i];
      if (upper && unitriangular) m.template triangularView<Eigen::UnitUpper>().solveInPlace(to);
      else if (upper) m.template triangularView<Eigen::Upper>().solveInPlace(to);
      else if (unitriangular) m.template triangularView<Eigen::UnitLower>().solveInPlace(to);
      else m.template triangularView<Eigen::Lower>().solveInPlace(to);
    }
    return x.to(a.device());
  });
}

Tensors solve(const Call& call, const Tensor& a, const Tensor& b) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    Batch<T> in(a), x(b);
    for (std::int64_t i = 0; i < batch_size(a) && in.rows() > 0; ++i) {
      const Eigen::PartialPivLU<Matrix<T> > lu(in[i]);
      require((lu.matrixLU().diagonal().array() != 0).all(), call, name_of(i, a), " is singular");
      x[i] = lu.solve(Matrix<T>(x[i]));
    }
    return x.to(a.device());
  });
}

Tensors determinants(const Call&, const Tensor& a) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    const Shape shape(a.shape().begin(), a.dim() - 2);
    Batch<T> in(a), det(shape), sign(shape), log(shape);
    for (std::size_t i = 0; i < det.values.size(); ++i) {
      T s = 1, sum = 0, product = 1;
      if (in.rows() > 0) {
        const Eigen::PartialPivLU<Matrix<T> > lu(in[std::int64_t(i)]);
        s = product = T(lu.permutationP().determinant());
        for (T d : lu.matrixLU().diagonal())
          product *= d, s *= T((d > 0) - (d < 0)) + (d - d), sum += std::log(std::abs(d));
      }
      det.values[i] = product, sign.values[i] = s, log.values[i] = sum;
    }
    return {det.to(a.device()), sign.to(a.device()), log.to(a.device())};
  });
}

Tensors qr(const Call&, const Tensor& a, std::int64_t k) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    Batch<T> in(a), q(like(a, a.shape()[-2], k)), r(like(a, k, a.shape()[-1]));
    for (std::int64_t i = 0; i < batch_size(a); ++i) {
      q[i].setIdentity();
      if (in.columns() == 0 || in.rows() == 0) continue;
      const Eigen::HouseholderQR<Matrix<T> > qr(in[i]);
      q[i] = qr.householderQ() * Matrix<T>::Identity(Index(in.rows()), Index(k));
      r[i] = Matrix<T>(qr.matrixQR().template triangularView<Eigen::Upper>()).topRows(Index(k));
    }
    return {q.to(a.device()), r.to(a.device())};
  });
}

Tensors svd(const Call& call, const Tensor& a, bool full) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    const std::int64_t m = a.shape()[-2], n = a.shape()[-1], k = std::min(m, n);
    Batch<T> in(a), u(like(a, m, full ? m : k)), s(like(a, k, 1)), vh(like(a, full ? n : k, n));
    const unsigned parts = full ? Eigen::ComputeFullU | Eigen::ComputeFullV
                                : Eigen::ComputeThinU | Eigen::ComputeThinV;
    for (std::int64_t i = 0; i < batch_size(a); ++i) {
      u[i].setIdentity(), vh[i].setIdentity();
      if (k == 0) continue;
      const Eigen::BDCSVD<Matrix<T> > svd(in[i], parts);
      require(svd.info() == Eigen::Success, call, name_of(i, a), " is not finite");
      u[i] = svd.matrixU(), s[i] = svd.singularValues(), vh[i] = svd.matrixV().transpose();
    }
    return {u.to(a.device()), squeeze(s.to(a.device()), -1), vh.to(a.device())};
  });
}

Tensors eigh(const Call& call, const Tensor& a) {
  return by_type(a, [&]<class T>(T) -> Tensors {
    Batch<T> in(a), values(like(a, a.shape()[-1], 1)), vectors(a.shape());
    for (std::int64_t i = 0; i < batch_size(a) && in.rows() > 0; ++i) {
      const Eigen::SelfAdjointEigenSolver<Matrix<T> > solver(in[i]);
      require(solver.info() == Eigen::Success, call, name_of(i, a), " is not finite");
      values[i] = solver.eigenvalues(), vectors[i] = solver.eigenvectors();
    }
    return {squeeze(values.to(a.device()), -1), vectors.to(a.device())};
  });
}

}  // namespace tinygrad::linalg::host

#endif
