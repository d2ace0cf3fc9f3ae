// SPDX-License-Identifier: MIT
// Linear algebra against its definitions: products of the factors, normal equations, broadcasting,
// sizes of 0, matrices without full rank, and devices. The rows of the op table have derivatives.
#include "tinygrad/linalg/linalg.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

const TensorOptions doubles{.dtype = float64};

Tensor transposed(const Tensor& x) { return x.transpose(-2, -1); }
double distance(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  return a.numel() == 0 ? 0 : (a - b).abs().max().item<double>();
}
bool is_orthonormal(const Tensor& columns) {
  const Tensor gram = matmul(transposed(columns), columns);
  return distance(gram, eye(gram.size(-1), doubles).expand(gram.shape())) < 1e-12;
}
bool is_upper(const Tensor& r) { return distance(r, triu(r)) == 0; }

class OfSizes : public testing::TestWithParam<std::pair<int, int>> {
 protected:
  void SetUp() override { manual_seed(1); }
  const std::int64_t m = GetParam().first, n = GetParam().second;
};
INSTANTIATE_TEST_SUITE_P(Linalg, OfSizes,
                         testing::Values(std::pair{1, 1}, std::pair{5, 5}, std::pair{7, 3},
                                         std::pair{3, 7}, std::pair{40, 40}, std::pair{3, 0},
                                         std::pair{0, 3}));

TEST_P(OfSizes, FactorsMultiplyToTheMatrix) {
  const Tensor a = randn({2, m, n}, doubles);
  for (bool all : {false, true}) {
    const auto [q, r] = linalg::qr(a, all);
    EXPECT_LT(distance(matmul(q, r), a), 1e-12);
    EXPECT_TRUE(is_orthonormal(q));
    EXPECT_TRUE(is_upper(r));
    const auto [u, s, vh] = linalg::svd(a, all);
    const std::int64_t k = std::min(m, n);
    EXPECT_EQ(u.size(2), all ? m : k);
    EXPECT_EQ(vh.size(1), all ? n : k);
    EXPECT_LT(distance(matmul(u.slice(2, 0, k) * s.unsqueeze(1), vh.slice(1, 0, k)), a), 1e-12);
    EXPECT_TRUE(is_orthonormal(u));
    EXPECT_TRUE(is_orthonormal(transposed(vh)));
    EXPECT_EQ(distance(s, sort(s, -1, true).values), 0);
  }
}

TEST_P(OfSizes, PseudoInverse) {  // Penrose's four conditions
  const Tensor a = randn({2, m, n}, doubles), p = linalg::pinv(a), ap = matmul(a, p),
               pa = matmul(p, a);
  EXPECT_LT(distance(matmul(ap, a), a), 1e-11);
  EXPECT_LT(distance(matmul(pa, p), p), 1e-11);
  EXPECT_LT(distance(ap, transposed(ap)), 1e-11);
  EXPECT_LT(distance(pa, transposed(pa)), 1e-11);
}

TEST_P(OfSizes, LeastSquares) {
  const Tensor a = randn({2, m, n}, doubles), b = randn({2, m, 2}, doubles),
               x = linalg::lstsq(a, b);
  EXPECT_LT(distance(x, matmul(linalg::pinv(a), b)), 1e-10);
}

TEST_P(OfSizes, SymmetricMatrices) {
  const Tensor x = randn({2, n, n}, doubles), a = x + transposed(x),
               definite = matmul(x, transposed(x)) + eye(n, doubles);
  for (bool upper : {false, true}) {
    const Tensor other =
        upper ? tril(full_like(a, NAN), -1) + triu(a) : triu(full_like(a, NAN), 1) + tril(a);
    const auto [l, v] = linalg::eigh(other, upper);
    EXPECT_LT(distance(matmul(v * l.unsqueeze(1), transposed(v)), a), 1e-11);
    EXPECT_TRUE(is_orthonormal(v));
  }
  const Tensor l = linalg::cholesky(definite);
  EXPECT_LT(distance(matmul(l, transposed(l)), definite), 1e-11);
  EXPECT_EQ(distance(l, tril(l)), 0);
  EXPECT_EQ(distance(linalg::cholesky(definite, true), transposed(l)), 0);
}

TEST(Linalg, SolvesWhatBroadcasts) {
  manual_seed(2);
  const Tensor a = randn({3, 1, 4, 4}, doubles), b = randn({2, 4, 5}, doubles),
               x = linalg::solve(a, b);
  EXPECT_EQ(x.shape(), Shape({3, 2, 4, 5}));
  EXPECT_LT(distance(matmul(a, x), b.expand({3, 2, 4, 5})), 1e-11);
  const Tensor c = randn({5, 4}, doubles), y = linalg::solve(a, c, false);
  EXPECT_LT(distance(matmul(y, a), c.expand({3, 1, 5, 4})), 1e-11);
  const Tensor v = randn({4}, doubles), z = linalg::solve(a, v);
  EXPECT_LT(distance(matmul(a, z.unsqueeze(-1)).squeeze(-1), v.expand({3, 1, 4})), 1e-11);
  EXPECT_LT(distance(matmul(a, linalg::inv(a)), eye(4, doubles).expand({3, 1, 4, 4})), 1e-11);
}

