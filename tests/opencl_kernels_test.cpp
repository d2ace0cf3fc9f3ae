// What the table of ops cannot see of OpenCL's optional kernels: numbers that lie on the device, and targets that only a kernel sees.
#include <gtest/gtest.h>

#include "kernel_tools.h"
#include "tinygrad/tinygrad.h"

namespace tinygrad {
namespace {

using kernel_tests::Data;
using kernel_tests::OnHost;

Backend& opencl() { return backend(Device("opencl")); }

template <class Step>
void expect_same_step(const std::function<bool(OnHost&, Views, Views, Views, Views, const Step&)>& run, Step numbers, Step views) {
  std::vector<std::vector<char>> results;
  for (const Step& step : {numbers, views}) {
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
  expect_same_step<SgdStep>([](auto& k, Views w, Views g, Views m, Views, auto& s) { return k.sgd(w, g, m, s); },
                            {.lr = Scalar(0.25), .momentum = 0.5}, {.lr = lr.view, .momentum = 0.5});
  expect_same_step<AdamStep>([](auto& k, Views w, Views g, Views m, Views v, auto& s) { return k.adam(w, g, m, v, s); },
                             {.lr = Scalar(0.25), .step = Scalar(3)}, {.lr = lr.view, .step = step.view});
}

TEST(OpenClOptimizers, TakeManyParametersOfAnySize) {
  std::vector<std::unique_ptr<Data>> w, g;
  std::vector<View> ws, gs;
  for (std::int64_t n : {0, 1, 4095, 4096, 0, 4097, 20000, 17, 3}) {
    w.push_back(std::make_unique<Data>(float32, Shape{n})), g.push_back(std::make_unique<Data>(float32, Shape{n}));
    w.back()->random(1), g.back()->random(2);
    ws.push_back(w.back()->view), gs.push_back(g.back()->view);
  }
  std::vector<std::vector<double>> expected;
  for (std::size_t k = 0; k < w.size(); ++k) {
    expected.emplace_back();
    for (std::int64_t i = 0; i < ws[k].count(); ++i) expected.back().push_back(w[k]->at(i) - 0.5 * g[k]->at(i));
  }
  OnHost kernels(opencl());
  ASSERT_TRUE(kernels.sgd(ws, gs, {}, {.lr = Scalar(0.5)}));
  for (std::size_t k = 0; k < w.size(); ++k)
    for (std::int64_t i = 0; i < ws[k].count(); ++i) ASSERT_EQ(w[k]->at(i), expected[k][std::size_t(i)]) << k << ", " << i;
}

TEST(OpenClDropout, ReadsTheCallFromTheDevice) {
  Data of_number(float32, {3003}), of_view(float32, {3003});
  Data ones_there(float32, {3003}), number(int64, {});
  for (int i = 0; i < 3003; ++i) ones_there.set(i, 1);
  number.set(0, double(std::int64_t(1) << 40 | 5));
  OnHost kernels(opencl());
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, Scalar(std::int64_t(1) << 40 | 5)}, of_number.view));
  ASSERT_TRUE(kernels.dropout(ones_there.view, 0.4, {7, number.view}, of_view.view));
  EXPECT_EQ(of_number.bytes(), of_view.bytes());
  Data on_cpu(float32, {3003});
  ASSERT_TRUE(kernel_tests::cpu().dropout(ones_there.view, 0.4, {7, Scalar(std::int64_t(1) << 40 | 5)}, on_cpu.view));
  EXPECT_EQ(of_number.bytes(), on_cpu.bytes());
}

TEST(OpenClCrossEntropy, ABadTargetIsReportedByTheNextRead) {
  const Tensor x = rand({300, 4}, {.device = "opencl"}).requires_grad_();
  std::vector<std::int64_t> labels(300, 1);
  labels[77] = 4, labels[210] = -1;
  const Tensor target = from_vector(labels, Device("opencl"));
  const Tensor loss = cross_entropy(x, target);
  loss.backward();
  try {
    loss.item<float>();
    FAIL() << "nothing was thrown";
  } catch (const IndexError& error) {
    EXPECT_NE(std::string(error.what()).find("cross_entropy: index 4 at position 77 is not in [0, 4)"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(x.grad().to_vector<float>());  // said once
}

}  // namespace
}  // namespace tinygrad
