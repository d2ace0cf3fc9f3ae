// SPDX-License-Identifier: MIT
// The factorizations into orthogonal and triangular or diagonal matrices, with their derivatives
// (Townsend 2016, "Differentiating the singular value decomposition"; Roberts and Roberts 2020, "QR
// and LQ decomposition matrix backpropagation algorithms").
#include <algorithm>

#include "check.h"
#include "host.h"
#include "tinygrad/linalg/linalg.h"
#include "tinygrad/op.h"

namespace tinygrad::linalg {
namespace {

Tensor or_zeros(const Tensor& dy, const Tensor& y) { return dy.defined() ? dy : zeros_like(y); }
Shape with_sizes(const Tensor& a, std::int64_t rows, std::int64_t columns) {
  Shape shape = a.shape();
  shape[-2] = rows, shape[-1] = columns;
  return shape;
}
/// x[k] - x[j] at row j and column k, and 1 on the diagonal: a divisor.
Tensor differences(const Tensor& x) {
  return unsqueeze(x, -2) - unsqueeze(x, -1) + identity(x.shape()[-1], x);
}
Tensor skew(const Tensor& x) { return x - transposed(x); }

/// da = (dQ + Q C) R⁻ᵀ for a square R, with C the upper triangle of dR Rᵀ - Qᵀ dQ, mirrored.
Tensor square_qr_grad(const Tensor& q, const Tensor& r, const Tensor& dq, const Tensor& dr) {
  const Tensor m = triu(matmul(dr, transposed(r)) - matmul(transposed(q), dq)),
               c = m + transposed(triu(m, 1));
  return solve_triangular(transposed(r), dq + matmul(q, c), false, false);
}
/// If a = [X Y] with a square X, R is [U V] with X = Q U and Y = Q V.
Tensor qr_grad(const Tensors& dys, Saved s) {
  const Tensor q = s.output(0), r = s.output(1), dq = or_zeros(dys[0], q), dr = or_zeros(dys[1], r);
  const std::int64_t m = q.shape()[-2], n = r.shape()[-1];
  if (m >= n) return square_qr_grad(q, r, dq, dr);
  const auto first = [&](const Tensor& x) { return narrow(x, -1, 0, m); };
  const auto rest = [&](const Tensor& x) { return narrow(x, -1, m, n - m); };
  const Tensor dv = rest(dr), all = dq + matmul(rest(s.input(0)), transposed(dv));
  return cat({square_qr_grad(q, first(r), all, first(dr)), matmul(q, dv)}, -1);
}

/// da = U ((skew(Uᵀ dU) / E) S + S (skew(Vᵀ dV) / E) + diag(dS)) Vᵀ with E[j, k] = S[k]² - S[j]²,
/// and what leaves the spaces of U and V.
Tensor svd_grad(const Tensors& dys, Saved s) {
  const Tensor values = s.output(1);
  const std::int64_t k = values.shape()[-1];
  const Tensor u = s.output(0), vh = s.output(2), row = unsqueeze(values, -2),
               column = unsqueeze(values, -1);
  Tensor inner = diag_embed(or_zeros(dys[1], values)), outside;
  const auto also = [&](const Tensor& x) { outside = outside.defined() ? outside + x : x; };
  const Tensor e = differences(square(values));
  if (const Tensor& du = dys[0]; du.defined()) {
    const Tensor part = matmul(transposed(u), du);
    inner = inner + skew(part) / e * row;
    if (u.shape()[-2] > k) also(matmul((du - matmul(u, part)) / row, vh));
  }
  if (const Tensor& dvh = dys[2]; dvh.defined()) {
    const Tensor part = matmul(vh, transposed(dvh));
    inner = inner + column * (skew(part) / e);
    if (vh.shape()[-1] > k) also(matmul(u, (dvh - matmul(transposed(part), vh)) / column));
  }
  const Tensor da = matmul(matmul(u, inner), vh);
  return outside.defined() ? da + outside : da;
}

}  // namespace

QR qr(In a, bool complete) {
  const Call call{"qr", a.location};
  check_matrices(call, a);
  const std::int64_t m = a->shape()[-2], n = a->shape()[-1], k = complete ? m : std::min(m, n);
  const Tensors y =
      apply({.name = call.op,
             .inputs = {a},
             .outputs = {{with_sizes(*a, m, k), a->dtype()}, {with_sizes(*a, k, n), a->dtype()}},
             .formula = [=](const Tensors& in) { return host::qr(call, in[0], k); },
             .keep = {Keep::input(0), Keep::output(0), Keep::output(1)},
             .derivatives = {[=](const Tensors& dys, Saved s) -> Tensors {
               require<AutogradError>(k <= n, call,
                                      "the columns of a complete Q "
                                      "beyond those of a have no derivative");
               return qr_grad(dys, s);
             }}});
  return {y[0], y[1]};
}

SVD svd(In a, bool full_matrices) {
  const Call call{"svd", a.location};
  check_matrices(call, a);
  const std::int64_t m = a->shape()[-2], n = a->shape()[-1], k = std::min(m, n);
  const bool full = full_matrices && m != n;
  Shape values(a->shape().begin(), a->dim() - 2);
  values.push_back(k);
  const Tensors y =
      apply({.name = call.op,
             .inputs = {a},
             .outputs = {{with_sizes(*a, m, full ? m : k), a->dtype()},
                         {values, a->dtype()},
                         {with_sizes(*a, full ? n : k, n), a->dtype()}},
             .formula = [=](const Tensors& in) { return host::svd(call, in[0], full); },
             .keep = {Keep::input(0), Keep::output(0), Keep::output(1), Keep::output(2)},
             .derivatives = {[=](const Tensors& dys, Saved s) -> Tensors {
               require<AutogradError>(!full || !(dys[0].defined() || dys[2].defined()), call,
                                      "U and Vh with full_matrices have no derivative");
               if (!full) return svd_grad(dys, s);
               const auto [u, values, vh] =
                   svd(s.input(0), false);  // which can be differentiated again
               return matmul(u * unsqueeze(dys[1], -2), vh);
             }}});
  return {y[0], y[1], y[2]};
}
Tensor svdvals(In a) { return svd({*a, a.location}, false).S; }

/// da = V (diag(dλ) + (Vᵀ dV) / E) Vᵀ with E[j, k] = λ[k] - λ[j], symmetrized.
Eigh eigh(In a, bool upper) {
  const Call call{"eigh", a.location};
  check_square(call, a);
  const Shape values(a->shape().begin(), a->dim() - 1);
  const Tensor lower = upper ? transposed(*a) : *a;
  const Tensors y = apply({.name = call.op,
                           .inputs = {{lower}, a.location},
                           .outputs = {{values, a->dtype()}, {a->shape(), a->dtype()}},
                           .formula = [call](const Tensors& in) { return host::eigh(call, in[0]); },
                           .keep = {Keep::output(0), Keep::output(1)},
                           .derivatives = {[](const Tensors& dys, Saved s) -> Tensors {
                             const Tensor l = s.output(0), v = s.output(1);
                             Tensor inner = diag_embed(or_zeros(dys[0], l));
                             if (dys[1].defined())
                               inner = inner + matmul(transposed(v), dys[1]) / differences(l) *
                                                   (1 - identity(l.shape()[-1], l));
                             return symmetric(matmul(matmul(v, inner), transposed(v)));
                           }}});
  return {y[0], y[1]};
}
Tensor eigvalsh(In a, bool upper) { return eigh({*a, a.location}, upper).eigenvalues; }

}  // namespace tinygrad::linalg
