// SPDX-License-Identifier: MIT
// Tests the network of examples/ddpm on OpenCL: the same velocity and gradients as on the CPU.
#include <gtest/gtest.h>

#include <algorithm>

#include "ddpm_unet.h"
#include "tinygrad/tinygrad.h"

namespace ddpm {
namespace {

using tg::Tensor;

struct Result {
  Tensor loss;
  std::vector<Tensor> grads;
};
Result run_on(const tg::Device& device) {
  tg::manual_seed(1);
  UNet net({.channels = 8, .side = 8, .control = true, .rank = 2});
  {
    const tg::NoGrad off;  // values where the network begins with zeros
    for (const Tensor& p : net.parameters()) Tensor(p).copy_(p + 0.05 * tg::randn(p.shape()));
  }
  net.to(device);
  const auto there = [&](const Tensor& x) { return x.to(device); };
  const Tensor x = there(tg::randn({2, 1, 8, 8})), edges = there(tg::rand({2, 1, 8, 8}));
  const Tensor loss =
      mean(square(net(x, there(tg::tensor({3, 700})), there(tg::tensor({4, 10})), edges)));
  loss.backward();
  Result result = {loss.detach().to("cpu"), {}};
  for (const Tensor& p : net.parameters()) result.grads.push_back(p.grad().to("cpu"));
  return result;
}

TEST(DdpmOpenCL, TrainsAsOnTheCpu) {
  if (std::ranges::count(tg::devices(), tg::Device("opencl")) == 0) GTEST_SKIP() << "no OpenCL";
  const Result cpu = run_on("cpu"), opencl = run_on("opencl");
  EXPECT_NEAR(opencl.loss.item<double>(), cpu.loss.item<double>(), 1e-4 * cpu.loss.item<double>());
  // Sums of up to a thousand products in another order, through thirty layers.
  for (std::size_t i = 0; i < cpu.grads.size(); ++i)
    EXPECT_LT(norm(opencl.grads[i] - cpu.grads[i]).item<double>(),
              1e-3 * norm(cpu.grads[i]).item<double>() + 1e-6)
        << i;
}

}  // namespace
}  // namespace ddpm
