// SPDX-License-Identifier: MIT
// Commands that repair the CUDA chain. Sources of the names of packages:
// - Debian's own drivers are 535 (12) and 550 (13 and later): none runs CUDA 13. NVIDIA's
//   repository for Debian and Ubuntu, which the package cuda-keyring adds, has nvidia-open (from
//   Turing on), cuda-drivers (proprietary; nvidia-driver-pinning-580 keeps it at the last branch
//   for older GPUs), cuda-toolkit, libcublas and cudnn9-cuda-13: NVIDIA's driver installation
//   guide, CUDA's and cuDNN's.
// - Ubuntu has nvidia-driver-580 and nvidia-driver-580-open from 22.04 on; 580 runs all of CUDA 12
//   and 13. Its nvcc (11.5, 12.0) and Debian's (11.8, 12.4) are older than NVIDIA's.
// - Fedora's drivers are RPM Fusion's (akmod-nvidia; akmod-nvidia-580xx for GPUs before Turing),
//   whose repository of drivers Fedora's fedora-workstation-repositories contains; its toolkit is
//   NVIDIA's.
// - Addresses of repositories are not written here: they change, and NVIDIA's download page names
//   the one for each distribution.
// - Arch has nvidia-open, cuda and cudnn; since 590, GPUs before Turing need nvidia-580xx-dkms of
//   the AUR, whose cuda-pascal is CUDA 12.9.
// - Python's nvidia-cudnn-cu12 and -cu13 hold cuDNN with its headers; the last for GPUs before
//   Turing is 9.10 (cuDNN's support matrix).
// - Secure Boot: dkms(8) keeps its key in /var/lib/dkms, Ubuntu in /var/lib/shim-signed/mok, RPM
//   Fusion's akmods in /etc/pki/akmods.
#include "remedies.h"

