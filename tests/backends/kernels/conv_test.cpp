// SPDX-License-Identifier: MIT
// Compares convolutions and pooling with loops: the CPU's, and those of other devices
// (TINYGRAD_TESTED_DEVICE).
#include "support/kernel_tools.h"

using namespace kernel_tests;

namespace {

struct Case {
  std::int64_t images, channels, outs, height, width;
  int kh, kw;
  Window window;
  std::int64_t out_height() const {
    return (height + 2 * window.padding[0] - (kh - 1) * window.dilation[0] - 1) / window.stride[0] +
           1;
  }
  std::int64_t out_width() const {
    return (width + 2 * window.padding[1] - (kw - 1) * window.dilation[1] - 1) / window.stride[1] +
           1;
  }
};
Window window(int stride_y, int stride_x, int padding_y, int padding_x) {
  return {{stride_y, stride_x}, {padding_y, padding_x}, {1, 1}, 1};
}

/// The last ones with groups or dilation.
const Case cases[] = {{2, 1, 32, 28, 28, 3, 3, window(1, 1, 1, 1)},
                      {2, 32, 20, 14, 14, 3, 3, window(1, 1, 1, 1)},
                      {3, 4, 9, 7, 7, 3, 3, window(1, 1, 1, 1)},
                      {1, 3, 5, 11, 13, 5, 3, window(2, 1, 2, 0)},
                      {2, 5, 17, 6, 40, 1, 1, window(1, 1, 0, 0)},
                      {1, 2, 3, 4, 4, 2, 3, window(1, 2, 4, 5)},
                      {1, 1, 1, 1, 1, 1, 1, window(1, 1, 0, 0)},
                      {2, 3, 4, 9, 8, 3, 2, window(3, 2, 0, 1)},
                      {0, 3, 4, 9, 8, 3, 3, window(1, 1, 1, 1)},
                      {5, 6, 70, 28, 28, 1, 1, window(1, 1, 0, 0)},
                      {1, 3, 8, 16, 33, 5, 5, window(1, 1, 2, 2)},
                      {9, 2, 3, 5, 6, 3, 3, window(2, 2, 1, 1)},
                      {1, 2, 2, 6, 6, 2, 2, window(3, 3, 0, 0)},
                      {2, 6, 9, 7, 8, 3, 3, {{1, 1}, {1, 1}, {1, 1}, 3}},
                      {1, 4, 4, 6, 5, 3, 2, {{2, 1}, {1, 0}, {1, 1}, 4}},
                      {2, 3, 5, 12, 11, 3, 3, {{1, 2}, {2, 3}, {2, 3}, 1}},
                      {1, 4, 72, 9, 9, 2, 2, {{1, 1}, {0, 1}, {3, 1}, 2}}};
/// Calls f(x index, w index, y index) for every product of a convolution.
void each_product(const Case& c,
                  const std::function<void(std::int64_t, std::int64_t, std::int64_t)>& f) {
  const std::int64_t h = c.out_height(), w = c.out_width(), channels = c.channels / c.window.groups;
  for (std::int64_t y = 0; y < c.images * c.outs * h * w; ++y)
    for (std::int64_t k = 0; k < channels * c.kh * c.kw; ++k) {
      const std::int64_t o = y / (h * w) % c.outs, n = y / (h * w * c.outs);
      const std::int64_t channel = o / (c.outs / c.window.groups) * channels + k / (c.kh * c.kw);
      const std::int64_t row = y / w % h * c.window.stride[0] - c.window.padding[0] +
                               k / c.kw % c.kh * c.window.dilation[0];
      const std::int64_t column =
          y % w * c.window.stride[1] - c.window.padding[1] + k % c.kw * c.window.dilation[1];
      if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
      f(((n * c.channels + channel) * c.height + row) * c.width + column,
        o * channels * c.kh * c.kw + k, y);
    }
}

struct ConvData {
  Data x, w, b, y;
  ConvData(const Case& c, DType d, Layout l)
      : x(d, {c.images, c.channels, c.height, c.width}, l),
        w(d, {c.outs, c.channels / c.window.groups, c.kh, c.kw}, l),
        b(d, {c.outs}, l),
        y(d, {c.images, c.outs, c.out_height(), c.out_width()}, l) {}
};

template <class F> void each_case(const F& f) {
  for (const Case& c : cases)
    for (DType dtype : {float32, float64, float16})
      for (Layout layout : {Layout::dense, Layout::sliced}) {
        SCOPED_TRACE(to_string(Shape{c.images, c.channels, c.outs, c.height, c.width, c.kh, c.kw,
                                     c.window.groups}) +
                     " " + to_string(dtype));
        f(c, dtype, layout);
      }
}

TEST(Conv, Forward) {
  each_case([](const Case& c, DType dtype, Layout layout) {
    ConvData d(c, dtype, layout);
    d.x.random(1), d.w.random(2), d.b.random(3);
    for (bool bias : {true, false}) {
      std::vector<double> expected(std::size_t(d.y.view.count()));
      for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] =
            bias ? d.b.at(std::int64_t(i) / (c.out_height() * c.out_width()) % c.outs) : 0;
      each_product(
          c, [&](auto x, auto w, auto y) { expected[std::size_t(y)] += d.x.at(x) * d.w.at(w); });
      ASSERT_TRUE(
          tested().conv2d(d.x.view, d.w.view, bias ? d.b.view : View(), c.window, d.y.view));
      expect_near(
          d.y, [&](auto i) { return expected[std::size_t(i)]; }, 20);
    }
  });
}

