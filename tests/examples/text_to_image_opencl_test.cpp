// SPDX-License-Identifier: MIT
// Tests the networks of examples/text_to_image on OpenCL: the same losses and gradients as on the
// CPU.
#include <gtest/gtest.h>

#include <algorithm>

#include "text_to_image_model.h"

namespace text_to_image {
namespace {

using tg::Tensor;

struct Result {
  std::vector<double> losses;
  std::vector<Tensor> grads;
};
Result run_on(const tg::Device& device) {
  tg::manual_seed(1);
  Model model({.channels = 8, .text = 8, .autoencoder = 8});
  model.to(device);
  model.eval();  // the mean of the latents, not a draw
  const auto there = [&](const Tensor& x) { return x.to(device); };
  const Tensor x = there(tg::rand({2, 3, 16, 16})), z = there(tg::randn({2, 4, 4, 4})),
               ids = there(tg::stack({tokens_of("a red 3"), tokens_of("红色的3在蓝色的7上面")}));
  const Tensor pixels = model.autoencoder.loss_of(x),
               v = model.denoiser(z, there(tg::tensor({3, 700})), model.denoiser.text(ids)),
               velocity = mean(square(v - z));
  (pixels / 1000 + velocity).backward();
  Result result = {{pixels.item<double>(), velocity.item<double>()}, {}};
  for (const Tensor& p : model.parameters()) result.grads.push_back(p.grad().to("cpu"));
  return result;
}

TEST(TextToImageOpenCL, TrainsAsOnTheCpu) {
  if (std::ranges::count(tg::devices(), tg::Device("opencl")) == 0) GTEST_SKIP() << "no OpenCL";
  const Result cpu = run_on("cpu"), opencl = run_on("opencl");
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_NEAR(opencl.losses[i], cpu.losses[i], 1e-4 * cpu.losses[i]);
  // Sums of up to a thousand products in another order, through thirty layers.
  for (std::size_t i = 0; i < cpu.grads.size(); ++i)
    EXPECT_LT(norm(opencl.grads[i] - cpu.grads[i]).item<double>(),
              1e-3 * norm(cpu.grads[i]).item<double>() + 1e-6)
        << i;
}

}  // namespace
}  // namespace text_to_image
