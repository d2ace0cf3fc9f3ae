// SPDX-License-Identifier: MIT
// Linear equations, Cholesky's factorization, inverses and determinants.
#include "check.h"
#include "host.h"
#include "tinygrad/linalg/linalg.h"
#include "tinygrad/op.h"

namespace tinygrad::linalg {

Tensors same_batch(const Call& call, const Tensor& a, const Tensor& b) {
  Shape batch;
  for (const Tensor* x : {&a, &b})
    for (int i = 3; i <= x->dim(); ++i) {
      if (batch.rank() < i - 2) batch.insert(0, 1);
      const std::int64_t size = x->shape()[-i];
      require<ShapeError>(size == 1 || batch[2 - i] == 1 || batch[2 - i] == size, call,
                          "the batches do not broadcast: ", Marked{a.shape(), -i}, " and ",
                          Marked{b.shape(), -i});
      if (size != 1) batch[2 - i] = size;
    }
  const auto expanded = [&](const Tensor& x) {
    Shape shape = batch;
    shape.push_back(x.shape()[-2]), shape.push_back(x.shape()[-1]);
    return expand({x, call.location}, shape);
  };
  return {expanded(a), expanded(b)};
}

/// a and b of a call that solves a x = b, with the batch of both.
static Tensors equations(const Call& call, const In& a, const In& b) {
  check_square(call, a), check_matrices(call, b);
  require<DTypeError>(a->dtype() == b->dtype(), call, "a is ", to_string(a->dtype()), " and b ",
                      to_string(b->dtype()), "; convert with to()");
  require<ShapeError>(a->shape()[-1] == b->shape()[-2], call, "a ", Marked{a->shape(), -1},
                      " does not match b ", Marked{b->shape(), -2});
  return same_batch(call, a, b);
}

/// dP = Φ(Lᵀ dL), its lower triangle with half of the diagonal, gives da = L⁻ᵀ dP L⁻¹, symmetrized
/// (Murray 2016).
Tensor cholesky(In x, bool upper) {
  const Call call{"cholesky", x.location};
  check_square(call, x);
  const Tensor l =
      apply({.name = call.op,
             .inputs = {x},
             .formula = [call](const Tensors& in) { return host::cholesky(call, in[0]); },
             .keep = {Keep::output(0)},
             .derivatives = {[](Dy dl, Saved s) {
               const Tensor l = s.output(0), lt = transposed(l), p = tril(matmul(lt, dl)),
                            half = p - 0.5 * diag_embed(diagonal(p, 0, -2, -1)),
                            left = solve_triangular(lt, half, true);
               return symmetric(solve_triangular(l, left, false, false));
             }}});
  return upper ? transposed(l) : l;
}

/// x with a x = b.   db = a⁻ᵀ dx, da = -db xᵀ in the triangle that is read.
static Tensor triangular(const Call& call, const Tensors& in, bool upper, bool unit) {
  return apply(
      {.name = call.op,
       .inputs = {in, call.location},
       .outputs = {{in[1].shape(), in[1].dtype()}},
       .formula =
           [=](const Tensors& in) {
             return host::solve_triangular(call, in[0], in[1], upper, unit);
           },
       .keep = {Keep::input(0), Keep::output(0).when(0)},
       .derivatives = {[=](const Tensors& dys, Saved s) -> Tensors {
         const Tensor db = triangular(call.op, {transposed(s.input(0)), dys[0]}, !upper, unit);
         if (!s.needed(0)) return {Tensor(), db};
         const Tensor da = -matmul(db, transposed(s.output(0)));
         return {upper ? triu(da, unit) : tril(da, -unit), db};
       }}});
}
Tensor solve_triangular(In a, In b, bool upper, bool left, bool unitriangular) {
  const Call call{"solve_triangular", a.location};
  if (!left) {
    check_matrices(call, a), check_matrices(call, b);
    return transposed(solve_triangular({transposed(*a), a.location}, transposed(*b), !upper, true,
                                       unitriangular));
  }
  return triangular(call, equations(call, a, b), upper, unitriangular);
}

/// x with a x = b.   db = a⁻ᵀ dx, da = -db xᵀ.
static Tensor general(const Call& call, const Tensors& in) {
  return apply({.name = call.op,
                .inputs = {in, call.location},
                .outputs = {{in[1].shape(), in[1].dtype()}},
                .formula = [call](const Tensors& in) { return host::solve(call, in[0], in[1]); },
                .keep = {Keep::input(0), Keep::output(0).when(0)},
                .derivatives = {[name = call.op](const Tensors& dys, Saved s) -> Tensors {
                  const Tensor db = general(name, {transposed(s.input(0)), dys[0]});
                  return {s.needed(0) ? -matmul(db, transposed(s.output(0))) : Tensor(), db};
                }}});
}
Tensor solve(In a, In b, bool left) {
  const Call call{"solve", a.location};
  check_square(call, a);
  const Shape rows(a->shape().begin(), a->dim() - 1);
  if (b.given().dim() == 1 || b->shape() == rows) {
    require(left, call, "x a = b expects matrices b, got shape ", b->shape());
    return squeeze(solve({*a, a.location}, unsqueeze(*b, -1)), -1);
  }
  if (left) return general(call, equations(call, a, b));
  check_matrices(call, b);
  return transposed(solve({transposed(*a), a.location}, transposed(*b)));
}
Tensor inv(In a) {
  const Call call{"inv", a.location};
  check_square(call, a);
  return general(call, same_batch(call, *a, identity(a->shape()[-1], *a)));
}

/// ddet = det tr(a⁻¹ da): da = ddet det a⁻ᵀ (Jacobi's formula).
Tensor det(In a) {
  const Call call{"det", a.location};
  check_square(call, a);
  return apply({.name = call.op,
                .inputs = {a},
                .outputs = {{Shape(a->shape().begin(), a->dim() - 2), a->dtype()}},
                .formula = [call](const Tensors& in) { return host::determinants(call, in[0])[0]; },
                .keep = {Keep::input(0), Keep::output(0)},
                .derivatives = {[](Dy dy, Saved s) {
                  return beside(dy * s.output(0)) * transposed(inv(s.input(0)));
                }}});
}
SlogDet slogdet(In a) {
  const Call call{"slogdet", a.location};
  check_square(call, a);
  const Shape shape(a->shape().begin(), a->dim() - 2);
  const Tensors y = apply({.name = call.op,
                           .inputs = {a},
                           .outputs = {non_differentiable(shape, a->dtype()), {shape, a->dtype()}},
                           .formula = [call](const Tensors& in) -> Tensors {
                             const Tensors all = host::determinants(call, in[0]);
                             return {all[1], all[2]};
                           },
                           .keep = {Keep::input(0)},
                           .derivatives = {[](const Tensors& dys, Saved s) -> Tensors {
                             return beside(dys[1]) * transposed(inv(s.input(0)));
                           }}});
  return {y[0], y[1]};
}

}  // namespace tinygrad::linalg
