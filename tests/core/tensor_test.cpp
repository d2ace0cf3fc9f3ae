// SPDX-License-Identifier: MIT
// Tests creating tensors and reading their elements.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& t) { return t.to_vector<double>(); }

TEST(Tensors, AreMadeFilled) {
  EXPECT_EQ(numbers(zeros({2})), (Numbers{0, 0}));
  EXPECT_EQ(numbers(ones({2}, {.dtype = uint8})), (Numbers{1, 1}));
  EXPECT_EQ(numbers(full({2}, 2.5)), (Numbers{2.5, 2.5}));
  EXPECT_EQ(full({2}, 2).dtype(), float32);
  EXPECT_EQ(numbers(full({2}, 2.9, {.dtype = int64})), (Numbers{2, 2}));
  EXPECT_EQ(empty({3, 0}).numel(), 0);
  EXPECT_EQ(zeros({}).dim(), 0);
  EXPECT_EQ(zeros({}).numel(), 1);
}

TEST(Tensors, HaveShapesOfAnyIntegerType) {
  const std::vector<float> values(6);
  const std::size_t n = 3;
  const unsigned char two = 2;
  EXPECT_EQ(from_vector(values, {values.size()}).shape(), (Shape{6}));
  EXPECT_EQ(from_vector(values).reshape({two, n}).shape(), (Shape{2, 3}));
  EXPECT_EQ(zeros(std::vector<std::int64_t>{2, 3}).shape(), (Shape{2, 3}));
  EXPECT_EQ(zeros(std::vector<std::size_t>{2, n}).shape(), (Shape{2, 3}));
  EXPECT_EQ(zeros({2, 3}).sum(n - 2).shape(), (Shape{2}));
  EXPECT_THROW(zeros({n - 4}), ShapeError);  // not -1
  EXPECT_THROW(from_vector(values).reshape({n - 4}), ShapeError);
  EXPECT_THROW(zeros(std::vector<int>(9, 1)), ShapeError);
}

TEST(Tensors, AreMadeFromVectors) {
  EXPECT_EQ(tensor(std::vector<float>{1, 2.5f}).dtype(), float32);
  EXPECT_EQ(numbers(tensor(std::vector<int>{1, 2})), (Numbers{1, 2}));
  EXPECT_EQ(tensor(std::vector<std::vector<double>>{{1, 2, 3}, {4, 5, 6}}).shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor(std::vector<bool>{true, false}).dtype(), boolean);
  EXPECT_EQ(from_vector(std::vector<bool>{true, false}).dtype(), boolean);
  EXPECT_EQ(numbers(from_vector(std::vector<bool>{true, false}, {2, 1})), (Numbers{1, 0}));
  EXPECT_EQ(numbers(from_vector({1.f, 2.f}, {2})), (Numbers{1, 2}));
}

TEST(Tensors, AreMadeFromBraces) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(x.shape(), (Shape{2, 3}));
  EXPECT_EQ(x.dtype(), int64);
  EXPECT_EQ(tensor({1, 2.5}).dtype(), float32);
  EXPECT_EQ(tensor({true, false}).dtype(), boolean);
  EXPECT_EQ(tensor(3).shape(), (Shape{}));
  EXPECT_EQ(tensor({{{1}}}).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ(tensor({}).shape(), (Shape{0}));
  EXPECT_THROW(x.shape()[2], IndexError);
  EXPECT_THROW(x.shape()[-3], IndexError);
  EXPECT_EQ(tensor({1, 2}, {.dtype = float16}).dtype(), float16);
  EXPECT_EQ(tensor({INT64_MAX}).item<std::int64_t>(), INT64_MAX);
  EXPECT_THROW(tensor({{1, 2}, {3}}), ShapeError);
  EXPECT_THROW(tensor({{1, 2}, 3}), ShapeError);
  EXPECT_THROW(tensor({1, {2, 3}}), ShapeError);
}

