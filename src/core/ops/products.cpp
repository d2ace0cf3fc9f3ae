// SPDX-License-Identifier: MIT
// Products that are formulas of matmul and of elementwise products.
#include "core/check.h"
#include "tinygrad/ops.h"

namespace tinygrad {

/// Throws unless a and b have these ranks.
static void check_ranks(const char* name, const In& a, int rank_a, const In& b, int rank_b) {
  require<ShapeError>(a->dim() == rank_a && b->dim() == rank_b, Call{name, a.location},
                      "expected ranks ", rank_a, " and ", rank_b, ", got shapes ", a->shape(),
                      " and ", b->shape(), "; matmul takes every rank");
}

static bool is_zero(Scalar s) { return s.is_real() ? s.real() == 0 : s.integer() == 0; }
static bool is_one(Scalar s) { return s.is_real() ? s.real() == 1 : s.integer() == 1; }

/// beta input + alpha product, of the product's dtype or, if it is wider, that of input.
static Tensor add_scaled(const char* name, const In& input, const Tensor& product, Scalar beta,
                         Scalar alpha) {
  const Call call{name, input.location};
  require<ShapeError>(broadcasts_to(input->shape(), product.shape()), call, "input of shape ",
                      input->shape(), " does not broadcast to the product's ", product.shape());
  require<DTypeError>(is_floating(product.dtype()) || !(beta.is_real() || alpha.is_real()), call,
                      "beta and alpha must be integers for tensors of integers");
  const DType dtype = promote(input->dtype(), product.dtype());
  const Tensor scaled = is_one(alpha) ? product : product * alpha;
  if (is_zero(beta)) return cast(scaled, dtype);
  return cast(is_one(beta) ? *input + scaled : *input * beta + scaled, dtype);
}

Tensor dot(In a, In b) {
  check_ranks("dot", a, 1, b, 1);
  return matmul({*a, a.location}, {*b, b.location});
}
Tensor mv(In a, In b) {
  check_ranks("mv", a, 2, b, 1);
  return matmul({*a, a.location}, {*b, b.location});
}
Tensor mm(In a, In b) {
  check_ranks("mm", a, 2, b, 2);
  return matmul({*a, a.location}, {*b, b.location});
}
Tensor bmm(In a, In b) {
  check_ranks("bmm", a, 3, b, 3);
  require<ShapeError>(a->shape()[0] == b->shape()[0], Call{"bmm", a.location},
                      "the batches differ: ", Marked{a->shape(), 0}, " and ", Marked{b->shape(), 0},
                      "; matmul broadcasts them");
  return matmul({*a, a.location}, {*b, b.location});
}
Tensor outer(In a, In b) {
  check_ranks("outer", a, 1, b, 1);
  return unsqueeze({*a, a.location}, 1) * *b;
}
Tensor inner(In a, In b) {
  if (a->dim() == 0 || b->dim() == 0) return mul({*a, a.location}, {*b, b.location});
  return tensordot({*a, a.location}, {*b, b.location}, Dims{-1}, Dims{-1});
}

Tensor kron(In a, In b) {
  const int rank = std::max(a->dim(), b->dim());
  Shape left, right, result;
  for (int i = 0; i < rank; ++i) {
    const int in_a = i - (rank - a->dim()), in_b = i - (rank - b->dim());
    const std::int64_t m = in_a < 0 ? 1 : a->shape()[in_a], n = in_b < 0 ? 1 : b->shape()[in_b];
    left.push_back(m), left.push_back(1);
    right.push_back(1), right.push_back(n);
    result.push_back(m * n);
  }
  return reshape(reshape({*a, a.location}, left) * reshape({*b, b.location}, right), result);
}

/// y_i = a_{i+1} b_{i+2} - a_{i+2} b_{i+1}, indices modulo 3.
Tensor cross(In a, In b, int dim) {
  const Call call{"cross", a.location};
  const Shape shape = broadcast_shapes(call, a->shape(), b->shape());
  const Tensor x = expand({*a, a.location}, shape), y = expand({*b, b.location}, shape);
  dim = check_dim(call, x, dim);
  require<ShapeError>(shape.rank() > 0 && shape[dim] == 3, call,
                      "expected vectors of 3 elements along dimension ", dim, ", got shapes ",
                      a->shape(), " and ", b->shape());
  return roll(x, -1, dim) * roll(y, -2, dim) - roll(x, -2, dim) * roll(y, -1, dim);
}

Tensor trace(In x) {
  require<ShapeError>(x->dim() == 2, Call{"trace", x.location}, "expected a matrix, got shape ",
                      x->shape());
  return sum(diagonal({*x, x.location}));
}

Tensor matrix_power(In x, std::int64_t n) {
  const Call call{"matrix_power", x.location};
  require<ShapeError>(x->dim() >= 2 && x->shape()[-1] == x->shape()[-2], call,
                      "expected square matrices, got shape ", x->shape());
  require(n >= 0, call, "the power must not be negative, got ", n);
  if (n == 0)
    return expand(eye(x->shape()[-1], {.dtype = x->dtype(), .device = x->device()}), x->shape());
  Tensor power, square = *x;
  for (;; square = matmul(square, square)) {
    if (n % 2 == 1) power = power.defined() ? matmul(power, square) : square;
    if (n /= 2; n == 0) return power;
  }
}

Tensor bilinear(In a, In b, In weight, In bias) {
  const Call call{"bilinear", a.location};
  require<ShapeError>(weight->dim() == 3 && a->dim() > 0 && b->dim() > 0, call,
                      "expected a [..., I], b [..., J] and weight [O, I, J], got ", a->shape(),
                      ", ", b->shape(), " and ", weight->shape());
  const Tensor y = einsum("...i,oij,...j->...o", Tensors{*a, *weight, *b}, a.location);
  return bias.defined() ? y + *bias : y;
}

Tensor addmm(In input, In a, In b, Scalar beta, Scalar alpha) {
  check_ranks("addmm", a, 2, b, 2);
  return add_scaled("addmm", input, matmul({*a, a.location}, {*b, b.location}), beta, alpha);
}
Tensor addmv(In input, In a, In b, Scalar beta, Scalar alpha) {
  check_ranks("addmv", a, 2, b, 1);
  return add_scaled("addmv", input, matmul({*a, a.location}, {*b, b.location}), beta, alpha);
}
Tensor addr(In input, In a, In b, Scalar beta, Scalar alpha) {
  return add_scaled("addr", input, outer({*a, a.location}, {*b, b.location}), beta, alpha);
}
Tensor baddbmm(In input, In a, In b, Scalar beta, Scalar alpha) {
  return add_scaled("baddbmm", input, bmm({*a, a.location}, {*b, b.location}), beta, alpha);
}
Tensor addbmm(In input, In a, In b, Scalar beta, Scalar alpha) {
  const Tensor products = bmm({*a, a.location}, {*b, b.location});
  return add_scaled("addbmm", input, cast(sum(products, 0), products.dtype()), beta, alpha);
}

}  // namespace tinygrad
