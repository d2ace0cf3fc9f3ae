// SPDX-License-Identifier: MIT
// Tests what the op table does not test of the OpenCL kernels: scalars in device memory, invalid
// targets that only a kernel can detect, and the code paths that kernels take from certain sizes
// on, each with the smallest such size. Oclgrind runs these tests too (tests/backends/opencl), in
// both forms.
#include "support/as_on_cpu.h"

namespace tinygrad {
namespace {

using kernel_tests::Data;
using kernel_tests::OnHost;

Backend& opencl() { return backend(Device("opencl")); }

template <class Step>
void expect_same_step(
    const std::function<bool(OnHost&, Views, Views, Views, Views, const Step&)>& run, Step scalars,
    Step views) {
  std::vector<std::vector<char>> results;
  for (const Step& step : {scalars, views}) {
    Data w(float32, {5000}), g(float32, {5000}), m(float32, {5000}), v(float32, {5000});
    w.random(1), g.random(2), m.random(3), v.random(4);
    for (int i = 0; i < 5000; ++i) v.set(i, std::fabs(v.at(i)));
    OnHost kernels(opencl());
    const View ws[] = {w.view}, gs[] = {g.view}, ms[] = {m.view}, vs[] = {v.view};
    ASSERT_TRUE(run(kernels, ws, gs, ms, vs, step));
    results.push_back(w.bytes());
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(OpenClOptimizers, ReadWhatChangesFromTheDevice) {
  Data lr(float32, {1}), step(int64, {});
  lr.set(0, 0.25), step.set(0, 3);
  expect_same_step<SgdStep>(
      [](auto& k, Views w, Views g, Views m, Views, auto& s) { return k.sgd(w, g, m, s); },
      {.lr = Scalar(0.25), .momentum = 0.5}, {.lr = lr.view, .momentum = 0.5});
  expect_same_step<AdamStep>(
      [](auto& k, Views w, Views g, Views m, Views v, auto& s) { return k.adam(w, g, m, v, s); },
      {.lr = Scalar(0.25), .step = Scalar(3)}, {.lr = lr.view, .step = step.view});
}

TEST(OpenClOptimizers, TakeManyParametersOfAnySize) {
  std::vector<std::unique_ptr<Data>> w, g;
  std::vector<View> ws, gs;
  for (std::int64_t n : {0, 1, 4095, 4096, 0, 4097, 20000, 17, 3}) {
    w.push_back(std::make_unique<Data>(float32, Shape{n})),
        g.push_back(std::make_unique<Data>(float32, Shape{n}));
    w.back()->random(1), g.back()->random(2);
    ws.push_back(w.back()->view), gs.push_back(g.back()->view);
  }
  std::vector<std::vector<double>> expected;
  for (std::size_t k = 0; k < w.size(); ++k) {
    expected.emplace_back();
    for (std::int64_t i = 0; i < ws[k].count(); ++i)
      expected.back().push_back(w[k]->at(i) - 0.5 * g[k]->at(i));
  }
  OnHost kernels(opencl());
  ASSERT_TRUE(kernels.sgd(ws, gs, {}, {.lr = Scalar(0.5)}));
  for (std::size_t k = 0; k < w.size(); ++k)
    for (std::int64_t i = 0; i < ws[k].count(); ++i)
      ASSERT_EQ(w[k]->at(i), expected[k][std::size_t(i)]) << k << ", " << i;
}

TEST(OpenClDropout, ReadsTheCallFromTheDevice) {
  Data of_number(float32, {3003}), of_view(float32, {3003});
  Data ones_there(float32, {3003}), number(int64, {});
  for (int i = 0; i < 3003; ++i) ones_there.set(i, 1);
  number.set(0, double(std::int64_t(1) << 40 | 5));
  OnHost kernels(opencl());
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, Scalar(std::int64_t(1) << 40 | 5)},
                              of_number.view));
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, number.view}, of_view.view));
  EXPECT_EQ(of_number.bytes(), of_view.bytes());
  Data on_cpu(float32, {3003});
  ASSERT_TRUE(kernel_tests::cpu().dropout(ones_there.view, 0.4,
                                          {7, Scalar(std::int64_t(1) << 40 | 5)}, on_cpu.view));
  EXPECT_EQ(of_number.bytes(), on_cpu.bytes());
}

// ------------------------------------------------------------ other code paths

void expect_as_on_cpu(const kernel_tests::Function& f, const std::vector<Shape>& shapes,
                      double size = 1, bool derive = false, DType dtype = float32) {
  kernel_tests::expect_as_on_cpu("opencl", f, shapes, dtype, size, derive);
}

TEST(OpenClReduce, SplitsLongSumsIntoChunks) {
  for (DType dtype : {float32, float64}) {
    if (!backend("opencl").has(dtype)) continue;
    expect_as_on_cpu([](auto& in) { return sum(in[0], 1); }, {{3, 130}}, 40, false,
                     dtype);  // a work-group shares a row
    expect_as_on_cpu([](auto& in) { return amax(in[0], 0); }, {{200, 3}}, 1, false,
                     dtype);  // columns are split into chunks
    expect_as_on_cpu([](auto& in) { return sum(in[0], 0); }, {{4200, 2}}, 400, false,
                     dtype);  // so many chunks that a work-group combines them
    expect_as_on_cpu([](auto& in) { return argmin(in[0], 0); }, {{2500, 2}}, 1, false, dtype);
    expect_as_on_cpu([](auto& in) { return argmax(in[0], 1); }, {{2, 130}}, 1, false, dtype);
  }
}

