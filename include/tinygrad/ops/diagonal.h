// SPDX-License-Identifier: MIT
// Diagonals and triangles of matrices. The diagonal number `offset` consists of the elements [i, i
// + offset], or [i - offset, i] if it is negative. See also diagonal() in ops/views.h.
#pragma once
#include "tinygrad/ops/create.h"
#include "tinygrad/tensor.h"

namespace tinygrad {

/// The diagonal of a matrix, a view; of a vector, the matrix of zeros with it on the diagonal.
TINYGRAD_API Tensor diag(In x, std::int64_t offset = 0);
/// Matrices of zeros in the dimensions dim1 and dim2, with the last dimension of x on the diagonal.
/// It is the transpose of diagonal().
TINYGRAD_API Tensor diag_embed(In x, std::int64_t offset = 0, int dim1 = -2, int dim2 = -1);
/// The matrix of zeros with all elements of x on the diagonal.
TINYGRAD_API Tensor diagflat(In x, std::int64_t offset = 0);
/// x [..., M, N] with zeros above the diagonal.
TINYGRAD_API Tensor tril(In x, std::int64_t diagonal = 0);
/// x [..., M, N] with zeros below the diagonal.
TINYGRAD_API Tensor triu(In x, std::int64_t diagonal = 0);
/// The rows and columns of the elements of a matrix that tril keeps, in row-major order: int64 [2,
/// n].
TINYGRAD_API Tensor tril_indices(std::int64_t rows, std::int64_t columns, std::int64_t offset = 0,
                                 const TensorOptions& options = {},
                                 SourceLocation location = SourceLocation::current());
/// Those that triu keeps.
TINYGRAD_API Tensor triu_indices(std::int64_t rows, std::int64_t columns, std::int64_t offset = 0,
                                 const TensorOptions& options = {},
                                 SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
