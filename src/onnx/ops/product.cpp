// SPDX-License-Identifier: MIT
// Products of matrices and tensors.
#include "operator.h"

namespace tinygrad::onnx {
namespace {

Tensors matrix_product(const NodeCall& n) { return matmul(n[0], n[1]); }

/// y = alpha a b + beta c, where a and b may be transposed.
Tensors general_product(const NodeCall& n) {
  const double alpha = n.real("alpha", 1), beta = n.real("beta", 1);
  const Tensor a = n.integer("transA", 0) ? n[0].t() : n[0];
  const bool is_linear = n.integer("transB", 0) && alpha == 1 && is_floating(a.dtype());
  if (is_linear && beta == 1 && n.has(2) && n[2].dim() == 1 && n[2].size(0) == n[1].size(0))
    return linear(a, n[1], n[2]);
  Tensor y = matmul(a, n.integer("transB", 0) ? n[1].t() : n[1]);
  if (alpha != 1) y = y * alpha;
  if (!n.has(2)) return y;
  return y + (beta == 1 ? n[2] : n[2] * beta);
}

Tensors einstein_sum(const NodeCall& n) { return einsum(n.text("equation", ""), n.all()); }

/// The determinant of matrices [..., M, M], by elimination with the largest pivot of each column.
Tensors determinant(const NodeCall& n) {
  Tensor x = n[0];
  n.check(x.dim() >= 2 && x.size(-1) == x.size(-2), "expected square matrices, got ", x.shape());
  const std::int64_t size = x.size(-1);
  const Shape batch = slice(x, -1, 0, 1).squeeze(-1).select(-1, 0).shape();
  x = x.reshape({-1, size, size});
  Tensor product = ones({x.size(0)}, n.options(x.dtype()));
  for (std::int64_t k = 0; k < size; ++k) {
    const Tensor row = argmax(abs(x.select(2, 0)), 1, keepdim).unsqueeze(2);  // [B, 1, 1]
    const Tensor pivot_row = take_along_dim(x, row, 1);                       // [B, 1, size - k]
    const Tensor pivot = pivot_row.select(2, 0);                              // [B, 1]
    product = product * pivot.squeeze(1) * where(row.flatten() == 0, 1, -1);
    // Row 0 takes the place of the pivot's row.
    x = where(arange(x.size(1)).to(n.device()).reshape({1, -1, 1}) == row, x.narrow(1, 0, 1), x);
    x = x.slice(1, 1);
    const Tensor factor = x.narrow(2, 0, 1) / where(pivot == 0, 1, pivot).unsqueeze(2);
    x = (x - factor * pivot_row).slice(2, 1);
  }
  return product.reshape(batch);
}

constexpr Operator table[] = {
    {"Det", determinant},
    {"Einsum", einstein_sum},
    {"Gemm", general_product},
    {"MatMul", matrix_product},
};

}  // namespace
Operators product_operators() { return table; }
}  // namespace tinygrad::onnx
