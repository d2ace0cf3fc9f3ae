// SPDX-License-Identifier: MIT
// Tests indexing against loops over the elements: what is read, what is written, and gradients.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "tinygrad/tinygrad.h"
#include "tinygrad/trace/gradcheck.h"

namespace tinygrad {
namespace {

using Numbers = std::vector<double>;
Numbers numbers(const Tensor& t) { return t.to_vector<double>(); }
Tensor counted(const Shape& shape) {
  return reshape(arange(0, shape.count(), 1, {.dtype = float64}), shape);
}
Tensor ints(const Nested& values) { return tensor(values, {.dtype = int64}); }

TEST(Indexing, IntegersAndSlicesAreViews) {
  Tensor x = counted({2, 3, 4});
  EXPECT_EQ(numbers(x(1, 2, 3)), (Numbers{23}));
  EXPECT_EQ(numbers(x(-1, Slice(1, 3), 0)), (Numbers{16, 20}));
  EXPECT_EQ(numbers(x(0, Slice(None, None, 2), Slice(-1))), (Numbers{3, 11}));
  EXPECT_EQ(x(Ellipsis, 0).shape(), (Shape{2, 3}));
  EXPECT_EQ(x(NewAxis, 0, Ellipsis, None).shape(), (Shape{1, 3, 4, 1}));
  EXPECT_EQ(x[Slice(5, 9)].shape(), (Shape{0, 3, 4}));
  x(0, Slice(), 1).fill_(-1);
  EXPECT_EQ(numbers(x(0, Slice(), 1)), (Numbers{-1, -1, -1}));
  EXPECT_EQ(x[0][1][1].item<double>(), -1);
}

/// Python's rules for every start, stop and step near a size of 4.
TEST(Indexing, SlicesFollowPython) {
  const Tensor x = counted({4});
  for (std::int64_t step : {-5, -3, -2, -1, 1, 2, 3, 5})
    for (std::int64_t start = -6; start <= 6; ++start)
      for (std::int64_t stop = -6; stop <= 6; ++stop)
        for (int given = 0; given < 4; ++given) {
          const Slice slice(given & 1 ? std::optional(start) : std::nullopt,
                            given & 2 ? std::optional(stop) : std::nullopt, step);
          // Where Python's slice.indices() begins and ends.
          const auto at = [&](std::int64_t i) {
            if (i < 0) i += 4;
            return step > 0 ? std::clamp<std::int64_t>(i, 0, 4)
                            : std::clamp<std::int64_t>(i, -1, 3);
          };
          std::int64_t i = given & 1 ? at(start) : step > 0 ? 0 : 3;
          const std::int64_t end = given & 2 ? at(stop) : step > 0 ? 4 : -1;
          Numbers expected;
          for (; step > 0 ? i < end : i > end; i += step) expected.push_back(double(i));
          ASSERT_EQ(numbers(x[slice]), expected)
              << start << ':' << stop << ':' << step << ' ' << given;
        }
}

TEST(Indexing, TensorsChooseElements) {
  const Tensor x = counted({3, 4});
  EXPECT_EQ(numbers(x[ints({2, 0, -1})](Slice(), 0)), (Numbers{8, 0, 8}));
  EXPECT_EQ(numbers(x(ints({0, 2}), ints({1, 3}))), (Numbers{1, 11}));
  EXPECT_EQ(numbers(x(ints({{0}, {2}}), ints({1, 3}))), (Numbers{1, 3, 9, 11}));
  EXPECT_EQ(numbers(x(Slice(), ints({3, 0}))), (Numbers{3, 0, 7, 4, 11, 8}));
  EXPECT_EQ(numbers(x[x > 8]), (Numbers{9, 10, 11}));
  EXPECT_EQ(numbers(x(x(Slice(), 0) > 3, 1)), (Numbers{5, 9}));
  EXPECT_EQ(numbers(x(Slice(None, None, -1), ints({0}))), (Numbers{8, 4, 0}));
  const Tensor y = counted({2, 3, 4, 2});  // neighbours keep their place, others come first
  EXPECT_EQ(y(Slice(), ints({{0, 1, 2}}), ints({3})).shape(), (Shape{2, 1, 3, 2}));
  EXPECT_EQ(y(Slice(), ints({{0, 1, 2}}), Slice(), ints({1})).shape(), (Shape{1, 3, 2, 4}));
  EXPECT_EQ(y(0, Slice(), ints({1, 2})).shape(), (Shape{3, 2, 2}));
}

/// Index tensors in random places among slices, against a loop over the result's elements.
TEST(Indexing, AgreesWithALoop) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return int(random() % unsigned(n)); };
  for (int run = 0; run < 200; ++run) {
    const int rank = 1 + below(4);
    Shape shape;
    for (int d = 0; d < rank; ++d) shape.push_back(1 + below(4));
    const Tensor x = counted(shape);
    std::vector<Index> indices;
    std::vector<int> tensors;
    for (int d = 0; d < rank; ++d) {
      if (below(2)) {
        const int n = int(shape[d]);
        std::vector<std::int64_t> list;
        for (int k = 0; k < 3; ++k) list.push_back(below(2 * n) - n);
        indices.push_back(from_vector(list));
        tensors.push_back(d);
      } else indices.push_back(Slice(None, None, below(2) ? 1 : -1));
    }
    const Tensor y = index(x, indices);
    const bool first = tensors.empty() || tensors.back() - tensors.front() >= int(tensors.size());
    const int at = tensors.empty() ? -1 : first ? 0 : tensors.front();
    Dims position = Dims::filled(y.dim(), 0);
    for (std::int64_t n = 0; n < y.numel(); ++n) {
      std::int64_t rest = n, source = 0;
      for (int d = y.dim() - 1; d >= 0; --d)
        position[d] = rest % y.shape()[d], rest /= y.shape()[d];
      for (int d = 0, next = 0; d < rank; ++d) {
        std::int64_t i;
        if (indices[std::size_t(d)].kind == Index::Kind::tensor) {
          i = indices[std::size_t(d)].tensor[position[at]].item<std::int64_t>();
          if (i < 0) i += shape[d];
        } else {
          if (next == at) ++next;
          i = position[next++];
          if (indices[std::size_t(d)].slice.step < 0) i = shape[d] - 1 - i;
        }
        source = source * shape[d] + i;
      }
      ASSERT_EQ(y.reshape({-1})[n].item<double>(), double(source)) << "run " << run;
    }
    // What is written is what was read; the rest stays.
    Tensor z = x.clone();
    index(z, indices) = -1;
    const Numbers chosen = numbers(y);
    Numbers expected = numbers(x);
    for (double& value : expected)
      if (std::ranges::count(chosen, value)) value = -1;
    ASSERT_EQ(numbers(z), expected) << "run " << run;
  }
}

