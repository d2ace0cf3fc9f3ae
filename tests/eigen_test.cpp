// Eigen's view of tensors, and Eigen as an independent reference for products.
#include "tinygrad/eigen.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tinygrad/ops.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

TEST(Eigen, SeesTheSameMemory) {
  const Tensor x = tensor({{1., 2., 3.}, {4., 5., 6.}});
  const auto m = as_matrix<float>(x);
  EXPECT_EQ(m.rows(), 2);
  EXPECT_EQ(m(1, 0), 4);
  EXPECT_EQ(m.data(), x.span<float>().data());
  EXPECT_EQ(as_vector<float>(x).sum(), 21);
}

TEST(Eigen, MatricesOfAnyOrderBecomeTensors) {
  Eigen::MatrixXd columns(2, 3);
  columns << 1, 2, 3, 4, 5, 6;
  const Tensor t = from_eigen(columns);
  EXPECT_EQ(t.shape(), (Shape{2, 3}));
  EXPECT_EQ(t.to_vector<double>(), (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

TEST(Eigen, RefusesWhatIsNoMatrix) {
  EXPECT_THROW(as_matrix<float>(ones({2, 3, 4})), ShapeError);
  EXPECT_THROW(as_matrix<double>(ones({2, 3})), DTypeError);
  EXPECT_THROW(as_matrix<float>(ones({2, 3}).t()), ShapeError);
}

template <class T> void check_products(double tolerance) {
  manual_seed(3);
  const TensorOptions options{.dtype = dtype_of<T>()};
  for (auto [m, k, n] : {std::array{1, 1, 1}, {3, 5, 7}, {64, 784, 512}, {10, 64, 3136}, {97, 1001, 53}, {1, 784, 512}, {130, 2, 129}}) {
    const Tensor a = randn({m, k}, options), b = randn({k, n}, options);
    const EigenMatrix<T> expected = as_matrix<T>(a) * as_matrix<T>(b);
    const Tensor c = matmul(a, b);
    EXPECT_LT((as_matrix<T>(c) - expected).cwiseAbs().maxCoeff(), tolerance * std::sqrt(double(k))) << m << " x " << k << " x " << n;
  }
}
TEST(Eigen, MultipliesToTheSameProducts) {
  check_products<float>(4e-6);  // rounding of sums of k normal products, in another order: a few ulp of sqrt(k)
  check_products<double>(1e-14);
}

}  // namespace
}  // namespace tinygrad
