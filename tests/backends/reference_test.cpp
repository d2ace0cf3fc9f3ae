// SPDX-License-Identifier: MIT
// Compares the reference backend of examples/backend with values computed by hand. The op table
// compares it with everything else.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "reference.h"
#include "tinygrad/error.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity(),
                 nan = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::vector<double>;
using Integers = std::vector<std::int64_t>;

Backend& device() {
  static Backend& backend = reference::register_reference_backend();
  return backend;
}

/// A dense tensor without values. Blocks live as long as the process: these tests are about values.
View empty(DType dtype, const Shape& shape) {
  return {device().allocate(std::size_t(shape.count()) * size_of(dtype)), dtype, shape,
          dense_strides(shape)};
}

template <class T = double>
View tensor(DType dtype, const Shape& shape, const std::vector<T>& values) {
  const View x = empty(dtype, shape);
  visit(dtype, [&](auto zero) {
    using E = decltype(zero);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const E e = E(values[i]);
      device().upload(&e, x.memory(), i * sizeof e, sizeof e);
    }
  });
  return x;
}

/// The values of a view in row-major order, by a loop of its own.
template <class T = double> std::vector<T> values(const View& x) {
  std::vector<T> all;
  for (std::int64_t n = 0; n < x.count(); ++n) {
    std::int64_t at = x.offset(), rest = n;
    for (int d = x.rank() - 1; d >= 0; --d) at += rest % x.size(d) * x.stride(d), rest /= x.size(d);
    visit(x.dtype(), [&](auto e) {
      device().download(x.memory(), std::size_t(at) * sizeof e, &e, sizeof e);
      all.push_back(T(e));
    });
  }
  return all;
}

/// Expects equal values; NaN equals NaN.
void expect_values(const Numbers& found, const Numbers& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(found[i])) << "at " << i << ": " << found[i];
    else EXPECT_EQ(found[i], expected[i]) << "at " << i;
}

Numbers unary(Unary op, DType dtype, const Numbers& x, Params params = {}) {
  const View in = tensor(dtype, {std::int64_t(x.size())}, x), out = empty(dtype, in.shape());
  device().unary(op, params, in, out);
  return values(out);
}

Numbers binary(Binary op, const Operand& a, const Operand& b, DType result) {
  const View out = empty(result, (a.is_scalar() ? b : a).view.shape());
  device().binary(op, {}, a, b, out);
  return values(out);
}

template <class T = double> std::vector<T> copied(const View& x, DType dtype) {
  const View out = empty(dtype, x.shape());
  device().copy(x, out);
  return values<T>(out);
}

std::string message(auto call) {
  try {
    call();
  } catch (const Error& e) { return e.what(); }
  return "nothing was thrown";
}

// ------------------------------------------------------------ memory

TEST(ReferenceMemory, NobodyElseReadsIt) {
  EXPECT_FALSE(device().is_host());
  const View x = tensor(float32, {4}, {1, 2, 3, 4});
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  for (std::int64_t i = 0; i < 4; ++i) {  // the kernel looks first, so that nothing crashes here
    EXPECT_EQ(syscall(SYS_write, ends[1], x.data<float>() + i, sizeof(float)), -1);
    EXPECT_EQ(errno, EFAULT);
  }
  close(ends[0]), close(ends[1]);
}

TEST(ReferenceMemory, CountsItsBlocks) {
  const MemoryStats before = device().stats();
  const Memory a = device().allocate(100), b = device().allocate(0), c = device().allocate(28);
  EXPECT_NE(b.handle, nullptr);
  EXPECT_EQ(device().stats().in_use, before.in_use + 128);
  EXPECT_EQ(device().stats().live_blocks, before.live_blocks + 3);
  for (Memory m : {a, b, c}) device().release(m);
  EXPECT_EQ(device().stats().in_use, before.in_use);
  EXPECT_EQ(device().stats().reserved, before.in_use);
  EXPECT_EQ(device().stats().live_blocks, before.live_blocks);
  EXPECT_GE(device().stats().peak, before.in_use + 128);
}