TEST(Conv, InputGrad) {
  each_case([](const Case& c, DType dtype, Layout layout) {
    ConvData d(c, dtype, layout);
    d.y.random(1), d.w.random(2);
    std::vector<double> expected(std::size_t(d.x.view.count()));
    each_product(
        c, [&](auto x, auto w, auto y) { expected[std::size_t(x)] += d.y.at(y) * d.w.at(w); });
    ASSERT_TRUE(tested().conv2d_input_grad(d.y.view, d.w.view, c.window, d.x.view));
    expect_near(
        d.x, [&](auto i) { return expected[std::size_t(i)]; }, 20);
  });
}

TEST(Conv, WeightGrad) {
  each_case([](const Case& c, DType dtype, Layout layout) {
    ConvData d(c, dtype, layout);
    d.y.random(1), d.x.random(2);
    std::vector<double> expected(std::size_t(d.w.view.count()));
    each_product(
        c, [&](auto x, auto w, auto y) { expected[std::size_t(w)] += d.y.at(y) * d.x.at(x); });
    ASSERT_TRUE(tested().conv2d_weight_grad(d.y.view, d.x.view, c.window, d.w.view));
    expect_near(
        d.w, [&](auto i) { return expected[std::size_t(i)]; }, 60);
  });
}

TEST(Conv, SameBitsWithAnyThreads) {
  const Case c = {11, 3, 20, 14, 14, 3, 3, window(1, 1, 1, 1)};
  ConvData d(c, float32, Layout::dense);
  d.x.random(1), d.w.random(2), d.b.random(3);
  expect_same_bits(
      [&] { EXPECT_TRUE(tested().conv2d(d.x.view, d.w.view, d.b.view, c.window, d.y.view)); },
      {&d.y});
  Data dx(float32, d.x.view.shape()), dw(float32, d.w.view.shape());
  expect_same_bits(
      [&] { EXPECT_TRUE(tested().conv2d_input_grad(d.y.view, d.w.view, c.window, dx.view)); },
      {&dx});
  expect_same_bits(
      [&] { EXPECT_TRUE(tested().conv2d_weight_grad(d.y.view, d.x.view, c.window, dw.view)); },
      {&dw});
}

// ---------------------------------------------------------------- pooling
const Case pools[] = {
    {2, 3, 3, 28, 28, 2, 2, window(2, 2, 0, 0)}, {1, 2, 2, 7, 67, 2, 2, window(2, 2, 0, 0)},
    {2, 1, 1, 9, 8, 3, 2, window(1, 2, 1, 1)},   {1, 1, 1, 5, 5, 3, 3, window(3, 3, 1, 1)},
    {0, 1, 1, 4, 4, 2, 2, window(2, 2, 0, 0)},   {2, 2, 2, 6, 6, 2, 3, {{1, 1}, {1, 1}, {2, 2}, 1}},
};

