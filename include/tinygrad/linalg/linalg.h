// SPDX-License-Identifier: MIT
// Linear algebra: factorizations of matrices, and what follows from them, under the names of
// torch.linalg. The component tinygrad::linalg.
//
// Matrices are the last two dimensions of tensors [..., M, N]; the others are a batch, which
// broadcasts if there are several tensors. They are computed by Eigen on the host in float64,
// whatever their device and floating dtype, which is a trip there and back; a build without Eigen
// throws ArgumentError, which names the package.
//
// Derivatives are formulas of ops, so that they can be differentiated again. They hold for matrices
// of full rank; those of eigenvectors and singular vectors also ask for distinct eigenvalues and
// singular values. An unsuitable shape throws ShapeError; a matrix that is singular, or not
// positive definite, throws ArgumentError.
#pragma once
#include <optional>

#include "tinygrad/tensor.h"

namespace tinygrad::linalg {

/// The lower triangular L with L Lᵀ = x, or the upper triangular Lᵀ, of a symmetric positive
/// definite x, of which only the lower triangle is read.
TINYGRAD_API Tensor cholesky(In x, bool upper = false);
/// The x with a x = b, or x a = b unless `left`, for an upper or lower triangular a, whose other
/// triangle is not read, nor its diagonal if it is unitriangular.
TINYGRAD_API Tensor solve_triangular(In a, In b, bool upper, bool left = true,
                                     bool unitriangular = false);
/// The x with a x = b, or x a = b unless `left`, for square a [..., N, N] and matrices b, or
/// vectors b [N] or [..., N] that have one dimension less than a. By an LU factorization: faster
/// and more exact than inv(a) b.
TINYGRAD_API Tensor solve(In a, In b, bool left = true);
/// The inverse. To multiply by it, use solve.
TINYGRAD_API Tensor inv(In a);
/// The determinant, [...].
TINYGRAD_API Tensor det(In a);
struct SlogDet {
  Tensor sign, logabsdet;
};
/// The sign of the determinant and log |det|, which do not overflow; of a singular a 0 and -∞.
TINYGRAD_API SlogDet slogdet(In a);

struct QR {
  Tensor Q, R;
};
/// a = Q R for a [..., M, N], with orthonormal columns of Q [..., M, K] and an upper triangular
/// R [..., K, N], K = min(M, N). If `complete`, Q is [..., M, M] and R [..., M, N]; then there is
/// no derivative for M > N.
TINYGRAD_API QR qr(In a, bool complete = false);
struct SVD {
  Tensor U, S, Vh;
};
/// a = U diag(S) Vh for a [..., M, N], with singular values S [..., K] in descending order, and
/// orthonormal columns of U [..., M, M] and rows of Vh [..., N, N]; of which only the first K are
/// there unless full_matrices. The others have no derivative.
TINYGRAD_API SVD svd(In a, bool full_matrices = true);
/// The singular values alone.
TINYGRAD_API Tensor svdvals(In a);
struct Eigh {
  Tensor eigenvalues, eigenvectors;
};
/// The eigenvalues [..., N] of symmetric matrices in ascending order, and orthonormal eigenvectors
/// as columns. Only the lower triangle of a is read, or the upper one if `upper`.
TINYGRAD_API Eigh eigh(In a, bool upper = false);
/// The eigenvalues alone.
TINYGRAD_API Tensor eigvalsh(In a, bool upper = false);

/// The x of the least squares ‖a x - b‖ for a [..., M, N] of full rank and matrices b [..., M, K],
/// or vectors b [M]; if M < N, the shortest of those with a x = b. By a QR factorization.
TINYGRAD_API Tensor lstsq(In a, In b);
/// The pseudo-inverse [..., N, M], without singular values up to rtol times the largest; rtol is
/// max(M, N) times the machine epsilon if not given. Golub and Pereyra 1973.
TINYGRAD_API Tensor pinv(In a, std::optional<double> rtol = {});
/// The number of singular values above rtol times the largest, int64 [...].
TINYGRAD_API Tensor matrix_rank(In a, std::optional<double> rtol = {});

/// The square root of the sum of squares (Frobenius), or the sum of the singular values.
enum class MatrixNorm { fro, nuc };
TINYGRAD_API Tensor matrix_norm(In a, MatrixNorm ord = MatrixNorm::fro, bool keepdim = false);
/// The largest singular value (2), sum of a column (1) or of a row (infinity) of |a|; the smallest
/// ones if ord is negative.
TINYGRAD_API Tensor matrix_norm(In a, double ord, bool keepdim = false);
/// The condition number ‖a‖ ‖a⁻¹‖ in the norm of matrix_norm. By 2 and -2 the ratio of the largest
/// and the smallest singular value, also of matrices that are not square.
TINYGRAD_API Tensor cond(In a, double p = 2);
TINYGRAD_API Tensor cond(In a, MatrixNorm p);

}  // namespace tinygrad::linalg