TEST(ReferenceMemory, RefusesWhatIsNotThere) {
  const Memory small = device().allocate(8), gone = device().allocate(8);
  char bytes[16] = {};
  device().upload(bytes, small, 0, 8);
  device().upload(nullptr, small, 8, 0);
  EXPECT_THROW(device().upload(bytes, small, 1, 8), DeviceError);
  EXPECT_THROW(device().download(small, 9, bytes, 0), DeviceError);
  EXPECT_THROW(device().download(small, SIZE_MAX, bytes, 2), DeviceError);
  device().release(gone);
  device().release(gone);
  EXPECT_THROW(device().download(gone, 0, bytes, 1), DeviceError);
  EXPECT_THROW(device().allocate(SIZE_MAX), DeviceError);
  EXPECT_EQ(message([&] { device().upload(bytes, small, 1, 8); }),
            "memory: 8 bytes from 1 on are not inside a block of reference that holds 8");
  device().release(small);
}

TEST(ReferenceMemory, WhatWasNeverWrittenIsNotANumber) {
  expect_values(values(empty(float32, {2})), {nan, nan});
}

TEST(ReferenceMemory, ThreadsShareIt) {
  const MemoryStats before = device().stats();
  const auto work = [] {
    for (int i = 0; i < 200; ++i) {
      const View x(device().allocate(12), int32, {3}, {1});
      device().fill(x, i);
      expect_values(values(x), Numbers(3, i));
      device().release(x.memory());
    }
  };
  std::thread one(work), two(work);
  one.join(), two.join();
  EXPECT_EQ(device().stats().live_blocks, before.live_blocks);
  EXPECT_EQ(device().stats().in_use, before.in_use);
}

// ------------------------------------------------------------ fill and copy

