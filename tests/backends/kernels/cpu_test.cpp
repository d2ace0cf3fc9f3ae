// SPDX-License-Identifier: MIT
// Tests that the CPU's kernels, called through the Backend interface, equal scalar loops: strided
// views, every dtype, and the same bits for any number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "tinygrad/backend.h"
#include "tinygrad/error.h"
#include "tinygrad/random.h"

namespace tinygrad {
namespace {

Backend& cpu() { return backend(Device("cpu")); }

/// A block of the backend's memory with one element type, freed at the end.
template <class T> struct Block {
  Memory memory;
  std::int64_t size;
  explicit Block(std::int64_t n) : memory(cpu().allocate(std::size_t(n) * sizeof(T))), size(n) {
    std::memset(memory.handle, 0, memory.bytes);
  }
  explicit Block(const std::vector<T>& v) : Block(std::int64_t(v.size())) {
    std::copy(v.begin(), v.end(), data());
  }
  Block(const Block&) = delete;
  ~Block() { cpu().release(memory); }
  T* data() const { return static_cast<T*>(memory.handle); }
  T& operator[](std::int64_t i) const { return data()[i]; }
  View view(const Shape& shape, const Strides& strides, std::int64_t offset = 0) const {
    return {memory, dtype_of<T>(), shape, strides, offset};
  }
  View view(const Shape& shape) const { return view(shape, dense_strides(shape)); }
  View flat() const { return view({size}); }
};
template <class T> T sample(std::int64_t i) {
  if constexpr (std::is_same_v<T, bool>) return i % 3 == 0;
  else if constexpr (std::is_integral_v<T>)
    return T(i * 7919 % 201 - (std::is_signed_v<T> ? 100 : 0));
  else return T(float(i * 7919 % 2001 - 1000) * 0.01f);
}
template <class T> void fill_samples(const Block<T>& b) {
  for (std::int64_t i = 0; i < b.size; ++i) b[i] = sample<T>(i);
}
/// Calls f(position offset in a, in b) for each element of two views of one shape.
template <class F> void each(const View& a, const View& b, const F& f) {
  for (std::int64_t i = 0; i < a.count(); ++i) {
    std::int64_t rest = i, x = a.offset(), y = b.offset();
    for (int d = a.rank() - 1; d >= 0; --d)
      x += rest % a.size(d) * a.stride(d), y += rest % a.size(d) * b.stride(d), rest /= a.size(d);
    f(x, y);
  }
}
struct Case {
  Shape shape;
  Strides x, out;
  std::int64_t offset = 0;
};
const Case cases[] = {
    {{}, {}, {}},
    {{7}, {1}, {1}},
    {{1000}, {3}, {1}},
    {{1000}, {-1}, {2}, 999},
    {{0, 5}, {5, 1}, {5, 1}},
    {{70, 90}, {90, 1}, {90, 1}},
    {{70, 90}, {1, 70}, {90, 1}},  // transposed
    {{70, 90}, {90, 1}, {1, 70}},
    {{300, 401}, {0, 1}, {401, 1}},  // a row, repeated
    {{300, 401}, {1, 0}, {401, 1}},  // a column, repeated
    {{5, 40, 30, 6}, {7200, 1, 40, 1200}, {7200, 180, 6, 1}},
    {{2, 3, 2, 3, 2, 3, 2, 3}, {648, 216, 108, 36, 18, 6, 3, 1}, {1, 2, 6, 12, 36, 72, 216, 432}},
    {{100003}, {1}, {1}},
};
constexpr std::int64_t room = 400000;

template <class T> class CpuKernels : public testing::Test {};
using Types =
    testing::Types<float, double, Half, BFloat16, std::int32_t, std::int64_t, std::uint8_t, bool>;
TYPED_TEST_SUITE(CpuKernels, Types);

TYPED_TEST(CpuKernels, CopyMovesEveryElement) {
  using T = TypeParam;
  Block<T> x(room), out(room);
  fill_samples(x);
  for (const Case& c : cases) {
    const View from = x.view(c.shape, c.x, c.offset), to = out.view(c.shape, c.out);
    cpu().copy(from, to);
    each(from, to, [&](auto i, auto j) {
      ASSERT_EQ(std::memcmp(&x[i], &out[j], sizeof(T)), 0) << to_string(c.shape);
    });
  }
}

TYPED_TEST(CpuKernels, UnaryAndBinaryOnAnyStrides) {
  using T = TypeParam;
  Block<T> x(room), out(room);
  fill_samples(x);
  for (const Case& c : cases) {
    const View from = x.view(c.shape, c.x, c.offset), to = out.view(c.shape, c.out);
    cpu().unary(Unary::square, {}, from, to);
    each(from, to,
         [&](auto i, auto j) { ASSERT_EQ(out[j], T(x[i] * x[i])) << to_string(c.shape); });
    cpu().binary(Binary::add, {}, from, Scalar(1), to);
    each(from, to,
         [&](auto i, auto j) { ASSERT_EQ(out[j], T(x[i] + T(1))) << to_string(c.shape); });
    cpu().binary(Binary::maximum, {}, from, from, to);
    each(from, to, [&](auto i, auto j) { ASSERT_EQ(out[j], x[i]) << to_string(c.shape); });
  }
}

TYPED_TEST(CpuKernels, ComparisonsAndWhere) {
  using T = TypeParam;
  Block<T> x(room), out(room);
  Block<bool> flags(room);
  fill_samples(x);
  for (const Case& c : cases) {
    const View from = x.view(c.shape, c.x, c.offset), flag = flags.view(c.shape, c.out),
               to = out.view(c.shape, c.out);
    cpu().binary(Binary::less, {}, from, Scalar(1), flag);
    each(from, flag,
         [&](auto i, auto j) { ASSERT_EQ(flags[j], x[i] < T(1)) << to_string(c.shape); });
    cpu().ternary(Ternary::where, {}, flag, from, Scalar(0), to);
    each(from, to, [&](auto i, auto j) {
      ASSERT_EQ(out[j], x[i] < T(1) ? x[i] : T(0)) << to_string(c.shape);
    });
  }
}

TYPED_TEST(CpuKernels, ConversionsSaturateWrapAndRound) {
  using T = TypeParam;
  const std::vector<double> reals = {0,     1.5,  -1.5,     300,       -300, 1e10,
                                     -1e20, 1e20, INFINITY, -INFINITY, NAN};
  Block<double> x(reals);
  Block<T> out(x.size);
  cpu().copy(x.flat(), out.flat());
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const double r = reals[i];
    if constexpr (std::is_same_v<T, bool>) EXPECT_EQ(out[i], r != 0);
    else if constexpr (std::is_integral_v<T>) {
      const double low = double(std::numeric_limits<T>::min()),
                   high = double(std::numeric_limits<T>::max());
      const T expected = r != r      ? T(0)
                         : r >= high ? std::numeric_limits<T>::max()
                         : r <= low  ? std::numeric_limits<T>::min()
                                     : T(r);
      EXPECT_EQ(out[i], expected) << r;
    } else if (r != r) EXPECT_TRUE(std::isnan(double(out[i])));
    else if constexpr (std::is_same_v<T, double>) EXPECT_EQ(out[i], r);
    else EXPECT_EQ(double(out[i]), double(T(float(r)))) << r;
  }
}

TYPED_TEST(CpuKernels, FillAndReduce) {
  using T = TypeParam;
  Block<T> x(room);
  cpu().fill(x.view({300, 401}, {1, 300}), Scalar(1));
  Block<T> out(401);
  cpu().reduce(Reduce::max, x.view({300, 401}), out.view({1, 401}));
  for (int j = 0; j < 401; ++j) ASSERT_EQ(out[j], T(1));
  fill_samples(x);
  cpu().reduce(Reduce::min, x.view({300, 401}, {1, 300}), out.view({300, 1}));
  for (int i = 0; i < 300; ++i) {
    T least = x[i];
    for (int j = 0; j < 401; ++j) least = x[i + 300 * j] < least ? x[i + 300 * j] : least;
    ASSERT_EQ(out[i], least);
  }
}

TEST(CpuReduce, SumsOverAnyDimensions) {
  Block<float> x(5 * 40 * 30 * 60), out(room);
  fill_samples(x);
  const Shape shape = {5, 40, 30, 60};
  for (const Strides& strides :
       {Strides{72000, 1800, 60, 1}, Strides{1, 5, 200, 6000}, Strides{1800, 9000, 1, 30}})
    for (int mask = 0; mask < 16; ++mask) {
      Shape kept = shape;
      for (int d = 0; d < 4; ++d)
        if (mask >> d & 1) kept[d] = 1;
      const View from = x.view(shape, strides), to = out.view(kept);
      std::vector<double> expected(std::size_t(to.count()));
      each(from, to.broadcast_to(shape),
           [&](auto i, auto j) { expected[std::size_t(j)] += double(x[i]); });
      cpu().reduce(Reduce::sum, from, to);
      for (std::int64_t i = 0; i < to.count(); ++i) {
        const double sum = expected[std::size_t(i)];
        ASSERT_NEAR(out[i], sum, 2e-2 + 1e-6 * std::abs(sum)) << mask;
      }
    }
}

TEST(CpuReduce, EmptySumIsZeroAndProductOne) {
  Block<float> x(1), out(3);
  cpu().reduce(Reduce::sum, x.view({3, 0}), out.view({3, 1}));
  EXPECT_EQ(out[2], 0);
  cpu().reduce(Reduce::prod, x.view({3, 0}), out.view({3, 1}));
  EXPECT_EQ(out[2], 1);
}

TEST(CpuReduce, NanWinsInMaxAndInArgReduce) {
  std::vector<float> values(2000, 1);
  values[700] = NAN, values[900] = NAN, values[100] = 5;
  Block<float> x(values), out(1);
  Block<std::int64_t> index(1);
  cpu().reduce(Reduce::max, x.flat(), out.flat());
  EXPECT_TRUE(std::isnan(out[0]));
  cpu().arg_reduce(ArgReduce::max, x.flat(), 0, index.flat());
  EXPECT_EQ(index[0], 700);
  cpu().arg_reduce(ArgReduce::min, x.view({600}), 0, index.flat());
  EXPECT_EQ(index[0], 0);
  cpu().arg_reduce(ArgReduce::max, x.view({600}), 0, index.flat());
  EXPECT_EQ(index[0], 100);
}

TEST(CpuReduce, LargeFloatSumIsAccurate) {
  Block<float> x(1 << 22), out(1);
  cpu().fill(x.flat(), Scalar(0.1));
  cpu().reduce(Reduce::sum, x.flat(), out.flat());
  EXPECT_NEAR(out[0], double(0.1f) * (1 << 22), 0.07);  // two units in the last place
}

TEST(CpuIndex, GatherAndScatterAlongEachDimension) {
  Block<float> x(6 * 7 * 8), out(5 * 6 * 7), back(6 * 7 * 8);
  Block<std::int64_t> index(5 * 6 * 7);
  fill_samples(x);
  const Shape shape = {5, 6, 7}, size = {6, 7, 8};
  for (int dim = 0; dim < 3; ++dim) {
    for (std::int64_t i = 0; i < index.size; ++i) index[i] = i * 31 % size[dim];
    const View from = x.view(size, {1, 6, 42});
    cpu().gather(from, dim, index.view(shape), out.view(shape));
    std::vector<float> expected(336);
    for (std::int64_t i = 0; i < index.size; ++i) {
      std::int64_t at[3] = {i / 42, i / 7 % 6, i % 7};
      at[dim] = index[i];
      ASSERT_EQ(out[i], x[at[0] + 6 * at[1] + 42 * at[2]]);
      expected[std::size_t(at[0] + 6 * at[1] + 42 * at[2])] += out[i];
    }
    cpu().fill(back.flat(), Scalar(0));
    cpu().scatter(back.view(size, {1, 6, 42}), dim, index.view(shape), out.view(shape), Write::add);
    for (std::int64_t i = 0; i < 336; ++i) ASSERT_EQ(back[i], expected[std::size_t(i)]);
  }
}

TEST(CpuIndex, ScatterSetTakesTheLastSource) {
  Block<std::int32_t> out(4), x(std::vector<std::int32_t>{1, 2, 3, 4, 5});
  Block<std::int64_t> index(std::vector<std::int64_t>{2, 0, 2, 0, 2});
  cpu().scatter(out.flat(), 0, index.flat(), x.flat(), Write::set);
  EXPECT_EQ(out[0], 4);
  EXPECT_EQ(out[1], 0);
  EXPECT_EQ(out[2], 5);
}

TEST(CpuIndex, TheLowestBadPositionIsNamedAndNothingIsWritten) {
  Block<float> x(100), out(200000);
  Block<std::int64_t> index(200000);
  index[150000] = 100, index[70007] = -1, index[199999] = INT64_MAX;
  for (int way = 0; way < 2; ++way) try {
      if (way == 0) cpu().gather(x.flat(), 0, index.flat(), out.flat());
      else cpu().scatter(x.flat(), 0, index.flat(), out.flat(), Write::add);
      FAIL();
    } catch (const IndexError& e) {
      EXPECT_NE(std::string(e.what()).find("-1 at position 70007"), std::string::npos) << e.what();
    }
}

TEST(CpuRandom, EveryNumberIsAFunctionOfItsPosition) {
  Block<float> u(100001), z(100001);
  Block<double> v(1001);
  Block<std::int64_t> n(1001);
  const PhiloxKey key = {12345678901234567ull, Scalar(3)};
  cpu().random(Distribution::uniform, key, 0, 1, u.flat());
  for (std::int64_t i = 0; i < u.size; ++i)
    ASSERT_EQ(u[i], philox_uniform(key.seed, 3, std::uint64_t(i)));
  cpu().random(Distribution::uniform, key, 0, 1, v.flat());
  for (std::int64_t i = 0; i < v.size; ++i)
    ASSERT_EQ(v[i], philox_uniform64(key.seed, 3, std::uint64_t(i)));
  cpu().random(Distribution::integer, key, -5, 12, n.flat());
  for (std::int64_t i = 0; i < n.size; ++i)
    ASSERT_EQ(n[i], std::int64_t(philox_integer(key.seed, 3, std::uint64_t(i), 17)) - 5);
  cpu().random(Distribution::normal, key, 0, 1, z.flat());
  for (std::int64_t i = 0; i + 1 < z.size; i += 2) {
    const double r = std::sqrt(-2 * std::log(1 - double(u[i]))), t = 2 * M_PI * double(u[i + 1]);
    ASSERT_NEAR(z[i], r * std::cos(t), 4e-6);
    ASSERT_NEAR(z[i + 1], r * std::sin(t), 4e-6);
  }
}

TEST(CpuRandom, DropoutKeepsWhatTheUniformNumbersSay) {
  Block<float> x(50001), y(50001);
  fill_samples(x);
  const PhiloxKey key = {7, Scalar(9)};
  ASSERT_TRUE(cpu().dropout(x.flat(), 0.3, key, y.flat()));
  for (std::int64_t i = 0; i < x.size; ++i)
    ASSERT_EQ(y[i], philox_uniform(7, 9, std::uint64_t(i)) >= 0.3f ? x[i] / (1 - 0.3f) : 0.f);
}

/// Every op with the same inputs; its bits.
std::vector<float> run_everything() {
  constexpr std::int64_t n = 300 * 1001;
  Block<float> x(n), y(n), out(n);
  for (std::int64_t i = 0; i < n; ++i)
    x[i] = sample<float>(i) * 0.3f, y[i] = sample<float>(i + 5) + 11;
  std::vector<float> all;
  const auto keep = [&] {
    all.insert(all.end(), out.data(), out.data() + n), std::memset(out.data(), 0, n * 4);
  };
  const View a = x.view({300, 1001}), b = y.view({300, 1001}), to = out.view({300, 1001});
  for (Unary op :
       {Unary::exp, Unary::tanh, Unary::gelu, Unary::sin, Unary::erf, Unary::mish, Unary::log1p})
    cpu().unary(op, {1, 1}, a, to), keep();
  for (Binary op : {Binary::div, Binary::pow}) cpu().binary(op, {}, b, a, to), keep();
  cpu().reduce(Reduce::sum, a, out.view({300, 1})), keep();
  cpu().reduce(Reduce::sum, a, out.view({1, 1001})), keep();
  cpu().reduce(Reduce::prod, b, out.view({1, 1})), keep();
  cpu().random(Distribution::normal, {1, Scalar(2)}, 0, 1, to), keep();
  return all;
}
TEST(CpuThreads, SameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  set_num_threads(1);
  const std::vector<float> one = run_everything();
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const std::vector<float> many = run_everything();
    EXPECT_EQ(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)), 0) << threads;
  }
  set_num_threads(before);
}

TEST(CpuElementwise, SameBitsWhereverARangeIsCutAndHoweverItLies) {
  constexpr std::int64_t n = 10007;
  Block<float> x(3 * n), whole(n), part(n);
  for (std::int64_t i = 0; i < n; ++i) x[i] = x[n + 2 * i] = sample<float>(i);
  for (Unary op : {Unary::exp, Unary::log1p, Unary::sigmoid, Unary::tanh, Unary::gelu, Unary::cos,
                   Unary::mish, Unary::selu, Unary::erf}) {
    cpu().unary(op, {1, 1}, x.view({n}), whole.flat());
    for (auto [begin, end] :
         {std::pair<std::int64_t, std::int64_t>{0, 1001}, {1001, 9000}, {9000, n}})
      cpu().unary(op, {1, 1}, x.view({end - begin}, {1}, begin),
                  part.view({end - begin}, {1}, begin));
    EXPECT_EQ(std::memcmp(whole.data(), part.data(), n * sizeof(float)), 0);
    cpu().unary(op, {1, 1}, x.view({n}, {2}, n), part.flat());
    EXPECT_EQ(std::memcmp(whole.data(), part.data(), n * sizeof(float)), 0);
  }
}

}  // namespace
}  // namespace tinygrad
