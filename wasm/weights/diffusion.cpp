// SPDX-License-Identifier: MIT
// Trains the small U-Net of lab_diffusion on MNIST for the page that draws digits out of noise:
// train_painter STEPS FILE.safetensors
#include <tinygrad/io.h>
#include <tinygrad/vision/datasets.h>

#include <cstdio>
#include <cstdlib>

#include "common/cosine_schedule.h"
#include "labs/diffusion_nets.h"

int main(int argc, char** argv) {
  namespace tg = tinygrad;
  if (argc != 3) return std::fprintf(stderr, "usage: train_painter STEPS FILE\n"), 2;
  tg::manual_seed(1);
  const auto data =
      tg::vision::mnist(tg::vision::data_folder("", "mnist"), tg::vision::Split::train);
  lab::SmallUNet net(16, 10);
  const lab::models::DDIMScheduler s(common::cosine_schedule());
  for (double loss : lab::fit(net, s, data.x * 2 - 1, data.y, 10, std::atoi(argv[1])))
    std::printf("%.4f\n", loss);
  tg::save_safetensors(net.state_dict(), argv[2]);
}