TEST(ReferenceCopy, RealsBecomeIntegersBySaturation) {
  const View x = tensor(float64, {8}, {nan, inf, -inf, 2.9, -2.9, 1e10, 255.5, -0.5});
  EXPECT_EQ(copied<std::int64_t>(x, int32),
            (Integers{0, INT32_MAX, INT32_MIN, 2, -2, INT32_MAX, 255, 0}));
  EXPECT_EQ(copied<std::int64_t>(x, int64),
            (Integers{0, INT64_MAX, INT64_MIN, 2, -2, 10'000'000'000, 255, 0}));
  EXPECT_EQ(copied<std::int64_t>(x, uint8), (Integers{0, 255, 0, 2, 0, 255, 255, 0}));
  EXPECT_EQ(copied<std::int64_t>(x, boolean), (Integers{1, 1, 1, 1, 1, 1, 1, 1}));
}

TEST(ReferenceCopy, IntegersWrap) {
  const View x = tensor<std::int64_t>(int64, {4}, {-1, 256, 1LL << 32, 0});
  EXPECT_EQ(copied<std::int64_t>(x, uint8), (Integers{255, 0, 0, 0}));
  EXPECT_EQ(copied<std::int64_t>(x, int32), (Integers{-1, 256, 0, 0}));
  EXPECT_EQ(copied<std::int64_t>(x, boolean), (Integers{1, 1, 1, 0}));
}

TEST(ReferenceCopy, RoundsOnce) {
  const std::int64_t above_half =
      (1LL << 54) + (1LL << 30) + 1;  // through double it would become a tie, and fall
  expect_values(copied(tensor<std::int64_t>(int64, {1}, {above_half}), float32), {0x1p54 + 0x1p31});
  expect_values(copied(tensor(float64, {4}, {1 + 0x1p-11, 1 + 0x3p-11, 65520, 1e-8}), float16),
                {1, 1 + 0x1p-9, inf, 0});
  expect_values(copied(tensor(float64, {2}, {1 + 0x1p-8, 1 + 0x3p-8}), bfloat16), {1, 1 + 0x1p-6});
}

TEST(ReferenceCopy, AnyStrides) {
  const View x = tensor(int32, {2, 3}, {1, 2, 3, 4, 5, 6});
  const View mirrored = x.reshaped({2, 3}, {3, -1}, 2), transposed = x.reshaped({3, 2}, {1, 3}, 0),
             row = x.select(0, 1);
  expect_values(copied(mirrored, float32), {3, 2, 1, 6, 5, 4});
  expect_values(copied(transposed, int64), {1, 4, 2, 5, 3, 6});
  expect_values(copied(row.broadcast_to({2, 3}), int32), {4, 5, 6, 4, 5, 6});
  expect_values(copied(row.select(0, 2), float64), {6});
  const View out = tensor(int32, {2, 3}, {0, 0, 0, 0, 0, 0});
  device().copy(transposed, out.reshaped({3, 2}, {-1, 3}, 2));
  expect_values(values(out), {3, 2, 1, 6, 5, 4});
}

TEST(ReferenceCopy, EmptyHoweverLarge) {
  const std::int64_t many = std::int64_t(1) << 40;
  const View x(device().allocate(0), float32, {many, 0}, {0, 1});
  device().copy(x, x);
  device().fill(x, 1);
  device().unary(Unary::exp, {}, x, x);
}

TEST(ReferenceFill, ConvertsTheNumber) {
  const auto filled = [](DType dtype, Scalar s) {
    const View x = empty(dtype, {});
    device().fill(x, s);
    return values(x)[0];
  };
  EXPECT_EQ(filled(boolean, 0.5), 1);
  EXPECT_EQ(filled(boolean, 0), 0);
  EXPECT_EQ(filled(int32, nan), 0);
  EXPECT_EQ(filled(uint8, -1), 255);
  EXPECT_EQ(filled(uint8, -1.0), 0);
  EXPECT_EQ(filled(float32, 0.1), 0.1f);
  EXPECT_EQ(filled(float64, true), 1);
}

// ------------------------------------------------------------ elementwise

TEST(ReferenceUnary, FollowsTheLines) {
  expect_values(unary(Unary::round, float32, {0.5, 1.5, 2.5, -0.5, nan}), {0, 2, 2, -0., nan});
  expect_values(unary(Unary::sign, float32, {-3, 0, 7, nan}), {-1, 0, 1, nan});
  expect_values(unary(Unary::relu, float64, {-1, 2, nan, -inf}), {0, 2, nan, 0});
  expect_values(unary(Unary::clamp, float32, {-5, 0.5, 5, nan}, {-1, 1}), {-1, 0.5, 1, nan});
  expect_values(unary(Unary::exp, float64, {0, 1, -inf}), {1, std::exp(1.), 0});
  expect_values(unary(Unary::exp, float32, {1}), {float(std::exp(1.))});
  expect_values(unary(Unary::sigmoid, float64, {0, inf, -inf}), {0.5, 1, 0});
  expect_values(unary(Unary::leaky_relu, float64, {-2, 3}, {0.5, 0}), {-1, 3});
  expect_values(unary(Unary::softplus, float64, {0, 30}, {1, 20}), {std::log(2.), 30});
  expect_values(unary(Unary::mish, float64, {0, 2}), {0, 2 * std::tanh(std::log1p(std::exp(2.)))});
  expect_values(unary(Unary::log, float16, {0, -1, 1}), {-inf, nan, 0});
}

TEST(ReferenceUnary, IntegersWrapAndAreNotRounded) {
  const View x = tensor<std::int64_t>(int64, {3}, {INT64_MIN, -7, (1LL << 53) + 1}),
             out = empty(int64, {3});
  device().unary(Unary::abs, {}, x, out);
  EXPECT_EQ(values<std::int64_t>(out), (Integers{INT64_MIN, 7, (1LL << 53) + 1}));
  device().unary(Unary::floor, {}, x, out);
  EXPECT_EQ(values<std::int64_t>(out), (Integers{INT64_MIN, -7, (1LL << 53) + 1}));
  expect_values(unary(Unary::neg, uint8, {1, 0, 255}), {255, 0, 1});
  expect_values(unary(Unary::square, int32, {65536, -3}), {0, 9});
  expect_values(unary(Unary::sign, int32, {-9, 0, 9}), {-1, 0, 1});
}

TEST(ReferenceBinary, FollowsTheLines) {
  const View a = tensor(float32, {4}, {1, nan, -inf, 3}), b = tensor(float32, {4}, {2, 1, nan, 3});
  expect_values(binary(Binary::add, a, b, float32), {3, nan, nan, 6});
  expect_values(binary(Binary::maximum, a, b, float32), {2, nan, nan, 3});
  expect_values(binary(Binary::minimum, a, b, float32), {1, nan, nan, 3});
  expect_values(binary(Binary::sub, Scalar(1), b, float32), {-1, 0, nan, -2});
  expect_values(binary(Binary::div, a, Scalar(0), float32), {inf, nan, -inf, inf});
  expect_values(binary(Binary::less, a, b, boolean), {1, 0, 0, 0});
  expect_values(binary(Binary::not_equal, a, b, boolean), {1, 1, 1, 0});
  expect_values(binary(Binary::eq, tensor(float32, {2}, {0.1, 0.2}), Scalar(0.1), boolean), {1, 0});
}

TEST(ReferenceBinary, IntegersAndBools) {
  const View big = tensor<std::int64_t>(int64, {2}, {INT64_MAX, INT64_MIN}),
             out = empty(int64, {2});
  device().binary(Binary::add, {}, big, Scalar(1), out);
  EXPECT_EQ(values<std::int64_t>(out), (Integers{INT64_MIN, INT64_MIN + 1}));
  device().binary(Binary::mul, {}, big, Scalar(-1), out);
  EXPECT_EQ(values<std::int64_t>(out), (Integers{INT64_MIN + 1, INT64_MIN}));
  const View base = tensor(int32, {7}, {2, 3, -2, 1, -1, 0, 5}),
             power = tensor(int32, {7}, {10, 0, 3, -4, -3, -1, -1});
  expect_values(binary(Binary::pow, base, power, int32), {1024, 1, -8, 1, -1, 0, 0});
  expect_values(binary(Binary::add, tensor(boolean, {3}, {0, 1, 1}),
                       tensor(boolean, {3}, {0, 0, 1}), boolean),
                {0, 1, 1});
}

TEST(ReferenceBinary, WritesOverItsInput) {
  const View x = tensor(float32, {2, 2}, {1, 2, 3, 4}).reshaped({2, 2}, {1, 2}, 0);
  device().binary(Binary::mul, {}, x, x, x);
  expect_values(values(x), {1, 9, 4, 16});
}

TEST(ReferenceWhere, AnyByteButZeroIsTrue) {
  const View bytes = tensor(uint8, {4}, {0, 1, 2, 255}),
             condition(bytes.memory(), boolean, {4}, {1});
  const View a = tensor(float16, {4}, {1, 2, 3, 4}), out = empty(float16, {4});
  device().ternary(Ternary::where, {}, condition, a, Scalar(-1), out);
  expect_values(values(out), {-1, 2, 3, 4});
}

// ------------------------------------------------------------ reductions and products

Numbers reduced(Reduce op, const View& x, const Shape& shape, DType result) {
  const View out = empty(result, shape);
  device().reduce(op, x, out);
  return values(out);
}

TEST(ReferenceReduce, AnyDimensions) {
  const View x = tensor(float32, {2, 3}, {1, 2, 3, 4, 5, 6}),
             transposed = x.reshaped({3, 2}, {1, 3}, 0);
  expect_values(reduced(Reduce::sum, x, {2, 1}, float32), {6, 15});
  expect_values(reduced(Reduce::sum, x, {1, 3}, float32), {5, 7, 9});
  expect_values(reduced(Reduce::prod, x, {1, 1}, float32), {720});
  expect_values(reduced(Reduce::max, transposed, {3, 1}, float32), {4, 5, 6});
  expect_values(reduced(Reduce::min, x.reshaped({}, {}, 4), {}, float32), {5});
}

TEST(ReferenceReduce, NothingAndNaN) {
  const View none = empty(float32, {2, 0});
  expect_values(reduced(Reduce::sum, none, {2, 1}, float32), {0, 0});
  expect_values(reduced(Reduce::prod, none, {2, 1}, float32), {1, 1});
  expect_values(reduced(Reduce::max, none, {1, 0}, float32), {});
  const View x = tensor(float64, {2, 3}, {1, nan, 3, -inf, -inf, -inf});
  expect_values(reduced(Reduce::max, x, {2, 1}, float64), {nan, -inf});
  expect_values(reduced(Reduce::min, x, {2, 1}, float64), {nan, -inf});
}

TEST(ReferenceReduce, SumsOfIntegersAreInt64) {
  expect_values(reduced(Reduce::sum, tensor(int32, {2}, {INT32_MAX, 1}), {1}, int64),
                {2147483648.});
  expect_values(reduced(Reduce::sum, tensor(boolean, {3}, {1, 1, 0}), {1}, int64), {2});
  expect_values(reduced(Reduce::sum, tensor(float32, {3}, {1e8, 1, -1e8}), {1}, float32), {1});
}

TEST(ReferenceArgReduce, FirstOfEqualsAndFirstNaN) {
  const View x = tensor(float32, {3, 4}, {1, 5, 5, 0, nan, 9, nan, 1, -inf, -inf, -inf, -inf}),
             out = empty(int64, {3, 1});
  device().arg_reduce(ArgReduce::max, x, 1, out);
  expect_values(values(out), {1, 0, 0});
  device().arg_reduce(ArgReduce::min, x, 1, out);
  expect_values(values(out), {3, 0, 0});
  const View columns = empty(int64, {1, 4});
  device().arg_reduce(ArgReduce::max, tensor(int32, {2, 4}, {1, 5, 2, 3, 4, 5, 6, -1}), 0, columns);
  expect_values(values(columns), {1, 0, 1, 0});
}

TEST(ReferenceMatmul, BatchesAndStrides) {
  const View a = tensor(float32, {2, 3}, {1, 2, 3, 4, 5, 6}), out = empty(float32, {2, 2});
  device().matmul(a, a.reshaped({3, 2}, {1, 3}, 0), out);
  expect_values(values(out), {14, 32, 32, 77});
  const View b = tensor(int64, {2, 2, 1}, {1, 2, 3, 4}), batches = empty(int64, {2, 1, 1});
  device().matmul(tensor(int64, {1, 2}, {10, 1}).broadcast_to({2, 1, 2}), b, batches);
  expect_values(values(batches), {12, 34});
  device().matmul(empty(float32, {2, 0}), empty(float32, {0, 2}), out);
  expect_values(values(out), {0, 0, 0, 0});
  device().matmul(empty(float32, {0, 3}), empty(float32, {3, 2}), empty(float32, {0, 2}));
}

// ------------------------------------------------------------ indices

TEST(ReferenceGather, AlongOneDimension) {
  const View x = tensor(float32, {2, 3}, {1, 2, 3, 4, 5, 6}), out = empty(float32, {2, 2});
  device().gather(x, 1, tensor(int64, {2, 2}, {2, 0, 1, 1}), out);
  expect_values(values(out), {3, 1, 5, 5});
  const View fewer = empty(
      float32, {3, 2});  // index is smaller than x along the other dimension, larger along this one
  device().gather(x, 0, tensor(int64, {3, 2}, {1, 0, 0, 0, 1, 1}), fewer);
  expect_values(values(fewer), {4, 2, 1, 2, 4, 5});
  device().gather(empty(float32, {0}), 0, empty(int64, {0}), empty(float32, {0}));
}

TEST(ReferenceScatter, TheLastOfRepeatedIndicesWins) {
  const View index = tensor(int64, {1, 4}, {2, 0, 2, 2}), x = tensor(float32, {1, 4}, {1, 2, 3, 4});
  const View set = tensor(float32, {1, 3}, {9, 9, 9}), add = tensor(float32, {1, 3}, {9, 9, 9});
  device().scatter(set, 1, index, x, Write::set);
  expect_values(values(set), {2, 9, 4});
  device().scatter(add, 1, index, x, Write::add);
  expect_values(values(add), {11, 9, 17});
}

TEST(ReferenceScatter, KeepsWhatIsNotNamed) {
  const View out = tensor(int64, {3, 2}, {1, 2, 3, 4, 5, 6});
  device().scatter(out.reshaped({2, 3}, {1, 2}, 0), 1, tensor(int64, {1, 1}, {2}),
                   tensor(int64, {1, 1}, {-1}), Write::set);
  expect_values(values(out), {1, 2, 3, 4, -1, 6});
}

TEST(ReferenceIndex, TheFirstBadOneIsReportedAndNothingIsWritten) {
  const View x = tensor(float32, {3}, {1, 2, 3}), out = tensor(float32, {4}, {7, 7, 7, 7});
  const View index = tensor<std::int64_t>(int64, {4}, {0, 3, -1, INT64_MAX});
  const std::string error = message([&] { device().gather(x, 0, index, out); });
  EXPECT_NE(error.find("index 3 at position 1 is not in [0, 3)"), std::string::npos) << error;
  expect_values(values(out), {7, 7, 7, 7});
  EXPECT_THROW(device().scatter(x, 0, index, out, Write::add), IndexError);
  expect_values(values(x), {1, 2, 3});
  EXPECT_THROW(device().gather(empty(float32, {0}), 0, index, out), IndexError);
}

// ------------------------------------------------------------ random numbers

TEST(ReferenceRandom, ElementIIsAFunctionOfSeedCallAndI) {
  const View x = empty(float32, {5}), wide = empty(float64, {5}), whole = empty(int64, {5});
  device().random(Distribution::uniform, {42, Scalar(7)}, 0, 1, x.reshaped({5}, {-1}, 4));
  device().random(Distribution::uniform, {42, tensor(int64, {1}, {7})}, 0, 1, wide);
  device().random(Distribution::integer, {42, Scalar(7)}, -3, 4, whole);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(values(x)[4 - i], philox_uniform(42, 7, i));
    EXPECT_EQ(values(wide)[i], philox_uniform64(42, 7, i));
    EXPECT_EQ(values(whole)[i], -3 + double(philox_integer(42, 7, i, 7)));
  }
}

TEST(ReferenceRandom, NormalNumbersComeInPairs) {
  const View z = empty(float64, {3});
  device().random(Distribution::normal, {1, Scalar(0)}, 10, 2, z);
  const auto u = [](int i) { return philox_uniform64(1, 0, i); };
  const auto found = values(z);
  const double radius = std::sqrt(-2 * std::log(1 - u(0)));
  EXPECT_NEAR((found[0] - 10) / 2, radius * std::cos(2 * M_PI * u(1)), 1e-14);
  EXPECT_NEAR(std::hypot(found[0] - 10, found[1] - 10), 2 * radius, 1e-14);
  EXPECT_NEAR((found[2] - 10) / 2, std::sqrt(-2 * std::log(1 - u(2))) * std::cos(2 * M_PI * u(3)),
              1e-14);
}

}  // namespace
}  // namespace tinygrad