TEST(Linalg, TrianglesReadOneHalf) {
  const Tensor a = tensor({{2., NAN}, {1., 4.}}), b = tensor({{2.}, {9.}});
  EXPECT_EQ(linalg::solve_triangular(a, b, false).to_vector<float>(), (std::vector<float>{1, 2}));
  const Tensor unit = tensor({{NAN, 3.}, {NAN, NAN}});
  EXPECT_EQ(linalg::solve_triangular(unit, b, true, true, true).to_vector<float>(),
            (std::vector<float>{-25, 9}));
}

/// Σ over permutations.
double leibniz(const std::vector<double>& a, std::int64_t n, std::int64_t row = 0,
               unsigned used = 0) {
  if (row == n) return 1;
  double sum = 0, sign = 1;
  for (std::int64_t j = 0; j < n; ++j)
    if (!(used >> j & 1)) {
      sum += sign * a[std::size_t(row * n + j)] * leibniz(a, n, row + 1, used | 1u << j);
      sign = -sign;
    }
  return sum;
}
TEST(Linalg, Determinants) {
  manual_seed(3);
  for (std::int64_t n : {0, 1, 2, 5}) {
    const Tensor a = randn({n, n}, doubles);
    const double expected = leibniz(a.to_vector<double>(), n);
    EXPECT_NEAR(linalg::det(a).item<double>(), expected, 1e-12);
    const auto [sign, log] = linalg::slogdet(a);
    EXPECT_NEAR(sign.item<double>() * std::exp(log.item<double>()), expected, 1e-12);
  }
  const auto [sign, log] = linalg::slogdet(ones({2, 2}));
  EXPECT_EQ(sign.item<float>(), 0);
  EXPECT_EQ(log.item<float>(), -INFINITY);
  const Tensor large = eye(200, doubles) * 1e-9;
  EXPECT_NEAR(linalg::slogdet(large).logabsdet.item<double>(), 200 * std::log(1e-9), 1e-9);
}

TEST(Linalg, RanksNormsAndCondition) {
  const Tensor a = tensor({{3., 0., 0.}, {0., -4., 0.}});
  EXPECT_EQ(linalg::matrix_rank(a).item<int>(), 2);
  EXPECT_EQ(linalg::matrix_rank(ones({4, 3})).item<int>(), 1);
  EXPECT_EQ(linalg::matrix_rank(a, 0.9).item<int>(), 1);
  EXPECT_FLOAT_EQ(linalg::matrix_norm(a).item<float>(), 5);
  EXPECT_FLOAT_EQ(linalg::matrix_norm(a, linalg::MatrixNorm::nuc).item<float>(), 7);
  EXPECT_FLOAT_EQ(linalg::matrix_norm(a, 2).item<float>(), 4);
  EXPECT_FLOAT_EQ(linalg::matrix_norm(a, -1).item<float>(), 0);
  EXPECT_FLOAT_EQ(linalg::matrix_norm(a, INFINITY).item<float>(), 4);
  EXPECT_FLOAT_EQ(linalg::cond(a).item<float>(), 4.f / 3);
  const Tensor p = linalg::pinv(ones({2, 3}));  // of rank 1
  EXPECT_LT(distance(p, full({3, 2}, 1. / 6)), 1e-6);
}

TEST(Linalg, ErrorsNameTheMatrix) {
  const auto message = [](const auto& call) {
    try {
      call();
    } catch (const ArgumentError& e) { return std::string(e.what()); }
    return std::string("no error");
  };
  const Tensor batch = stack({eye(2), ones({2, 2})}, 0);
  EXPECT_NE(message([&] { linalg::inv(batch); }).find("matrix 1 of the batch is singular"),
            std::string::npos);
  EXPECT_NE(message([&] { linalg::cholesky(-eye(2)); }).find("the matrix is not positive definite"),
            std::string::npos);
  EXPECT_THROW(linalg::svd(full({2, 2}, NAN)), ArgumentError);
}

TEST(Linalg, FullFactorsHaveNoDerivative) {
  const Tensor a = ones({3, 2}, {.requires_grad = true}) + eye(3, 2);
  EXPECT_THROW(linalg::qr(a, true).Q.sum().backward(), AutogradError);
  EXPECT_THROW(linalg::svd(a).U.sum().backward(), AutogradError);
}

}  // namespace
}  // namespace tinygrad