TEST(Indexing, Assigns) {
  Tensor x = counted({3, 4});
  x(1, Slice(1, 3)) = tensor({-1., -2.});
  x(Slice(None, None, -1), 0) = tensor({10., 20., 30.});
  x[x == 3] = 33;
  x(ints({0, 2}), ints({2, 2})) = tensor({7., 8.});
  EXPECT_EQ(numbers(x), (Numbers{30, 1, 7, 33, 20, -1, -2, 7, 10, 9, 8, 11}));
  x[ints({1, 1})] = tensor({{1., 1., 1., 1.}, {2., 2., 2., 2.}}, {.dtype = float64});
  EXPECT_EQ(numbers(x[1]), (Numbers{2, 2, 2, 2}));  // the last write counts
  x[0] += 1;
  x(Slice(), 3) *= 2;
  EXPECT_EQ(numbers(x), (Numbers{31, 2, 8, 68, 2, 2, 2, 4, 10, 9, 8, 22}));
  Tensor y = zeros({3});
  y[ints({0, 0, 2})] += 1;  // each element once, as in NumPy
  EXPECT_EQ(numbers(y), (Numbers{1, 0, 1}));
  Tensor row = y[0];
  row = tensor({5.});  // a variable is a handle
  EXPECT_EQ(numbers(y), (Numbers{1, 0, 1}));
}

TEST(Indexing, HasGradients) {
  manual_seed(3);
  const Tensor x = randn({3, 4}, {.dtype = float64}).requires_grad_(),
               y = randn({2, 2}, {.dtype = float64}).requires_grad_();
  const auto read = [](const Tensors& in) -> Tensor {
    return in[0](ints({0, 2, 0}), Slice(None, None, -2)) * in[0](Slice(), ints({1}));
  };
  EXPECT_TRUE(gradcheck(read, x));
  const auto write = [](const Tensors& in) -> Tensor {
    Tensor z = in[0] * 1;
    z(ints({0, 2}), Slice(None, None, -2)) = in[1];
    return z * z;
  };
  const auto result = gradcheck(write, {x, y});
  EXPECT_TRUE(result) << result.message;
  const auto masked = [](const Tensors& in) -> Tensor {
    Tensor z = in[0] * in[0];
    z[in[0].detach() > 0] = 0;
    return z;
  };
  EXPECT_TRUE(gradcheck(masked, x));
  const auto rows = [](const Tensors& in) -> Tensor {
    Tensor z = zeros({3, 4}, {.dtype = float64});
    z[0] = in[0][1];
    z[1] = in[0][2] * in[0][0];
    z[1] *= in[0][1];
    z(2, Slice(1, 3)) += in[1][0];
    return z * z;
  };
  const auto of_rows = gradcheck(rows, {x, y});
  EXPECT_TRUE(of_rows) << of_rows.message;
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    const std::string text = e.what();
    return text.substr(0, text.find('\n'));
  }
  return "no error";
}
TEST(Indexing, SaysWhatIsWrong) {
  Tensor x = counted({3, 4});
  EXPECT_EQ(message([&] { x(0, 0, 0); }), "index: 3 indices are too many for shape [3, 4]");
  EXPECT_EQ(message([&] { x(Ellipsis, Ellipsis); }), "index: Ellipsis may stand only once");
  EXPECT_EQ(message([&] { x(Slice(0, 1, 0)); }), "index: the step of a slice must not be 0");
  EXPECT_NE(message([&] { x(3); }).find("[-3, 3)"), std::string::npos) << message([&] { x(3); });
  EXPECT_NE(message([&] { x(ints({3}), ints({0})); }).find("index 3"), std::string::npos);
  EXPECT_NE(message([&] { x(ints({-4})); }).find("index -4"), std::string::npos);
  EXPECT_NE(message([&] {
              x[ones({3}) > 0] = zeros({3, 3});
            }).find("broadcast"),
            std::string::npos);
  EXPECT_NE(message([&] { x[ones({4}) > 0]; }).find("mask"), std::string::npos);
  EXPECT_NE(message([&] { x[ones({3})]; }).find("float32"), std::string::npos);
}

}  // namespace
}  // namespace tinygrad
