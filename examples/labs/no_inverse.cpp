// SPDX-License-Identifier: MIT
// Why one does not invert: a x = b by the inverse and by elimination, and a fit by the normal
// equations and by orthogonal columns, as the condition of the matrix grows.
#include <fmt/format.h>
#include <tinygrad/linalg/linalg.h>
#include <tinygrad/tinygrad.h>

#include "labs/lab.h"

namespace {

namespace tg = tinygrad;
namespace la = tinygrad::linalg;
using tg::Tensor;

constexpr tg::DType real = tg::float64;

/// A matrix [n, n] with singular values from 1 down to 1 / cond.
Tensor with_condition(std::int64_t n, double cond) {
  const Tensor u = la::qr(tg::randn({n, n}, {.dtype = real})).Q,
               v = la::qr(tg::randn({n, n}, {.dtype = real})).Q,
               s = tg::logspace(0, -std::log10(cond), n, 10, {.dtype = real});
  return matmul(u * s, v);
}
double length(const Tensor& x) { return x.norm().item<double>(); }

/// ‖b - a x‖ / (‖a‖ ‖x‖), which is the change of a by which x would be exact.
double residual(const Tensor& a, const Tensor& x, const Tensor& b) {
  return length(b - matmul(a, x)) / length(a) / length(x);
}

void equations(lab::Lab& lab) {
  const std::int64_t n = lab.choose(100, 30);
  std::vector<lab::Row> rows;
  std::vector<double> conditions, by_inverse, by_solve;
  for (double cond : {1e2, 1e5, 1e8, 1e11}) {
    const Tensor a = with_condition(n, cond), b = matmul(a, tg::randn({n, 1}, {.dtype = real}));
    conditions.push_back(std::log10(cond));
    by_inverse.push_back(residual(a, matmul(la::inv(a), b), b));
    by_solve.push_back(residual(a, la::solve(a, b), b));
    rows.push_back({cond, by_inverse.back(), by_solve.back()});
  }
  lab.table("equations",
            {{"condition", "{:.0e}"},
             {"residual of inv(a) b", "{:.0e}", lab::any},
             {"residual of solve(a, b)", "{:.0e}", lab::any}},
            rows);
  lab.claim("solve leaves a residual of rounding errors, whatever the condition",
            *std::max_element(by_solve.begin(), by_solve.end()) < 1e-14);
  lab.claim("the inverse leaves one that grows with the condition",
            by_inverse.back() > 1e3 * by_solve.back());
}

/// The powers 0 ... degree of 50 points of [0, 1]; the polynomial that is fitted has
/// coefficients 1.
void fits(lab::Lab& lab) {
  const Tensor points = tg::linspace(0, 1, 50, {.dtype = real});
  std::vector<lab::Row> rows;
  double normal = 0, orthogonal = 0;
  for (std::int64_t degree : {2, 4, 6, 8, 10}) {
    const Tensor a = pow(points.unsqueeze(1), tg::arange(0, degree + 1, 1, {.dtype = real})),
                 b = a.sum(1, true), gram = matmul(a.t(), a), moments = matmul(a.t(), b);
    const auto error = [](const Tensor& x) { return (x - 1).abs().max().item<double>(); };
    normal = error(la::solve(gram, moments)), orthogonal = error(la::lstsq(a, b));
    rows.push_back({double(degree), la::cond(a).item<double>(), la::cond(gram).item<double>(),
                    error(matmul(la::inv(gram), moments)), normal, orthogonal});
  }
  lab.table("fits",
            {{"degree"},
             {"cond(A)", "{:.0e}"},
             {"cond(AᵀA)", "{:.0e}", lab::any},
             {"inv(AᵀA) Aᵀb", "{:.0e}", lab::any},
             {"solve(AᵀA, Aᵀb)", "{:.0e}", lab::any},
             {"lstsq(A, b)", "{:.0e}", lab::any}},
            rows);
  lab.claim("the normal equations lose twice as many digits as orthogonal columns",
            normal > 1e3 * orthogonal);
}

/// The derivative of solve is a solve: no inverse is ever formed.
void derivative(lab::Lab& lab) {
  const Tensor a = with_condition(30, 1e6).requires_grad_(),
               b = tg::randn({30, 1}, {.dtype = real});
  const Tensor x = la::solve(a, b);
  x.sum().backward();
  const Tensor by_hand = -matmul(la::solve(a.detach().t(), ones_like(b)), x.detach().t());
  lab.claim("da = -(a⁻ᵀ dx) xᵀ takes one more solve, with the transpose",
            length(a.grad() - by_hand) <= 1e-12 * length(by_hand));
}

}  // namespace

int main(int argc, char** argv) {
  return lab::run("no_inverse", "Why does one not invert a matrix?", argc, argv, [](lab::Lab& lab) {
    equations(lab);
    fits(lab);
    derivative(lab);
  });
}
