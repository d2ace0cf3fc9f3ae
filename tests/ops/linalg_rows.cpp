// SPDX-License-Identifier: MIT
// Rows of the table: linear algebra (the component linalg). The matrices are well conditioned.
#include <cmath>

#include "op_table.h"
#include "tinygrad/linalg/linalg.h"

namespace op_table {
namespace {

Tensor transposed(const Tensor& x) { return x.transpose(-2, -1); }
Tensor identity(const Tensor& x, std::int64_t n) {
  return eye(n, {.dtype = x.dtype(), .device = x.device()});
}
/// x / 8 plus 1, 2, ... on the diagonal: distinct singular values, and far from singular.
Tensor regular(const Tensor& x) {
  const std::int64_t m = x.size(-2), n = x.size(-1), k = std::max(m, n);
  const Tensor scale = arange(1, k + 1, 1, {.dtype = x.dtype(), .device = x.device()});
  return x * 0.125 + (identity(x, k) * scale).slice(0, 0, m).slice(1, 0, n);
}
Tensor definite(const Tensor& x) {
  const Tensor a = regular(x);
  return (a + transposed(a)) * 0.5;
}

Row row(const char* name, std::function<Tensors(const Tensors&)> call, std::vector<Input> inputs,
        std::vector<BadCall> bad) {
  return {.name = name,
          .call = std::move(call),
          .inputs = std::move(inputs),
          .ulps = 64,
          .reason = "a factorization of well-conditioned matrices",
          .no_golden = by_opinfo,
          .bad = std::move(bad)};
}

Tensor singular() { return ones({2, 2}); }

}  // namespace

std::vector<Row> linalg_rows() {
  namespace la = linalg;
  return {
      row("cholesky",
          [](const Tensors& in) {
            return Tensors{la::cholesky(definite(in[0])), la::cholesky(definite(in[0]), true)};
          },
          {{{2, 3, 3}}},
          {{"cholesky: matrix 1 of the batch is not positive definite",
            [] {
              la::cholesky(stack({eye(2), -eye(2)}, 0));
            }},
           {"cholesky: expected square matrices, got shape [2, 3]",
            [] {
              la::cholesky(ones({2, 3}));
            }},
           {"cholesky: expected matrices [..., M, N], got shape [3]",
            [] { la::cholesky(ones({3})); }},
           {"cholesky: expected a floating dtype, got int64; convert with to(float32)",
            [] {
              la::cholesky(ones({2, 2}, {.dtype = int64}));
            }}}),
      row("solve",
          [](const Tensors& in) {
            return Tensors{la::solve(regular(in[0]), in[1]),
                           la::solve(regular(in[0]), transposed(in[1]), false)};
          },
          {{{2, 3, 3}}, {{3, 4}}},
          {{"solve: the matrix is singular", [] { la::solve(singular(), ones({2})); }},
           {with_marks("solve: a [2, 2] does not match b [3, 1]", {13, 34}),
            [] {
              la::solve(eye(2), ones({3, 1}));
            }},
           {with_marks("solve: the batches do not broadcast: [2, 1, 1] and [3, 1, 1]", {38, 52}),
            [] {
              la::solve(ones({2, 1, 1}), ones({3, 1, 1}));
            }},
           {"solve: a is float32 and b float64; convert with to()",
            [] {
              la::solve(eye(2), ones({2, 1}, {.dtype = float64}));
            }}}),
      row("solve_triangular",
          [](const Tensors& in) {
            const Tensor a = regular(in[0]);
            return Tensors{la::solve_triangular(a, in[1], true),
                           la::solve_triangular(a, transposed(in[1]), false, false),
                           la::solve_triangular(in[0] * 0.25, in[1], false, true, true)};
          },
          {{{3, 3}}, {{2, 3, 4}}},
          {{"solve_triangular: expected square matrices, got shape [2, 3]",
            [] {
              la::solve_triangular(ones({2, 3}), ones({3, 1}), true);
            }}}),
      row("inv", [](const Tensors& in) { return la::inv(regular(in[0])); }, {{{2, 3, 3}}},
          {{"inv: the matrix is singular", [] { la::inv(singular()); }}}),
      row("det",
          [](const Tensors& in) {
            const Tensor a = regular(in[0]);
            return Tensors{la::det(a), la::slogdet(a).sign, la::slogdet(-a).logabsdet};
          },
          {{{2, 3, 3}}},
          {{"det: expected square matrices, got shape [2, 3]",
            [] {
              la::det(ones({2, 3}));
            }}}),
      row("qr",
          [](const Tensors& in) {
            const auto [q, r] = la::qr(regular(in[0]));
            return Tensors{q, r};
          },
          {{{2, 4, 3}}},
          {{"qr: expected matrices [..., M, N], got shape [3]", [] { la::qr(ones({3})); }}}),
      row("qr_wide",
          [](const Tensors& in) {
            const auto [q, r] = la::qr(regular(in[0]), true);
            return Tensors{q, r};
          },
          {{{2, 3, 4}}},
          {{"qr: expected matrices [..., M, N], got shape [3]", [] { la::qr(ones({3})); }}}),
      row("svd",
          [](const Tensors& in) {  // products, in which the signs of the vectors do not count
            const auto [u, s, vh] = la::svd(regular(in[0]), false);
            return Tensors{s, matmul(u * s.square().unsqueeze(-2), vh), u.square(), vh.square()};
          },
          {{{2, 4, 3}}},
          {{"svd: expected matrices [..., M, N], got shape [3]", [] { la::svd(ones({3})); }}}),
      row("svdvals",
          [](const Tensors& in) {
            return Tensors{la::svdvals(regular(in[0])), la::svd(regular(in[0])).S};
          },
          {{{3, 4}}},
          {{"svd: expected matrices [..., M, N], got shape []", [] { la::svdvals(ones({})); }}}),
      row("eigh",
          [](const Tensors& in) {
            const auto [l, v] = la::eigh(definite(in[0]));
            return Tensors{l, v.square(), la::eigvalsh(definite(in[0]), true)};
          },
          {{{2, 3, 3}}},
          {{"eigh: expected square matrices, got shape [2, 3]",
            [] {
              la::eigh(ones({2, 3}));
            }}}),
      row("lstsq",
          [](const Tensors& in) {
            const Tensor a = regular(in[0]);
            return Tensors{la::lstsq(a, in[1]), la::lstsq(transposed(a), in[2])};
          },
          {{{2, 4, 3}}, {{2, 4, 2}}, {{2, 3}}},
          {{with_marks("lstsq: a [4, 3] does not match b [3, 1]", {10, 34}),
            [] {
              la::lstsq(ones({4, 3}), ones({3, 1}));
            }}}),
      row("pinv", [](const Tensors& in) { return la::pinv(regular(in[0])); }, {{{2, 4, 3}}},
          {{"pinv: expected matrices [..., M, N], got shape [3]", [] { la::pinv(ones({3})); }}}),
      row("matrix_norm",
          [](const Tensors& in) {
            const Tensor a = regular(in[0]);
            return Tensors{la::matrix_norm(a),    la::matrix_norm(a, la::MatrixNorm::nuc, true),
                           la::matrix_norm(a, 2), la::matrix_norm(a, -2),
                           la::matrix_norm(a, 1), la::matrix_norm(a, -INFINITY, true)};
          },
          {{{2, 4, 3}}},
          {{"matrix_norm: ord must be 1, 2 or infinity, or minus that, got 3",
            [] {
              la::matrix_norm(ones({2, 2}), 3);
            }}}),
      row("cond",
          [](const Tensors& in) {
            const Tensor a = regular(in[0]);
            return Tensors{la::cond(a), la::cond(a, -2), la::cond(a, 1),
                           la::cond(a, la::MatrixNorm::fro)};
          },
          {{{2, 3, 3}}}, {{"inv: the matrix is singular", [] { la::cond(singular(), 1); }}}),
  };
}

}  // namespace op_table
