// SPDX-License-Identifier: MIT
// What follows from the factorizations: least squares, pseudo-inverses, ranks, norms, condition.
#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "tinygrad/linalg/linalg.h"
#include "tinygrad/op.h"

namespace tinygrad::linalg {
namespace {

/// Which singular values s [..., K] count as larger than 0.
Tensor above(const Tensor& s, std::int64_t largest_size, std::optional<double> rtol) {
  const double epsilon = s.dtype() == DType::float64 ? std::numeric_limits<double>::epsilon()
                                                     : std::numeric_limits<float>::epsilon();
  return s > amax(s, -1, keepdim) * rtol.value_or(double(largest_size) * epsilon);
}
std::int64_t longer_side(const Tensor& a) { return std::max(a.shape()[-2], a.shape()[-1]); }
Shape batch_of(const Tensor& a) { return {a.shape().begin(), a.dim() - 2}; }

Tensor pinv_value(const Tensor& a, std::optional<double> rtol) {
  if (a.numel() == 0) return zeros_like(transposed(a));
  const auto [u, s, vh] = svd(a, false);
  const Tensor inverse = where(above(s, longer_side(a), rtol), 1 / s, 0);
  return matmul(transposed(vh) * unsqueeze(inverse, -2), transposed(u));
}

}  // namespace

Tensor lstsq(In a, In b) {
  const Call call{"lstsq", a.location};
  check_matrices(call, a);
  if (b.given().dim() == a->dim() - 1 && b->shape() == Shape(a->shape().begin(), a->dim() - 1))
    return squeeze(lstsq({*a, a.location}, unsqueeze(*b, -1)), -1);
  check_matrices(call, b);
  const std::int64_t m = a->shape()[-2], n = a->shape()[-1];
  require<ShapeError>(b->shape()[-2] == m, call, "a ", Marked{a->shape(), -2}, " does not match b ",
                      Marked{b->shape(), -2});
  const bool is_tall = m >= n;
  const auto [q, r] = qr({is_tall ? *a : transposed(*a), a.location});
  if (is_tall) return solve_triangular(r, matmul(transposed(q), *b), true);
  return matmul(q, solve_triangular(transposed(r), *b, false));
}

/// dP = -P da P + P Pᵀ daᵀ (1 - a P) + (1 - P a) daᵀ Pᵀ P.
Tensor pinv(In a, std::optional<double> rtol) {
  const Call call{"pinv", a.location};
  check_matrices(call, a);
  return apply({.name = call.op,
                .inputs = {a},
                .outputs = {{transposed(*a).shape(), a->dtype()}},
                .formula = [rtol](const Tensors& in) { return pinv_value(in[0], rtol); },
                .keep = {Keep::input(0), Keep::output(0)},
                .derivatives = {[](Dy dp, Saved s) {
                  const Tensor a = s.input(0), p = s.output(0), pt = transposed(p),
                               gt = transposed(dp), left = matmul(gt, matmul(p, pt)),
                               right = matmul(matmul(pt, p), gt);
                  return left - matmul(a, matmul(p, left)) + right - matmul(matmul(right, p), a) -
                         matmul(matmul(pt, dp), pt);
                }}});
}
Tensor matrix_rank(In a, std::optional<double> rtol) {
  check_matrices({"matrix_rank", a.location}, a);
  if (a->numel() == 0) return zeros(batch_of(*a), {.dtype = DType::int64, .device = a->device()});
  return sum(above(svdvals({*a, a.location}), longer_side(*a), rtol), -1);
}

Tensor matrix_norm(In a, MatrixNorm ord, bool keepdim) {
  check_matrices({"matrix_norm", a.location}, a);
  if (ord == MatrixNorm::fro) return norm({*a, a.location}, 2, {-2, -1}, keepdim);
  const Tensor y = sum(svdvals({*a, a.location}), -1);
  return keepdim ? beside(y) : y;
}
Tensor matrix_norm(In a, double ord, bool keepdim) {
  const Call call{"matrix_norm", a.location};
  check_matrices(call, a);
  const double p = std::abs(ord);
  require(p == 1 || p == 2 || std::isinf(p), call,
          "ord must be 1, 2 or infinity, or minus that, got ", ord);
  const Tensor all =
      p == 2 ? svdvals({*a, a.location}) : sum(abs({*a, a.location}), p == 1 ? -2 : -1);
  const Tensor y = ord > 0 ? amax(all, -1) : amin(all, -1);
  return keepdim ? beside(y) : y;
}

Tensor cond(In a, double p) {
  if (std::abs(p) != 2) return matrix_norm(*a, p) * matrix_norm(inv({*a, a.location}), p);
  const Tensor s = svdvals({*a, a.location}), ratio = amax(s, -1) / amin(s, -1);
  return p > 0 ? ratio : 1 / ratio;
}
Tensor cond(In a, MatrixNorm p) {
  return matrix_norm(*a, p) * matrix_norm(inv({*a, a.location}), p);
}

}  // namespace tinygrad::linalg
