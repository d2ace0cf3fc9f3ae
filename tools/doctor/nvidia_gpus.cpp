// SPDX-License-Identifier: MIT
// Sources of the table:
// - ids: the PCI ID database (package pci.ids), whose chips begin with GK, GM, GP, GV, TU, GA, GH,
//   AD or GB; NVIDIA's list of GPUs for its open kernel modules (open-gpu-kernel-modules,
//   README.md).
// - compute capabilities: NVIDIA's page "CUDA GPU Compute Capability".
// - last and first toolkits and drivers: NVIDIA's "CUDA Toolkit, Driver, and Architecture Matrix"
//   (Fermi: CUDA 8, R390; Kepler: CUDA 11, R470; Maxwell, Pascal and Volta: CUDA 12, R580;
//   Blackwell from CUDA 12.8 on, which came with R570).
// - kernel modules: NVIDIA's driver installation guide, "Kernel Modules".
#include "nvidia_gpus.h"

#include <cstdio>

namespace tinygrad::doctor {
namespace {

constexpr NvidiaGpu gpus[] = {
    {0x0040, 0x0FBF, "Fermi", {2, 0}, 0, 390, 8},
    {0x1040, 0x117F, "Fermi", {2, 0}, 0, 390, 8},  // or older still
    {0x0FC0, 0x103F, "Kepler", {3, 0}, 0, 470, 11},
    {0x1180, 0x12BA, "Kepler", {3, 0}, 0, 470, 11},
    {0x1340, 0x13BF, "Maxwell", {5, 0}, 0, 580, 12},
    {0x13C0, 0x143F, "Maxwell", {5, 2}, 0, 580, 12},
    {0x15F0, 0x15FF, "Pascal", {6, 0}, 0, 580, 12},
    {0x1617, 0x1667, "Maxwell", {5, 2}, 0, 580, 12},
    {0x1725, 0x172F, "Pascal", {6, 0}, 0, 580, 12},
    {0x174D, 0x179C, "Maxwell", {5, 0}, 0, 580, 12},
    {0x17C2, 0x17FD, "Maxwell", {5, 2}, 0, 580, 12},
    {0x1B00, 0x1D56, "Pascal", {6, 1}, 0, 580, 12},
    {0x1D81, 0x1DF6, "Volta", {7, 0}, 0, 580, 12},
    {0x1E02, 0x1FF9, "Turing", {7, 5}, 0, 0, 0},
    {0x2080, 0x20FF, "Ampere", {8, 0}, 0, 0, 0},
    {0x2182, 0x21D1, "Turing", {7, 5}, 0, 0, 0},
    {0x2200, 0x223F, "Ampere", {8, 6}, 0, 0, 0},
    {0x2300, 0x237F, "Hopper", {9, 0}, 0, 0, 0},
    {0x2414, 0x25FB, "Ampere", {8, 6}, 0, 0, 0},
    {0x2681, 0x28FB, "Ada", {8, 9}, 0, 0, 0},
    {0x2900, 0x29FF, "Blackwell", {10, 0}, 570, 0, 0},
    {0x2B80, 0x2DFF, "Blackwell", {12, 0}, 570, 0, 0},
    {0x2E00, 0x2E7F, "Blackwell", {12, 1}, 570, 0, 0},
    {0x2F00, 0x2F7F, "Blackwell", {12, 0}, 570, 0, 0},
    {0x3182, 0x31C2, "Blackwell", {10, 3}, 570, 0, 0},
};

}  // namespace

std::string to_string(Capability c) {
  return std::to_string(c.major) + "." + std::to_string(c.minor);
}
Capability capability_of(const std::string& text) {
  Capability c;
  return std::sscanf(text.c_str(), "%d.%d", &c.major, &c.minor) == 2 ? c : Capability{};
}

const NvidiaGpu* find_nvidia_gpu(std::uint16_t device) {
  for (const NvidiaGpu& gpu : gpus)
    if (device >= gpu.first && device <= gpu.last) return &gpu;
  return nullptr;
}

}  // namespace tinygrad::doctor
