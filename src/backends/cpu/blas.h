// SPDX-License-Identifier: MIT
// A part of a matrix product by a BLAS, on one thread, in builds with TINYGRAD_BLAS=ON. The
// library's own product is as fast as OpenBLAS 0.3.21 or faster on AVX-512 machines; a vendor's
// BLAS may be faster on others.
#pragma once
#include "backends/cpu/gemm.h"

#if defined(TINYGRAD_HAVE_BLAS)
extern "C" {
void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                 const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
void cblas_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                 const double* a, int lda, const double* b, int ldb, double beta, double* c,
                 int ldc);
void openblas_set_num_threads(int threads) __attribute__((weak));  // null if it is another BLAS
}
#endif

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

#if defined(TINYGRAD_HAVE_BLAS)
/// CBLAS's constants.
constexpr int row_major = 101, no_trans = 111, trans = 112;

/// A matrix as a BLAS takes it: row-major, or the transpose of a row-major one, with rows `ld`
/// elements apart. `fits` is false for other strides.
struct BlasMatrix {
  int transpose = 0, ld = 0;
  bool fits = false;
  template <class T> BlasMatrix(const Matrix<T>& x, std::int64_t rows, std::int64_t columns) {
    const bool by_rows = x.column == 1 && x.row >= columns,
               by_columns = x.row == 1 && x.column >= rows;
    const std::int64_t stride = by_rows ? x.row : x.column;
    transpose = by_rows ? no_trans : trans, ld = int(stride),
    fits = (by_rows || by_columns) && stride > 0 && stride <= INT32_MAX;
  }
};
inline void gemm(int ta, int tb, int m, int n, int k, const float* a, int lda, const float* b,
                 int ldb, float* c, int ldc) {
  cblas_sgemm(row_major, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}
inline void gemm(int ta, int tb, int m, int n, int k, const double* a, int lda, const double* b,
                 int ldb, double* c, int ldc) {
  cblas_dgemm(row_major, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

/// c = a b by the BLAS. Returns false and leaves c untouched if the product is small, there is a
/// bias, or a BLAS does not take the strides.
template <class T>
bool multiply_by_blas(std::int64_t m, std::int64_t n, std::int64_t depth, Matrix<const T> a,
                      Matrix<const T> b, Matrix<const T> bias, Matrix<T> c) {
  constexpr std::int64_t max_size = INT32_MAX;
  const BlasMatrix left(a, m, depth), right(b, depth, n), out(c, m, n);
  if (bias.data || !left.fits || !right.fits || !out.fits || out.transpose != no_trans)
    return false;
  if (m > max_size || n > max_size || depth > max_size ||
      double(m) * double(n) * double(depth) < 1 << 18)
    return false;
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  gemm(left.transpose, right.transpose, int(m), int(n), int(depth), a.data, left.ld, b.data,
       right.ld, c.data, out.ld);
  return true;
}
#else
template <class T>
bool multiply_by_blas(std::int64_t, std::int64_t, std::int64_t, Matrix<const T>, Matrix<const T>,
                      Matrix<const T>, Matrix<T>) {
  return false;
}
#endif

}  // namespace
}  // namespace tinygrad::cpu::TINYGRAD_ISA
