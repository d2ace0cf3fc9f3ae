// SPDX-License-Identifier: MIT
// Rows of sums over many elements, which the other rows' sizes do not show: a float32 to which one
// element after the other is added drifts away from the sum, and counts to 16,777,216. The elements
// are equal, or alternate between two values, so that all roundings have one sign, and the true
// result is known.
#include <gtest/gtest.h>

#include <cmath>

#include "readers.h"

namespace op_table {
namespace {

constexpr double tenth = double(0.1f);

constexpr const char *pieces = "sums of at most 8192 elements in float32, and of such sums",
                     *blocks = "blocks of float32, added in double or with their rounding error",
                     *moments = "a mean and a variance, each a sum of blocks",
                     *exps = "exponentials, and a sum of blocks";

Tensor tenths(const Shape& shape) { return full(shape, 0.1f); }
/// Rows of 1 and 3 tenths, whose mean is 2 tenths and whose variance is 0.01.
Tensor pairs(const Shape& shape) {
  return reshape(tensor({0.1f, 0.3f}).to(default_device()).expand({shape.count() / 2, 2}).clone(),
                 shape);
}
/// 0, then logarithms of a tenth: the sum of the exponentials is 1 + (n - 1) / 10.
Tensor logits(std::int64_t n) { return cat({zeros({1}), full({n - 1}, std::log(0.1f))}); }
double sum_of_exps(std::int64_t count) {
  return 1 + double(count - 1) * std::exp(double(std::log(0.1f)));
}
Tensor zero_indices(std::int64_t count) { return zeros({1}, {.dtype = int64}).expand({count}); }
/// The gradient of x if a tenth is sent back from each element of f(x).
template <class F> Tensor gradient(Tensor x, const F& f) {
  x.requires_grad_();
  const Tensor y = f(x);
  return grad(y, x, {.grad_outputs = tenths({}).expand(y.shape())});
}

}  // namespace

std::vector<LongRow> long_rows(std::int64_t n) {
  const std::int64_t k = n / 72;
  const int height = int(n / 5000);
  const double all = double(n) * tenth, half = all / 2;
  return {
      {"sum", [=] { return sum(tenths({n})); }, all, 64, blocks},
      {"sum_first",
       [=] {
         return sum(tenths({n / 2, 2}), 0);
       },
       half, 64, blocks},
      {"sum_of_bytes", [=] { return sum(full({n}, 3, {.dtype = uint8})); }, 3 * double(n)},
      {"mean", [=] { return mean(tenths({n})) * 10; }, 10 * tenth, 64, blocks},
      {"var", [=] { return var(pairs({n})) * 100; }, 1, 128, moments},
      {"logsumexp", [=] { return logsumexp(logits(n)); }, std::log(sum_of_exps(n)), 16, exps},
      {"mse_loss", [=] { return mse_loss(tenths({n}), zeros({1}).expand({n})) * 100; },
       100 * tenth * tenth, 64, blocks},
      {"matmul",
       [=] {
         return matmul(tenths({1, n}), ones({n, 1}));
       },
       all, 1024, pieces},
      {"matmul_linear",
       [=] {
         return linear(tenths({8, n / 8}), ones({8, n / 8}), ones({8})).slice(0, 0, 1);
       },
       all / 8 + 1, 1024, pieces},
      {"matmul_tiles",
       [=] {
         return matmul(tenths({72, k}), ones({k, 72}));
       },
       double(k) * tenth, 1024, pieces},
      {"matmul_batch",
       [=] {
         return matmul(tenths({2, 8, n / 16}), ones({n / 16, 8}));
       },
       all / 16, 1024, pieces},
      {"softmax",
       [=] {
         return softmax(reshape(logits(n), {1, n}), 1).slice(1, 0, 1) * sum_of_exps(n);
       },
       1, 64, exps},
      {"softmax_columns",
       [=] {
         const Tensor x = cat({zeros({1, 2}), full({n / 2 - 1, 2}, std::log(0.1f))});
         return softmax(x, 0).slice(0, 0, 1) * sum_of_exps(n / 2);
       },
       1, 64, exps},
      {"log_softmax", [=] { return log_softmax(logits(n), 0).slice(0, 0, 1); },
       -std::log(sum_of_exps(n)), 16, exps},
      {"log_softmax_gradient",
       [=] {
         return gradient(zeros({n}), [](const Tensor& x) { return log_softmax(x, 0); })
             .slice(0, 0, 1);
       },
       0, 64, exps},
      {"cross_entropy",
       [=] {
         return cross_entropy(pairs({n / 20, 20}), zero_indices(n / 20));
       },
       std::log(10 + 10 * std::exp(double(0.3f) - tenth)), 64, exps},
      {"conv2d_weight_gradient",
       [=] {
         const Tensor x = ones({1, 1, height, 5000});
         return gradient(ones({1, 1, 1, 1}), [&](const Tensor& w) { return conv2d(x, w); });
       },
       all, 1024, pieces},
      {"conv2d_bias_gradient",
       [=] {
         const Tensor x = zeros({1, 1, height, 5000}), w = ones({1, 1, 1, 1});
         return gradient(zeros({1}), [&](const Tensor& b) { return conv2d(x, w, b); });
       },
       all, 512, blocks},
      {"avg_pool2d",
       [=] {
         return avg_pool2d(tenths({1, 1, height, 5000}), {height, 5000}) * 10;
       },
       10 * tenth, 64, blocks},
      {"batch_norm",
       [=] {
         return batch_norm(pairs({1, 1, n}), {}, {}, 0).y.slice(2, 0, 1);
       },
       -1, 128, moments},
      {"batch_norm_bias_gradient",
       [=] {
         const Tensor x = pairs({1, 1, n}), w = ones({1});
         return gradient(zeros({1}), [&](const Tensor& b) { return batch_norm(x, w, b).y; });
       },
       all, 64, blocks},
      {"layer_norm",
       [=] {
         return layer_norm(pairs({1, n}), {n}, {}, {}, 0).slice(1, 0, 1);
       },
       -1, 128, moments},
      {"layer_norm_bias_gradient",
       [=] {
         const Tensor x = pairs({n / 20, 20}), w = ones({20});
         return gradient(zeros({20}), [&](const Tensor& b) { return layer_norm(x, {20}, w, b); });
       },
       all / 20, 64, blocks},
      {"scatter_add",
       [=] { return scatter_add(zeros({2}), 0, zero_indices(n), tenths({n})).slice(0, 0, 1); }, all,
       64, blocks},
      {"scatter_add_lines",
       [=] {
         const Tensor index = zeros({n / 2, 2}, {.dtype = int64});
         return scatter_add(zeros({1, 2}), 0, index, tenths({n / 2, 2}));
       },
       half, 64, blocks},
      {"embedding_gradient",
       [=] {
         return gradient(zeros({3, 20}),
                         [=](const Tensor& w) { return embedding(zero_indices(n / 20), w); })
             .slice(0, 0, 1);
       },
       all / 20, 64, blocks},
  };
}

void long_sums(const LongRow& row) {
  const Tensor found = row.call();
  const Tensor expected = full(found.shape(), row.expected, {.dtype = float64, .device = "cpu"});
  EXPECT_EQ(difference(found, is_floating(found.dtype()) ? expected : expected.to(found.dtype()),
                       row.ulps),
            "");
}

}  // namespace op_table
