// SPDX-License-Identifier: MIT
// Checks the CUDA chain: GPU, driver, its files, the CUDA version that it runs, toolkit, runtime,
// cuBLASLt, cuDNN, NCCL, code for the GPU, tinygrad.
#include "chains/cuda.h"

#include "chains/chains.h"
#include "chains/windows.h"
#include "remedies.h"

namespace tinygrad::doctor {
namespace cuda {
namespace {

void append(std::vector<Link>& to, std::vector<Link> from) {
  for (Link& link : from) to.push_back(std::move(link));
}

std::vector<Link> library_links(const Surroundings& here, const Found& found) {
  if (!found.ends_us) return {cublaslt_link(here, found), cudnn_link(here, found), nccl_link(here)};
  std::vector<Link> links;
  for (Text name : {Text::cublaslt, Text::cudnn, Text::nccl})
    links.push_back({.name = name, .state = State::skipped, .what = {Text::not_reached}});
  return links;
}

/// Tells the user how to see that the GPU is at work.
Link monitor_link(const Surroundings& here) {
  if (here.windows) return windows::monitor_link();
  return {.name = Text::monitor,
          .state = State::note,
          .what = {here.wsl ? Text::monitor_windows : Text::monitor_linux},
          .mend = {here.wsl ? "/usr/lib/wsl/lib/nvidia-smi" : "watch -n 1 nvidia-smi"}};
}

}  // namespace

bool Found::old_gpu() const {
  for (const Device& device : devices)
    if (!makes_code_for(13, device.capability)) return true;
  return devices.empty() && on_bus && !makes_code_for(13, on_bus);
}

int Found::cuda_major() const {
  if (build.toolkit) return major_of(build.toolkit);
  return old_gpu() || major_of(driver) == 12 ? 12 : 13;
}

}  // namespace cuda

Chain walk_cuda(const Surroundings& here) {
  using namespace cuda;
  Chain chain{"CUDA", "cuda"};
  const Graphics* card = card_of(here);
  Found found{.expected = card || here.wsl == 2, .build = here.system.cuda_build()};
  if (card && card->gpu) found.on_bus = card->gpu->capability;
  chain.links.push_back(gpu_link(here));
  append(chain.links, here.windows ? windows::card_links(here, true) : driver_links(here));
  append(chain.links, version_links(here, found));
  append(chain.links,
         {here.windows ? windows::toolkit_link(here, found) : toolkit_link(here, found),
          runtime_link(here, found)});
  append(chain.links,
         here.windows ? windows::library_links(here, found) : library_links(here, found));
  append(chain.links, architecture_links(here, found));
  for (Link& link : tinygrad_links(here, "cuda", found.reachable,
                                   {found.build.toolkit != 0, remedy::build("-DTINYGRAD_CUDA=ON")}))
    chain.works = chain.works || link.state == State::ok, chain.links.push_back(std::move(link));
  if (chain.works) chain.links.push_back(monitor_link(here));
  return chain;
}

}  // namespace tinygrad::doctor
