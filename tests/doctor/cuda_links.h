// SPDX-License-Identifier: MIT
// Names the CUDA chain's links, and the commands that several of them end with.
#pragma once
#include "doctor/fake_nvidia.h"
#include "doctor/links.h"

namespace tinygrad::doctor::cuda_chain {

inline Link link(const FakeSystem& system, Text name, const std::string& subject = "") {
  return link_of(system, "cuda", name, subject);
}
inline std::string on(NvidiaSystem system, const char* id, const char* version,
                      const char* codename, Text name) {
  return command_on(system, "cuda", id, version, codename, name);
}

inline std::string from_nvidia(const std::string& distribution, const std::string& commands) {
  return "sudo apt-get install ./cuda-keyring_1.1-1_all.deb && sudo apt-get update && " + commands +
         "  # cuda-keyring: NVIDIA's CUDA download page, " + distribution;
}
inline std::string nvidias_fedora(const std::string& packages_and_more) {
  return "sudo dnf install " + packages_and_more +
         "  # with NVIDIA's repository, which its CUDA download page adds";
}
inline const std::string rpm_fusion =
    "sudo dnf install fedora-workstation-repositories && sudo dnf config-manager setopt "
    "rpmfusion-nonfree-nvidia-driver.enabled=1 && sudo dnf "
    "install ";
inline const Commands newest_driver = {
    "sudo apt-get install nvidia-driver-580-open && sudo reboot",
    rpm_fusion + "akmod-nvidia xorg-x11-drv-nvidia-cuda && sudo akmods --force && sudo reboot",
    "sudo pacman -S nvidia-open && sudo reboot"};
inline const Commands old_driver = {
    "sudo apt-get install nvidia-driver-580 && sudo reboot",
    rpm_fusion +
        "akmod-nvidia-580xx xorg-x11-drv-nvidia-580xx-cuda && sudo akmods --force && sudo reboot",
    "yay -S nvidia-580xx-dkms && sudo reboot"};
inline std::string wheel(const std::string& package) {
  return "python3 -m venv ~/cudnn && ~/cudnn/bin/pip install '" + package +
         "' && export CUDNN_ROOT=$(echo ~/cudnn/lib/python3*/site-packages/nvidia/cudnn)";
}
inline Commands build(const std::string& options) {
  return "cmake -B build/cuda " + options + " && cmake --build build/cuda";
}
inline const std::string kernels_words = "sudo dmesg | grep -iE 'nvrm|nvidia'";

}  // namespace tinygrad::doctor::cuda_chain
