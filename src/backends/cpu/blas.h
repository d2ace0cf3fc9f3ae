// A part of a product through a BLAS (TINYGRAD_BLAS=ON), held to one thread. The library's own
// product is as fast as OpenBLAS 0.3.21 or faster on AVX-512 machines; a vendor's BLAS may be
// better elsewhere.
#pragma once
#include "backends/cpu/gemm.h"

#if defined(TINYGRAD_HAVE_BLAS)
extern "C" {
void cblas_sgemm(int order, int turn_a, int turn_b, int m, int n, int k, float alpha,
                 const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
void cblas_dgemm(int order, int turn_a, int turn_b, int m, int n, int k, double alpha,
                 const double* a, int lda, const double* b, int ldb, double beta, double* c,
                 int ldc);
void openblas_set_num_threads(int threads) __attribute__((weak));  // where the BLAS is OpenBLAS
}
#endif

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

#if defined(TINYGRAD_HAVE_BLAS)
/// What a BLAS calls a matrix: rows one after the other (101, 111), or columns, that is, turned
/// (112); no other strides.
struct BlasMatrix {
  int turned = 0, step = 0;
  bool fits = false;
  template <class T> BlasMatrix(const Matrix<T>& x, std::int64_t rows, std::int64_t columns) {
    const bool by_rows = x.column == 1 && x.row >= columns,
               by_columns = x.row == 1 && x.column >= rows;
    const std::int64_t far = by_rows ? x.row : x.column;
    turned = by_rows ? 111 : 112, step = int(far),
    fits = (by_rows || by_columns) && far > 0 && far <= INT32_MAX;
  }
};
inline void gemm(int ta, int tb, int m, int n, int k, const float* a, int lda, const float* b,
                 int ldb, float* c, int ldc) {
  cblas_sgemm(101, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}
inline void gemm(int ta, int tb, int m, int n, int k, const double* a, int lda, const double* b,
                 int ldb, double* c, int ldc) {
  cblas_dgemm(101, ta, tb, m, n, k, 1, a, lda, b, ldb, 0, c, ldc);
}

/// c = a b by the BLAS; false, with c untouched, for small products, a bias and strides that it
/// does not know.
template <class T>
bool multiply_by_blas(std::int64_t m, std::int64_t n, std::int64_t depth, Matrix<const T> a,
                      Matrix<const T> b, Matrix<const T> bias, Matrix<T> c) {
  constexpr std::int64_t most = INT32_MAX;
  const BlasMatrix left(a, m, depth), right(b, depth, n), out(c, m, n);
  if (bias.data || !left.fits || !right.fits || !out.fits || out.turned != 111) return false;
  if (m > most || n > most || depth > most || double(m) * double(n) * double(depth) < 1 << 18)
    return false;
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  gemm(left.turned, right.turned, int(m), int(n), int(depth), a.data, left.step, b.data, right.step,
       c.data, out.step);
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