/// The places of the window of output i that lie in the plane.
std::vector<std::int64_t> places(const Case& c, std::int64_t i) {
  std::vector<std::int64_t> all;
  for (int k = 0; k < c.kh * c.kw; ++k) {
    const std::int64_t row = i / c.out_width() % c.out_height() * c.window.stride[0] -
                             c.window.padding[0] + k / c.kw * c.window.dilation[0];
    const std::int64_t column = i % c.out_width() * c.window.stride[1] - c.window.padding[1] +
                                k % c.kw * c.window.dilation[1];
    if (row >= 0 && row < c.height && column >= 0 && column < c.width)
      all.push_back(row * c.width + column);
  }
  return all;
}

TEST(Pool, MaxAndItsGrad) {
  for (const Case& c : pools)
    for (DType dtype : {float32, float64, float16})
      for (Layout layout : {Layout::dense, Layout::sliced}) {
        Data x(dtype, {c.images, c.channels, c.height, c.width}, layout),
            y(dtype, {c.images, c.channels, c.out_height(), c.out_width()}, layout);
        Data index(int64, y.view.shape(), layout), dx(dtype, x.view.shape(), layout);
        x.random(1);
        for (std::int64_t i = 0; i < x.view.count(); i += 37) x.set(i, NAN);
        ASSERT_TRUE(tested().max_pool2d(x.view, c.kh, c.kw, c.window, y.view, index.view));
        const std::int64_t plane = c.height * c.width, out = c.out_height() * c.out_width();
        std::vector<double> expected(std::size_t(x.view.count()));
        for (std::int64_t i = 0; i < y.view.count(); ++i) {
          std::int64_t best = -1;
          for (std::int64_t p : places(c, i)) {
            const double now = x.at(i / out * plane + p),
                         before = best < 0 ? 0 : x.at(i / out * plane + best);
            if (best < 0 || (!std::isnan(before) && (now > before || std::isnan(now)))) best = p;
          }
          ASSERT_EQ(std::int64_t(index.at(i)), best) << i;
          ASSERT_TRUE(y.at(i) == x.at(i / out * plane + best) || std::isnan(y.at(i)));
          y.set(i, double(i % 8) / 4);
          expected[std::size_t(i / out * plane + best)] += double(i % 8) / 4;
        }
        ASSERT_TRUE(tested().max_pool2d_grad(y.view, index.view, c.kh, c.kw, c.window, dx.view));
        expect_near(dx, [&](auto i) { return expected[std::size_t(i)]; });
      }
}

TEST(Pool, AverageAndItsGrad) {
  for (const Case& c : pools)
    for (DType dtype : {float32, float64, bfloat16}) {
      Data x(dtype, {c.images, c.channels, c.height, c.width}),
          y(dtype, {c.images, c.channels, c.out_height(), c.out_width()});
      Data dx(dtype, x.view.shape());
      x.random(1);
      ASSERT_TRUE(tested().avg_pool2d(x.view, c.kh, c.kw, c.window, y.view));
      const std::int64_t plane = c.height * c.width, out = c.out_height() * c.out_width();
      expect_near(y, [&](auto i) {
        double sum = 0;
        for (std::int64_t p : places(c, i)) sum += x.at(i / out * plane + p);
        return sum / (c.kh * c.kw);
      });
      y.random(2);
      std::vector<double> expected(std::size_t(x.view.count()));
      for (std::int64_t i = 0; i < y.view.count(); ++i)
        for (std::int64_t p : places(c, i))
          expected[std::size_t(i / out * plane + p)] += y.at(i) / (c.kh * c.kw);
      ASSERT_TRUE(tested().avg_pool2d_grad(y.view, c.kh, c.kw, c.window, dx.view));
      expect_near(
          dx, [&](auto i) { return expected[std::size_t(i)]; }, 4);
    }
}

TEST(Pool, SameBitsWithAnyThreads) {
  Data x(float32, {9, 7, 28, 28}), y(float32, {9, 7, 14, 14}), index(int64, {9, 7, 14, 14}),
      dx(float32, {9, 7, 28, 28});
  x.random(1);
  const Window two = window(2, 2, 0, 0);
  expect_same_bits([&] { EXPECT_TRUE(tested().max_pool2d(x.view, 2, 2, two, y.view, index.view)); },
                   {&y, &index});
  expect_same_bits(
      [&] { EXPECT_TRUE(tested().max_pool2d_grad(y.view, index.view, 2, 2, two, dx.view)); },
      {&dx});
}

}  // namespace