TEST(Tensors, AreMadeFromValues) {
  const std::vector<float> values{1, 2, 3, 4};
  const Tensor x = from_vector(values, {2, 2});
  EXPECT_EQ(numbers(x), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(from_vector(values).shape(), (Shape{4}));
  EXPECT_EQ(from_vector(std::vector<Half>{Half(1.5f)}).dtype(), float16);
  EXPECT_THROW(from_vector(values, {3}), ShapeError);
  EXPECT_THROW(from_vector(values, {-4}), ShapeError);
  EXPECT_THROW(from_vector(values, {-2, -2}), ShapeError);
}

TEST(Tensors, AreMadeFromRanges) {
  const std::array<double, 3> reals{1, 2.5, 3};
  EXPECT_EQ(tensor(reals).dtype(), float64);
  EXPECT_EQ(numbers(tensor(reals)), (Numbers{1, 2.5, 3}));
  EXPECT_EQ(tensor(std::span(reals).first(2), {.dtype = int32}).shape(), (Shape{2}));
  EXPECT_EQ(numbers(tensor(std::vector<int>{4, 5})), (Numbers{4, 5}));
  EXPECT_EQ(tensor(std::vector<std::uint8_t>{}).dtype(), uint8);
}

TEST(Tensors, AreMadeOverMemoryOfTheCaller) {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  int calls = 0;
  {
    Tensor x = from_blob(values.data(), {2, 3}, {}, [&](void* data) {
      ++calls;
      EXPECT_EQ(data, values.data());
    });
    EXPECT_EQ(x.span<float>().data(), values.data());
    const Tensor column = x.select(1, 2);
    x.mul_(2);
    x = Tensor();
    EXPECT_EQ(calls, 0);
    EXPECT_EQ(numbers(column), (Numbers{6, 12}));
  }
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(values, (std::vector<float>{2, 4, 6, 8, 10, 12}));
}

TEST(Tensors, AreMadeOverMemoryOfAnyDType) {
  alignas(8) char bytes[16] = {};
  EXPECT_EQ(from_blob(static_cast<void*>(bytes), {2}, {.dtype = int64}).dtype(), int64);
  EXPECT_EQ(from_blob(static_cast<void*>(bytes), {4}).dtype(), float32);
  EXPECT_THROW(from_blob(static_cast<void*>(bytes + 1), {1}), ArgumentError);
  EXPECT_THROW(from_blob(static_cast<void*>(nullptr), {1}), ArgumentError);
  EXPECT_EQ(from_blob(static_cast<float*>(nullptr), {0, 2}).numel(), 0);
  EXPECT_THROW(from_blob(static_cast<void*>(bytes), {-1}), ShapeError);
  float value = 3;
  EXPECT_THROW(from_blob(&value, {}, {.dtype = float64}), DTypeError);
  const Tensor w = from_blob(&value, {}, {.requires_grad = true});
  (w * w).backward();
  EXPECT_EQ(w.grad().item<float>(), 6);
}

TEST(Tensors, AreCounted) {
  EXPECT_EQ(numbers(arange(4)), (Numbers{0, 1, 2, 3}));
  EXPECT_EQ(arange(4).dtype(), int64);
  EXPECT_EQ(numbers(arange(1, 2, 0.25)), (Numbers{1, 1.25, 1.5, 1.75}));
  EXPECT_EQ(arange(1.).dtype(), float32);
  EXPECT_EQ(numbers(arange(5, 0, -2)), (Numbers{5, 3, 1}));
  EXPECT_EQ(arange(0).numel(), 0);
  EXPECT_EQ(numbers(arange(0, 3, 1, {.dtype = float64})), (Numbers{0, 1, 2}));
}

TEST(Tensors, AreMadeLikeOthers) {
  const Tensor x = zeros({2, 3}, {.dtype = float64});
  for (const Tensor& y :
       {empty_like(x), zeros_like(x), ones_like(x), full_like(x, 3), rand_like(x), randn_like(x)}) {
    EXPECT_EQ(y.shape(), x.shape());
    EXPECT_EQ(y.dtype(), float64);
    EXPECT_FALSE(y.requires_grad());
  }
  EXPECT_TRUE(zeros_like(x.t()).is_contiguous());
}

TEST(Tensors, KnowTheirShape) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(x.dim(), 3);
  EXPECT_EQ(x.size(-1), 4);
  EXPECT_EQ(x.strides(), (Strides{12, 4, 1}));
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_FALSE(x.transpose(0, 1).is_contiguous());
  EXPECT_EQ(x.device(), Device("cpu"));
  EXPECT_THROW(x.size(3), IndexError);
  EXPECT_THROW(x.size(-4), IndexError);
}

