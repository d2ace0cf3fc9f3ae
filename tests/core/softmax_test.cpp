// SPDX-License-Identifier: MIT
// Tests softmax and cross entropy in cases that the table of ops does not contain: tensors without
// elements whose other sizes overflow, and infinite logits.
#include <gtest/gtest.h>

#include <cmath>

#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

TEST(Softmax, OfNothingTakesNoTime) {
  for (const Shape& shape : {Shape{std::int64_t(1) << 62, 0}, Shape{0, std::int64_t(1) << 40},
                             Shape{4, 0, std::int64_t(1) << 62}})
    for (int dim = 0; dim < shape.rank(); ++dim) {
      const Tensor x = zeros(shape).requires_grad_();
      EXPECT_EQ(softmax(x, dim).shape(), shape);
      sum(log_softmax(x, dim)).backward();
      EXPECT_EQ(x.grad().shape(), shape);
    }
}

/// log Σ exp(x) − x[label], with the limits that this has: an infinite logit beside the label's
/// makes it infinite, the label's own leaves ∞ − ∞. (PyTorch, which subtracts the largest first,
/// returns NaN for both.)
TEST(CrossEntropy, OfInfiniteLogitsIsTheFormulas) {
  const double inf = INFINITY, nan = NAN;
  struct Row {
    std::vector<double> x, losses;  // for each label
  };
  for (const auto& [x, losses] :
       {Row{{inf, 0, 1}, {nan, inf, inf}}, Row{{0, inf, -inf}, {inf, nan, inf}},
        Row{{inf, inf, -inf}, {nan, nan, inf}},
        Row{{-inf, 0, 0}, {inf, std::log(2.), std::log(2.)}},
        Row{{-inf, -inf, -inf}, {nan, nan, nan}}, Row{{nan, -inf, 0}, {nan, nan, nan}},
        Row{{inf, nan, -inf}, {nan, nan, nan}}})
    for (std::size_t label = 0; label < 3; ++label)
      for (std::int64_t others : {0, 40})  // that count for nothing
        for (DType dtype : {DType::float32, DType::float64}) {
          const Tensor row =
              cat({full({1, others}, -inf), from_vector(x, {1, 3}).to(DType::float32)}, 1)
                  .to(dtype);
          const double loss =
              cross_entropy(row, full({1}, others + std::int64_t(label), {.dtype = DType::int64}))
                  .item<double>();
          const std::string location = "x[0] = " + std::to_string(x[0]) + ", label " +
                                       std::to_string(label) + ", others " + std::to_string(others);
          if (std::isfinite(losses[label])) EXPECT_NEAR(loss, losses[label], 1e-6) << location;
          else
            EXPECT_TRUE(std::isnan(losses[label]) ? std::isnan(loss) : loss == losses[label])
                << loss << ": " << location;
        }
}

}  // namespace
}  // namespace tinygrad