/// Expects argmax to find the first of the given indices, whose elements are `extreme` while all
/// others are less. The indices belong to different chunks, work-items and steps.
void expect_first(std::int64_t size, const std::vector<std::int64_t>& indices, float extreme) {
  std::vector<float> values(std::size_t(size), -1);
  for (std::int64_t i : indices) values[std::size_t(i)] = extreme;
  EXPECT_EQ(argmax(from_vector(values, Device("opencl"))).item<std::int64_t>(),
            *std::min_element(indices.begin(), indices.end()))
      << size << ", " << extreme << ", " << indices[0];
}
TEST(OpenClReduce, FindsTheFirstOfEquals) {
  for (float extreme : {1.f, NAN}) {
    for (const auto& indices :
         std::vector<std::vector<std::int64_t>>{{0}, {5, 69}, {66, 67}, {69}, {64, 1}})
      expect_first(70, indices, extreme);
    expect_first(8200, {8199, 4100, 4099, 4163}, extreme);
  }
  expect_first(300'000, {280'000, 150'001, 150'000},
               NAN);  // so many chunks that a work-group combines them
}

TEST(OpenClCopy, TransposesBlockByBlock) {
  for (DType dtype : {float64, float32, float16, uint8}) {
    if (!backend("opencl").has(dtype)) continue;
    const Tensor x = abs(kernel_tests::numbers({2, 40, 19}, 1) * 60).to(dtype);
    EXPECT_EQ(
        contiguous(permute(x.to("opencl"), {0, 2, 1})).to("cpu").to(float64).to_vector<double>(),
        permute(x, {0, 2, 1}).to(float64).to_vector<double>());
  }
}

TEST(OpenClMatmul, TakesEveryPath) {
  const kernel_tests::Function product = [](auto& in) { return matmul(in[0], in[1]); };
  expect_as_on_cpu(product, {{3, 70}, {70, 1}}, 20);  // dots
  expect_as_on_cpu(product, {{61, 18}, {18, 66}},
                   10);  // tiles of 64 x 64, and elements beyond them
  expect_as_on_cpu(product, {{5, 301}, {301, 6}},
                   40);  // the split sum of the gpu form and its remainder
  expect_as_on_cpu(product, {{2, 5, 7}, {7, 9}}, 10, true);  // a batch of packed panels
  expect_as_on_cpu([](auto& in) { return matmul(in[0].t(), in[1].t()); }, {{40, 9}, {33, 40}}, 20);
  expect_as_on_cpu([](auto& in) { return linear(in[0], in[1], in[2]); }, {{2, 65}, {3, 65}, {3}},
                   20, true);
}

TEST(OpenClConv, TakesEveryPath) {
  const auto conv = [](Conv2dOptions args) {
    return [=](const Tensors& in) { return conv2d(in[0], in[1], in[2], args); };
  };
  expect_as_on_cpu(conv({.padding = 1}), {{2, 2, 5, 18}, {3, 2, 3, 3}, {3}}, 20, true);  // few taps
  expect_as_on_cpu(conv({}), {{1, 5, 4, 5}, {9, 5, 2, 2}, {9}}, 20, true);  // tiles of the gpu form
  expect_as_on_cpu(conv({.stride = 2, .padding = 1}), {{2, 5, 5, 7}, {2, 5, 3, 3}, {2}}, 20,
                   true);  // dy is dilated
  expect_as_on_cpu(conv({.stride = 3}), {{1, 1, 8, 8}, {2, 1, 2, 2}, {2}}, 20, true);
}

/// In the gpu form, a work-group shares a row of more than 32 elements.
TEST(OpenClRows, AreSharedByAGroup) {
  expect_as_on_cpu([](auto& in) { return softmax(in[0], 1); }, {{3, 70}}, 1, true);
  expect_as_on_cpu([](auto& in) { return log_softmax(in[0], 1); }, {{3, 70}}, 4, true);
  expect_as_on_cpu([](auto& in) { return softmax(in[0], 0); }, {{7, 3}}, 1, true);
  expect_as_on_cpu(
      [](auto& in) {
        return cross_entropy(in[0],
                             from_vector(std::vector<std::int64_t>{0, 69, 40}, in[0].device()));
      },
      {{3, 70}}, 4, true);
  expect_as_on_cpu([](auto& in) { return layer_norm(in[0], {70}, in[1], in[2]); },
                   {{67, 70}, {70}, {70}}, 40, true);
  expect_as_on_cpu([](auto& in) { return batch_norm(in[0], in[1], in[2]).y; },
                   {{3, 2, 5, 9}, {2}, {2}}, 40, true);
}

TEST(OpenClPool, WithTilingAndOverlappingWindows) {
  for (int stride : {1, 2}) {
    expect_as_on_cpu([=](auto& in) { return max_pool2d(in[0], 2, {.stride = stride}); },
                     {{2, 2, 5, 18}}, 1, true);
    expect_as_on_cpu([=](auto& in) { return avg_pool2d(in[0], 2, {.stride = stride}); },
                     {{2, 2, 5, 18}}, 1, true);
  }
}

// ------------------------------------------------------------ indices

TEST(OpenClCrossEntropy, ABadTargetIsReportedByTheNextRead) {
  const Tensor x = kernel_tests::numbers({300, 4}, 1, "opencl").to(float32).requires_grad_();
  std::vector<std::int64_t> labels(300, 1);
  labels[77] = 4, labels[210] = -1;
  const Tensor target = from_vector(labels, Device("opencl"));
  const Tensor loss = cross_entropy(x, target);
  loss.backward();
  try {
    loss.item<float>();
    FAIL() << "nothing was thrown";
  } catch (const IndexError& error) {
    EXPECT_NE(
        std::string(error.what()).find("cross_entropy: index 4 at position 77 is not in [0, 4)"),
        std::string::npos)
        << error.what();
  }
  EXPECT_NO_THROW(x.grad().to_vector<float>());  // it is reported once
}

}  // namespace
}  // namespace tinygrad