TEST(Tensors, GiveItems) {
  EXPECT_EQ(tensor(2.5).item<double>(), 2.5);
  EXPECT_EQ(tensor(2.5).item<int>(), 2);
  EXPECT_TRUE(tensor({true}).item<bool>());
  EXPECT_EQ(full({1, 1}, 1e10, {.dtype = int64}).item<std::int64_t>(), 10'000'000'000);
  EXPECT_EQ(full({}, INT64_MAX, {.dtype = int64}).item<std::int64_t>(), INT64_MAX);
  EXPECT_THROW(full({}, 5'000'000'000, {.dtype = int64}).item<int>(), ArgumentError);
  EXPECT_THROW(tensor({-1}).item<std::uint64_t>(), ArgumentError);
  EXPECT_THROW(tensor(1e30).item<std::int32_t>(), ArgumentError);
  EXPECT_EQ(tensor({255}).item<std::uint8_t>(), 255);
  EXPECT_THROW(zeros({2}).item<float>(), ShapeError);
  EXPECT_THROW(zeros({0}).item<float>(), ShapeError);
}

TEST(Tensors, GiveSpans) {
  const Tensor x = tensor({{1., 2.}, {3., 4.}});
  EXPECT_EQ(x.span<float>()[3], 4);
  EXPECT_EQ(x[1].span<float>()[0], 3);
  EXPECT_THROW(x.span<double>(), DTypeError);
  EXPECT_THROW(x.t().span<float>(), ShapeError);
  EXPECT_THROW(Tensor().span<float>(), Error);
}

TEST(Tensors, GiveVectorsOfBool) {
  EXPECT_EQ(tensor({0., 2., NAN}).to_vector<bool>(), (std::vector<bool>{false, true, true}));
}

TEST(Tensors, FillWithWhatFits) {
  EXPECT_EQ(full({1}, 1e10, {.dtype = int32}).item<std::int64_t>(), INT32_MAX);
  EXPECT_EQ(zeros({1}, {.dtype = uint8}).fill_(-3.5).item<int>(), 0);
  EXPECT_EQ(zeros({1}, {.dtype = int32}).fill_(NAN).item<int>(), 0);
}

TEST(Tensors, CountIntegersExactly) {
  const std::int64_t big = std::int64_t(1) << 53;
  EXPECT_EQ(arange(big, big + 3).numel(), 3);
  EXPECT_EQ(arange(INT64_MAX - 3, INT64_MAX).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{INT64_MAX - 3, INT64_MAX - 2, INT64_MAX - 1}));
  EXPECT_EQ(arange(5, 0, -2).to_vector<int>(), (std::vector<int>{5, 3, 1}));
  EXPECT_EQ(arange(3, 3).numel(), 0);
}

TEST(Tensors, DrawOnlyWhatFits) {
  EXPECT_THROW(randint(0, 1000, {2}, {.dtype = uint8}), ArgumentError);
  EXPECT_THROW(randint(-1, 2, {2}, {.dtype = uint8}), ArgumentError);
  EXPECT_EQ(randint(0, 256, {2}, {.dtype = uint8}).dtype(), uint8);
}

TEST(Tensors, Convert) {
  const Tensor x = tensor({-1.9, 0., 2.9, 300., -1e30, 1e30, NAN, INFINITY});
  EXPECT_EQ(x.to(int32).to_vector<int>(),
            (std::vector<int>{-1, 0, 2, 300, INT32_MIN, INT32_MAX, 0, INT32_MAX}));
  EXPECT_EQ(x.to(int64).to_vector<std::int64_t>()[4], INT64_MIN);
  EXPECT_EQ(x.to(uint8).to_vector<int>(), (std::vector<int>{0, 0, 2, 255, 0, 255, 0, 255}));
  EXPECT_EQ(x.to(boolean).to_vector<int>(), (std::vector<int>{1, 0, 1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(tensor({256, -1, 257}).to(uint8).to_vector<int>(),
            (std::vector<int>{0, 255, 1}));  // integers wrap
  EXPECT_EQ(tensor({std::int64_t(1) << 32, -1}).to(int32).to_vector<int>(),
            (std::vector<int>{0, -1}));
  EXPECT_EQ(tensor({true, false}).to(float64).to_vector<double>(), (Numbers{1, 0}));
}

TEST(Tensors, CloneIsAnotherMemory) {
  Tensor x = tensor({1, 2});
  const Tensor same = x, other = x.clone();
  x.add_(1);
  EXPECT_EQ(numbers(same), (Numbers{2, 3}));
  EXPECT_EQ(numbers(other), (Numbers{1, 2}));
}

TEST(Tensors, ContiguousIsItselfWhereItCan) {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  EXPECT_EQ(x.contiguous().span<std::int64_t>().data(), x.span<std::int64_t>().data());
  EXPECT_EQ(numbers(x.t().contiguous()), (Numbers{1, 3, 2, 4}));
}

TEST(Tensors, UndefinedOnesSaySo) {
  const Tensor none;
  EXPECT_FALSE(none.defined());
  EXPECT_THROW(none.shape(), ArgumentError);
  EXPECT_THROW(none.sum(), ArgumentError);
  EXPECT_THROW(none.requires_grad(), ArgumentError);
  EXPECT_THROW(none.detach(), ArgumentError);
  EXPECT_THROW(none.backward(), ArgumentError);
  EXPECT_THROW(none.to_vector<float>(), ArgumentError);
  EXPECT_THROW(none + none, ArgumentError);
  EXPECT_THROW(ones({2}) + none, ArgumentError);
  EXPECT_THROW(none[0], ArgumentError);
}

TEST(Tensors, MemoryIsCounted) {
  const auto before = memory_stats();
  {
    const Tensor x = zeros({1000}), view = x.slice(0, 10), copy = x.clone();
    EXPECT_EQ(memory_stats().live_blocks, before.live_blocks + 2);
    EXPECT_GE(memory_stats().in_use, before.in_use + 8000);
  }
  EXPECT_EQ(memory_stats().live_blocks, before.live_blocks);
  EXPECT_EQ(memory_stats().in_use, before.in_use);
}

TEST(Axes, AreNotBools) { EXPECT_EQ(ones({2, 3}).sum({}, keepdim).shape(), (Shape{1, 1})); }

TEST(Shapes, SayWhatTheyAre) {
  EXPECT_EQ(to_string(Shape{}), "[]");
  EXPECT_EQ(to_string(Shape{2, 0, 3}), "[2, 0, 3]");
  EXPECT_EQ((Shape{2, 0, INT64_MAX}).count(), 0);
  EXPECT_THROW((Shape{INT64_MAX, 2}).count(), ShapeError);
  EXPECT_TRUE(broadcasts_to({3, 1}, {2, 3, 4}));
  EXPECT_FALSE(broadcasts_to({3, 2}, {2, 3, 4}));
}

}  // namespace
}  // namespace tinygrad
