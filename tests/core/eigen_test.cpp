// SPDX-License-Identifier: MIT
// Tests Eigen's view of tensors, and compares products with Eigen's as an independent reference.
#include "tinygrad/eigen.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

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

/// Against Eigen in float64: what Eigen rounds in float32 depends on the machine's caches, by which
/// it cuts its sums. A sum of k products of normal numbers, one after the other, errs by eps / 2
/// times the root of k partial sums squared: eps k / sqrt(8); six times that is seen by one product
/// in millions.
template <class T> void check_products() {
  manual_seed(3);
  const TensorOptions options{.dtype = dtype_of<T>()};
  for (auto [m, k, n] : {std::array{1, 1, 1},
                         {3, 5, 7},
                         {64, 784, 512},
                         {10, 64, 3136},
                         {97, 1001, 53},
                         {1, 784, 512},
                         {130, 2, 129}}) {
    const Tensor a = randn({m, k}, options), b = randn({k, n}, options);
    const Eigen::MatrixXd expected =
        as_matrix<T>(a).template cast<double>() * as_matrix<T>(b).template cast<double>();
    const Tensor c = matmul(a, b);
    const double worst = (as_matrix<T>(c).template cast<double>() - expected).cwiseAbs().maxCoeff(),
                 eps = std::numeric_limits<T>::epsilon();
    EXPECT_LE(worst, 6 * eps * std::max(k, 8) / std::sqrt(8.)) << m << " x " << k << " x " << n;
  }
}
TEST(Eigen, MultipliesToTheSameProducts) {
  check_products<float>();
  check_products<double>();
}

}  // namespace
}  // namespace tinygrad
