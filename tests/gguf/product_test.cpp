// SPDX-License-Identifier: MIT
// Tests products with matrices in blocks: against the product with the decoded matrix in float64
// within the bound of the rounding of x, and all instruction sets against each other, bit for bit.
#include <cmath>
#include <random>

#include "support/files.h"
#include "tinygrad/gguf/gguf.h"
#include "tinygrad/ops.h"

namespace tinygrad::test {
namespace {

using gguf::QuantizedMatrix;
using gguf::Type;

constexpr Type kept_types[] = {Type::Q8_0, Type::Q4_0, Type::Q4_1};

/// A matrix of random codes with scales of both signs: bytes of every value, so that all codes
/// occur; the float16 scales have exponents around 2^-6.
QuantizedMatrix random_matrix(Type type, std::int64_t rows, std::int64_t columns, unsigned seed) {
  const std::size_t block = type == Type::Q8_0 ? 34 : type == Type::Q4_0 ? 18 : 20;
  std::mt19937 random(seed);
  const auto bytes =
      std::make_shared<std::vector<std::byte>>(std::size_t(rows * columns / 32) * block);
  for (std::size_t i = 0; i < bytes->size(); ++i) {
    const bool upper_half_of_scale = i % block == 1 || (type == Type::Q4_1 && i % block == 3);
    const unsigned byte = unsigned(random()) & 255;
    (*bytes)[i] = std::byte(upper_half_of_scale ? (byte & 0x83) | 0x24 : byte);
  }
  return {type, columns, *bytes, bytes};
}

Tensor random_rows(const Shape& shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(std::size_t(shape.count()));
  for (float& value : values) value = normal(random);
  return from_vector(values, shape, "cpu");
}

/// |y - x Wᵀ| ≤ Σ d/2 |w| for d = max|x| / 127 of each block of 32, and the rounding of float32:
/// 1e-6 of the sum of all magnitudes.
void expect_within_bound(const Tensor& y, const Tensor& x, const QuantizedMatrix& w) {
  const auto got = y.to_vector<float>(), in = x.to_vector<float>();
  const auto weights = w.dequantize("cpu").to_vector<float>();
  const std::int64_t columns = w.columns(), n = x.numel() / columns;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t j = 0; j < w.rows(); ++j) {
      double want = 0, bound = 0;
      for (std::int64_t k = 0; k < columns; k += 32) {
        const float *a = &in[std::size_t(i * columns + k)],
                    *b = &weights[std::size_t(j * columns + k)];
        float largest = 0;
        for (int e = 0; e < 32; ++e) largest = std::max(largest, std::fabs(a[e]));
        for (int e = 0; e < 32; ++e) {
          want += double(a[e]) * b[e];
          bound += std::fabs(b[e]) * (largest / 254. + 1e-6 * largest);
        }
      }
      const double difference = std::fabs(double(got[std::size_t(i * w.rows() + j)]) - want);
      ASSERT_LE(difference, bound)
          << to_string(w.type()) << " row " << i << ", " << j << " of " << n << " x " << columns;
    }
}

TEST(Product, is_within_the_bound_and_equal_for_all_kernels) {
  unsigned seed = 0;
  for (const Type type : kept_types)
    for (const std::int64_t columns : {32, 64, 96, 128, 512, 544, 576, 1056})
      for (const std::int64_t n : {1, 2, 5, 13}) {
        const auto w = random_matrix(type, 7, columns, ++seed);
        const Tensor x = random_rows({n, columns}, ++seed);
        const Tensor y = gguf::linear(x, w, {.kernels = "baseline"});
        EXPECT_EQ(y.shape(), (Shape{n, 7}));
        expect_within_bound(y, x, w);
        for (auto& kernels : gguf::product_kernels())
          EXPECT_EQ(bits(gguf::linear(x, w, {.kernels = kernels})), bits(y)) << kernels;
      }
}

TEST(Product, holds_the_largest_sums) {
  for (const Type type : kept_types)
    for (const int code : {0x00, 0x7F, 0x80, 0xFF}) {
      const auto w = random_matrix(type, 1, 512, 1);
      std::vector<std::byte> bytes(w.bytes().begin(), w.bytes().end());
      const std::size_t block = bytes.size() / 16, first = type == Type::Q4_1 ? 4 : 2;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        if (i % block >= first) bytes[i] = std::byte(code);
      const QuantizedMatrix all_equal(type, 512, bytes, nullptr);
      for (const float x : {-3.f, 3.f}) {
        const Tensor rows = full({1, 512}, x, {.device = "cpu"});
        const Tensor y = gguf::linear(rows, all_equal, {.kernels = "baseline"});
        expect_within_bound(y, rows, all_equal);
        for (auto& kernels : gguf::product_kernels())
          EXPECT_EQ(bits(gguf::linear(rows, all_equal, {.kernels = kernels})), bits(y)) << kernels;
      }
    }
}

TEST(Product, does_not_depend_on_threads_and_other_rows) {
  const auto w = random_matrix(Type::Q4_1, 1000, 576, 1);
  const Tensor x = random_rows({21, 576}, 2);
  const int before = num_threads();
  set_num_threads(1);
  const std::string one = bits(gguf::linear(x, w));
  for (const int threads : {2, 3, 7}) {
    set_num_threads(threads);
    EXPECT_EQ(bits(gguf::linear(x, w)), one) << threads;
  }
  set_num_threads(before);
  for (int i = 0; i < 21; ++i)
    EXPECT_EQ(bits(gguf::linear(x.select(0, i), w)), bits(gguf::linear(x, w).select(0, i)));
}

TEST(Product, takes_any_strides_ranks_and_dtypes) {
  const auto w = random_matrix(Type::Q8_0, 5, 64, 1);
  const Tensor x = random_rows({2, 3, 64}, 2);
  EXPECT_EQ(gguf::linear(x, w).shape(), (Shape{2, 3, 5}));
  EXPECT_EQ(bits(gguf::linear(x.transpose(0, 1), w)),
            bits(gguf::linear(x, w).transpose(0, 1).contiguous()));
  EXPECT_EQ(gguf::linear(zeros({0, 64}), w).shape(), (Shape{0, 5}));
  const Tensor exact = x.to(float64).matmul(w.dequantize("cpu").to(float64).transpose(0, 1));
  EXPECT_LT((gguf::linear(x.to(float64), w) - exact).abs().max().item<double>(), 1e-12);
  EXPECT_EQ(gguf::linear(x.to(bfloat16), w).dtype(), bfloat16);
}

TEST(Product, gradient_is_that_of_the_decoded_matrix) {
  const auto w = random_matrix(Type::Q4_0, 5, 64, 1);
  const Tensor x = random_rows({3, 64}, 2).requires_grad_(), dy = random_rows({3, 5}, 3);
  gguf::linear(x, w).backward(dy);
  EXPECT_LT((x.grad() - dy.matmul(w.dequantize("cpu"))).abs().max().item<double>(), 1e-5);
}

TEST(Product, values_that_are_not_finite_reach_the_result) {
  for (const Type type : kept_types)
    for (auto& kernels : gguf::product_kernels()) {
      const auto w = random_matrix(type, 3, 64, 1);
      for (const float bad : {INFINITY, -INFINITY, NAN}) {
        const Tensor x = random_rows({2, 64}, 2);
        x(1, 40) = bad;
        const Tensor y = gguf::linear(x, w, {.kernels = kernels});
        EXPECT_TRUE(isfinite(y.select(0, 0)).all().item<bool>());
        EXPECT_FALSE(isfinite(y.select(0, 1)).any().item<bool>()) << bad;
      }
    }
}

TEST(Product, tiny_values_round_to_zero) {
  const auto w = random_matrix(Type::Q8_0, 3, 32, 1);
  const Tensor y = gguf::linear(full({1, 32}, 1e-40, {.device = "cpu"}), w);
  EXPECT_EQ(y.abs().max().item<double>(), 0);
}

TEST(Quantized, matrix_of_a_tensor) {
  const Tensor x = random_rows({6, 64}, 1);
  for (const auto& [type, largest] : {std::pair{Type::Q8_0, 0.02}, std::pair{Type::Q4_0, 0.3}}) {
    const auto w = QuantizedMatrix::quantize(x, type);
    EXPECT_EQ(w.rows(), 6);
    EXPECT_EQ(w.columns(), 64);
    EXPECT_LT((w.dequantize("cpu") - x).abs().max().item<double>(), largest);
  }
  expect_error<ArgumentError>([&] { QuantizedMatrix::quantize(x, Type::Q4_1); },
                              "expected the type Q8_0 or Q4_0, got Q4_1");
  expect_error<ShapeError>(
      [] {
        QuantizedMatrix::quantize(ones({2, 33}));
      },
      "a multiple of 32 columns, got shape [2, 33]");
}

TEST(Quantized, rows_and_embedding) {
  const auto w = random_matrix(Type::Q4_1, 9, 96, 1);
  const Tensor all = w.dequantize("cpu"), index = tensor({{3, 8, 0}, {3, 1, 1}});
  EXPECT_EQ(bits(w.index_select({2, 0, 2}).dequantize("cpu")),
            bits(all.index_select(0, tensor({2, 0, 2}))));
  EXPECT_EQ(bits(gguf::embedding(index, w)), bits(embedding(index, all)));
  expect_error<IndexError>([&] { gguf::embedding(tensor({9}), w); }, "row 9");
  expect_error<IndexError>([&] { w.index_select({-1}); }, "row -1");
  expect_error<DTypeError>([&] { gguf::embedding(tensor({1.5}), w); }, "expected an int64 index");
}

TEST(Quantized, linear_module) {
  const auto w = random_matrix(Type::Q8_0, 5, 64, 1);
  const Tensor x = random_rows({3, 64}, 2), bias = random_rows({5}, 3);
  gguf::QuantizedLinear without(w), with(w, bias);
  EXPECT_EQ(bits(without(x)), bits(gguf::linear(x, w)));
  EXPECT_EQ(bits(with(x)), bits(gguf::linear(x, w) + bias));
  expect_error<ShapeError>([&] { without(ones({3, 32})); }, "expected x of shape [..., 64]");
}

TEST(Quantized, what_is_refused) {
  const std::vector<std::byte> bytes(34);
  expect_error<ArgumentError>([&] { QuantizedMatrix(Type::Q5_0, 32, bytes, nullptr); },
                              "expected the type Q8_0, Q4_0 or Q4_1, got Q5_0");
  expect_error<ShapeError>([&] { QuantizedMatrix(Type::Q8_0, 33, bytes, nullptr); },
                           "a multiple of 32, got 33");
  expect_error<ShapeError>([&] { QuantizedMatrix(Type::Q4_1, 32, bytes, nullptr); },
                           "34 bytes are no rows of 20 bytes");
  const QuantizedMatrix w(Type::Q8_0, 32, bytes, nullptr);
  expect_error<DTypeError>([&] { gguf::linear(ones({32}, {.dtype = int64}), w); },
                           "expected a floating x, got int64");
  expect_error<ArgumentError>([&] { gguf::linear(ones({32}), w, {.kernels = "sse9"}); },
                              "has no kernels sse9");
}

}  // namespace
}  // namespace tinygrad::test
