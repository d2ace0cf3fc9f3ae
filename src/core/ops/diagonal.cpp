// SPDX-License-Identifier: MIT
// Diagonals and triangles of matrices, made of views, where() and a write into a diagonal.
#include <cstdlib>

#include "core/ops/internal.h"

namespace tinygrad {

/// The condition column - row <= diagonal for the matrices of x.
static Tensor lower_triangle(const char* name, const In& x, std::int64_t diagonal) {
  require<ShapeError>(x->dim() > 1, Call{name, x.location},
                      "expected matrices [..., M, N], got shape ", x->shape());
  const TensorOptions integers{.dtype = DType::int64, .device = x->device()};
  const Tensor rows = unsqueeze(arange(0, x->shape()[-2], 1, integers), -1),
               columns = arange(0, x->shape()[-1], 1, integers);
  return columns - rows <= diagonal;
}

static Tensor triangle_indices(const Call& call, std::int64_t rows, std::int64_t columns,
                               const TensorOptions& options, auto is_kept) {
  require<ShapeError>(rows >= 0 && columns >= 0, call, "the sizes ", rows, " and ", columns,
                      " must not be negative");
  std::vector<std::int64_t> places[2];
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      if (is_kept(j - i)) places[0].push_back(i), places[1].push_back(j);
  const auto n = std::int64_t(places[0].size());
  places[0].insert(places[0].end(), places[1].begin(), places[1].end());
  return from_data(places[0].data(), DType::int64, {2, n}, options, call.location);
}

Tensor diag(In x, std::int64_t offset) {
  require<ShapeError>(x->dim() == 1 || x->dim() == 2, Call{"diag", x.location},
                      "expected a vector or a matrix, got shape ", x->shape(),
                      "; use diagonal or diag_embed");
  return x->dim() == 1 ? diag_embed({*x, x.location}, offset) : diagonal({*x, x.location}, offset);
}

Tensor diag_embed(In x, std::int64_t offset, int dim1, int dim2) {
  const Call call{"diag_embed", x.location};
  require<ShapeError>(x->dim() > 0, call, "a 0-d tensor is no diagonal; use diagflat");
  const Tensor column = unsqueeze(*x, -1);  // has the rank of the result
  const int a = check_dim(call, column, dim1), b = check_dim(call, column, dim2);
  require(a != b, call, "dimension ", dim1, " is named twice");
  std::int64_t size = 0;
  require<ShapeError>(offset != INT64_MIN && checked_add(x->shape()[-1], std::abs(offset), size),
                      call, "diagonal ", offset, " makes matrices too large");
  Shape shape = x->shape();
  shape.erase(-1);
  shape.insert(std::min(a, b), size), shape.insert(std::max(a, b), size);
  return diagonal_scatter({expanded_zeros(*x, shape), x.location}, *x, offset, a, b);
}
Tensor diagflat(In x, std::int64_t offset) {
  return diag_embed({flatten({*x, x.location}), x.location}, offset);
}

Tensor tril(In x, std::int64_t diagonal) {
  return where(lower_triangle("tril", x, diagonal), {*x, x.location}, false);
}
Tensor triu(In x, std::int64_t diagonal) {
  return where(lower_triangle("triu", x, diagonal - 1), false, {*x, x.location});
}

Tensor tril_indices(std::int64_t rows, std::int64_t columns, std::int64_t offset,
                    const TensorOptions& options, SourceLocation location) {
  return triangle_indices({"tril_indices", location}, rows, columns, options,
                          [offset](std::int64_t diagonal) { return diagonal <= offset; });
}
Tensor triu_indices(std::int64_t rows, std::int64_t columns, std::int64_t offset,
                    const TensorOptions& options, SourceLocation location) {
  return triangle_indices({"triu_indices", location}, rows, columns, options,
                          [offset](std::int64_t diagonal) { return diagonal >= offset; });
}

}  // namespace tinygrad