namespace tinygrad::doctor::remedy {
namespace {

const std::string reboot = " && sudo reboot";
const std::string rpm_fusion =
    "sudo dnf install fedora-workstation-repositories && sudo dnf config-manager setopt "
    "rpmfusion-nonfree-nvidia-driver.enabled=1 && sudo dnf "
    "install ";

/// NVIDIA's name for a distribution: it serves Debian's releases and Ubuntu's with long support.
std::string repository(const Distribution& here) {
  if (here.is("debian")) return here.number() == 12 ? "debian12" : "debian13";
  if (!here.is("ubuntu")) return "ubuntu2404";
  return here.number() < 24 ? "ubuntu2204" : here.number() < 26 ? "ubuntu2404" : "ubuntu2604";
}
std::string from_nvidia(const Distribution& here, const std::string& packages,
                        const std::string& then = "") {
  return install + "./cuda-keyring_1.1-1_all.deb && sudo apt-get update && " + install + packages +
         then + "  # cuda-keyring: NVIDIA's CUDA download page, " + repository(here);
}
std::string from_nvidia_on_fedora(const std::string& packages, const std::string& then = "") {
  return "sudo dnf install " + packages + then +
         "  # with NVIDIA's repository, which its CUDA download page adds";
}

/// An environment of Python's own, which leaves the system as it is.
std::string from_python(const std::string& package) {
  return "python3 -m venv ~/cudnn && ~/cudnn/bin/pip install '" + package +
         "' && export CUDNN_ROOT=$(echo ~/cudnn/lib/python3*/site-packages/nvidia/cudnn)";
}
std::string version_of_toolkit(int cuda_major) { return cuda_major == 12 ? "12-9" : "13-0"; }

}  // namespace

Commands cuda_driver(const Distribution& here, const NvidiaGpu* gpu) {
  const bool old = gpu && gpu->last_driver != 0;
  std::string debian = install + (old ? "nvidia-driver-580" : "nvidia-driver-580-open");
  if (here.is("debian"))
    debian = from_nvidia(here,
                         old ? "nvidia-driver-pinning-580 && " + install + "cuda-drivers"
                             : "linux-headers-amd64 nvidia-open",
                         reboot);
  else debian += reboot;
  const std::string fedora = old ? "akmod-nvidia-580xx xorg-x11-drv-nvidia-580xx-cuda"
                                 : "akmod-nvidia xorg-x11-drv-nvidia-cuda";
  return {debian, rpm_fusion + fedora + " && sudo akmods --force" + reboot,
          (old ? "yay -S nvidia-580xx-dkms" : "sudo pacman -S nvidia-open") + reboot};
}

Commands libcuda(const Distribution& here, int branch) {
  return {
      install + (here.is("debian") ? "libcuda1" : "libnvidia-compute-" + std::to_string(branch)),
      "sudo dnf install xorg-x11-drv-nvidia-cuda-libs", "sudo pacman -S nvidia-utils"};
}

Commands keep_nouveau_out() {
  const std::string file =
      "echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/no-nouveau.conf && ";
  return {file + "sudo update-initramfs -u" + reboot,
          "sudo grubby --update-kernel=ALL --args='rd.driver.blacklist=nouveau "
          "modprobe.blacklist=nouveau'" +
              reboot,
          file + "sudo mkinitcpio -P" + reboot};
}

Commands sign_module(const Distribution& here) {
  const std::string import = "sudo mokutil --import ", dkms = "/var/lib/dkms/mok.pub";
  return {import + (here.is("debian") ? dkms : "/var/lib/shim-signed/mok/MOK.der") + reboot,
          "sudo kmodgenca -a; " + import + "/etc/pki/akmods/certs/public_key.der" + reboot,
          import + dkms + reboot};
}

Commands build_module() {
  const std::string with_dkms = " && sudo dkms autoinstall && sudo modprobe nvidia";
  return {
      install + "linux-headers-$(uname -r)" + with_dkms,
      "sudo dnf install kernel-devel-$(uname -r) && sudo akmods --force && sudo modprobe nvidia",
      "sudo pacman -S linux-headers" + with_dkms};
}

Commands fabric_manager() { return {"sudo systemctl enable --now nvidia-fabricmanager"}; }

Commands cublas(const Distribution& here, int cuda_major) {
  const std::string package = "libcublas-" + version_of_toolkit(cuda_major);
  return {from_nvidia(here, package), from_nvidia_on_fedora(package),
          cuda_major == 12 ? "yay -S cuda-pascal" : "sudo pacman -S cuda"};
}

Commands cudnn(const Distribution& here, int cuda_major) {
  const std::string major = std::to_string(cuda_major),
                    wheel = from_python("nvidia-cudnn-cu" + major);
  return {from_nvidia(here, "cudnn9-cuda-" + major), wheel,
          cuda_major == 12 ? wheel : "sudo pacman -S cudnn"};
}
Commands cudnn_for_old_gpus() { return from_python("nvidia-cudnn-cu12<9.11"); }

Commands toolkit_and_build(const Distribution& here, int cuda_major, Capability gpu) {
  const std::string package = "cuda-toolkit-" + version_of_toolkit(cuda_major);
  std::string options = "-DTINYGRAD_CUDA=ON";
  if (gpu)
    options += " -DTINYGRAD_CUDA_ARCHITECTURES=" + std::to_string(10 * gpu.major + gpu.minor);
  const bool older = cuda_major == 12;  // a newer one may be there, too
  const std::string then =
      " && " + build((older ? "-DCUDA_NVCC=/usr/local/cuda-12.9/bin/nvcc " : "") + options).debian;
  return {from_nvidia(here, package, then), from_nvidia_on_fedora(package, then),
          (older ? "yay -S cuda-pascal && " : "sudo pacman -S cuda && ") +
              build("-DCUDA_NVCC=/opt/cuda/bin/nvcc " + options).debian};
}

Commands build(const std::string& options) {
  return "cmake -B build/cuda " + options + " && cmake --build build/cuda";
}

}  // namespace tinygrad::doctor::remedy
