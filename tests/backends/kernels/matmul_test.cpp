// SPDX-License-Identifier: MIT
// Compares products with loops: every dtype, any strides, batches, borders of tiles and parts. The
// kernels are the CPU's and those of other devices (TINYGRAD_TESTED_DEVICE).
#include "support/kernel_tools.h"

using namespace kernel_tests;

namespace {

double expected_product(const Data& a, const Data& b, std::int64_t m, std::int64_t n,
                        std::int64_t k, std::int64_t i) {
  const std::int64_t batch = i / (m * n), row = i / n % m, column = i % n;
  double sum = 0;
  for (std::int64_t t = 0; t < k; ++t)
    sum += a.at((batch * m + row) * k + t) * b.at((batch * k + t) * n + column);
  return sum;
}

void check(DType dtype, std::int64_t batch, std::int64_t m, std::int64_t k, std::int64_t n,
           Layout la, Layout lb, Layout lc) {
  SCOPED_TRACE(std::string(to_string(dtype)) + " " + to_string(Shape{batch, m, k, n}) +
               " layouts " + std::to_string(int(la)) + std::to_string(int(lb)) +
               std::to_string(int(lc)));
  Data a(dtype, {batch, m, k}, la), b(dtype, {batch, k, n}, lb), c(dtype, {batch, m, n}, lc);
  a.random(1), b.random(2);
  tested().matmul(a.view, b.view, c.view);
  expect_near(
      c, [&](std::int64_t i) { return expected_product(a, b, m, n, k, i); },
      std::sqrt(double(k)) * 2);
}

TEST(Matmul, ManySizes) {
  for (std::int64_t m : {1, 2, 5, 12, 13, 33})
    for (std::int64_t n : {1, 3, 8, 16, 17, 31, 32, 33, 65})
      for (std::int64_t k : {1, 4, 31, 257})
        check(float32, 1, m, k, n, Layout::dense, Layout::dense, Layout::dense);
}

TEST(Matmul, AnyStrides) {
  for (DType dtype : {float32, float64, float16, bfloat16})
    for (Layout a : {Layout::dense, Layout::turned, Layout::sliced})
      for (Layout b : {Layout::dense, Layout::turned, Layout::sliced})
        for (Layout c : {Layout::dense, Layout::turned, Layout::sliced})
          check(dtype, 2, 21, 37, 40, a, b, c);
}

TEST(Matmul, Vectors) {
  for (Layout a : {Layout::dense, Layout::turned, Layout::sliced})
    for (Layout b : {Layout::dense, Layout::turned, Layout::sliced}) {
      check(float32, 1, 1, 133, 70, a, b, Layout::dense);
      check(float32, 1, 70, 133, 1, a, b, Layout::dense);
      check(float64, 3, 1, 133, 1, a, b, Layout::sliced);
    }
}

TEST(Matmul, ManyTiles) {
  for (Layout layout : {Layout::dense, Layout::turned})
    check(float32, 1, 521, 30, 523, layout, Layout::dense, layout);
}

TEST(Matmul, DeepAndSmall) {
  check(float32, 1, 10, 20000, 7, Layout::turned, Layout::dense, Layout::turned);
}

TEST(Matmul, IntegersWrap) {
  for (DType dtype : {int32, int64, uint8}) {
    Data a(dtype, {3, 5}, Layout::sliced), b(dtype, {5, 4}, Layout::turned), c(dtype, {3, 4});
    for (int i = 0; i < 15; ++i) a.set(i, i);
    for (int i = 0; i < 20; ++i) b.set(i, i + 1);
    tested().matmul(a.view, b.view, c.view);
    for (int i = 0; i < 12; ++i) {
      std::int64_t sum = 0;
      for (int k = 0; k < 5; ++k) sum += (i / 4 * 5 + k) * (k * 4 + i % 4 + 1);
      EXPECT_EQ(std::int64_t(c.at(i)), dtype == uint8 ? sum & 255 : sum);
    }
  }
}

TEST(Matmul, TakesMoreMatricesThanAGridHasRows) {
  constexpr int many = 65537;
  Data a(int32, {many, 1, 2}), b(int32, {2, 1}), c(int32, {many, 1, 1});
  for (int i = 0; i < 2 * many; ++i) a.set(i, i);
  b.set(0, 2), b.set(1, 1);
  tested().matmul(a.view, b.view.broadcast_to({many, 2, 1}), c.view);
  for (int i = 0; i < many; ++i) ASSERT_EQ(c.at(i), 6 * i + 1) << i;
}

TEST(Matmul, BatchesRepeatByStrideZero) {
  for (DType dtype : {float32, bfloat16}) {
    Data a(dtype, {1, 6, 5}), b(dtype, {3, 5, 4}), c(dtype, {3, 6, 4});
    a.random(1), b.random(2);
    tested().matmul(a.view.broadcast_to({3, 6, 5}), b.view, c.view);
    expect_near(
        c,
        [&](std::int64_t i) {
          double sum = 0;
          for (int k = 0; k < 5; ++k)
            sum += a.at(i % 24 / 4 * 5 + k) * b.at((i / 24 * 5 + k) * 4 + i % 4);
          return sum;
        },
        4);
  }
}

TEST(Matmul, NothingInside) {
  Data a(float32, {2, 0}), b(float32, {0, 3}), c(float32, {2, 3});
  tested().matmul(a.view, b.view, c.view);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(c.at(i), 0);
  Data none(float32, {0, 3}), left(float32, {0, 5}), right(float32, {5, 3});
  tested().matmul(left.view, right.view, none.view);
}

TEST(Matmul, NanSpreads) {
  Data a(float32, {2, 3}), b(float32, {3, 2}), c(float32, {2, 2});
  a.random(1), b.random(2), a.set(1, NAN);
  tested().matmul(a.view, b.view, c.view);
  EXPECT_TRUE(std::isnan(c.at(0)) && std::isnan(c.at(1)) && !std::isnan(c.at(2)));
}

TEST(Linear, AddsTheBiasOnce) {
  for (DType dtype : {float32, float64, float16})
    for (std::int64_t rows : {1, 3, 64})
      for (bool with_bias : {true, false}) {
        Data x(dtype, {rows, 300}, Layout::sliced), w(dtype, {37, 300}),
            b(dtype, {37}, Layout::sliced), y(dtype, {rows, 37});
        x.random(1), w.random(2), b.random(3);
        ASSERT_TRUE(tested().linear(x.view, w.view, with_bias ? b.view : View(), y.view));
        expect_near(
            y,
            [&](std::int64_t i) {
              double sum = with_bias ? b.at(i % 37) : 0;
              for (int k = 0; k < 300; ++k) sum += x.at(i / 37 * 300 + k) * w.at(i % 37 * 300 + k);
              return sum;
            },
            30);
      }
}

TEST(Matmul, SameBitsWithAnyThreads) {
  for (auto [m, k, n] : {std::array{64, 784, 512},
                         {784, 64, 512},
                         {10, 64, 256},
                         {97, 1001, 53},
                         {1, 784, 512},
                         {33, 2049, 17},
                         {7, 30000, 9}}) {
    Data a(float32, {m, k}), b(float32, {k, n}), c(float32, {m, n});
    a.random(1), b.random(2);
    expect_same_bits([&] { tested().matmul(a.view, b.view, c.view); }, {&c});
  }
}

}  // namespace
