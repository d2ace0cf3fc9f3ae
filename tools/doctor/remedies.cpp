// SPDX-License-Identifier: MIT
// Sources of the names of packages: the package searches of Debian, Ubuntu, Fedora and Arch.
// - Debian 12 has intel-opencl-icd 22.43, Ubuntu 22.04 and 24.04 have 22.14 and 23.43: all serve
//   Gen8 to Gen12, none needs a legacy package. Debian 13 has no intel-opencl-icd at all (only
//   unstable has). Ubuntu has intel-opencl-icd-legacy from 25.10 on.
// - Elsewhere there are Intel's own packages; their names are those of its releases 26.05.37020.3
//   (needs glibc 2.38, so neither Debian 12 nor Ubuntu 22.04) and, for Gen8 to Gen11,
//   24.35.30872.36 (documentation: LEGACY_PLATFORMS.md).
// - Fedora's loader was ocl-icd and is OpenCL-ICD-Loader: dnf is asked for the library instead. Its
//   driver for old chips is Mesa's.
#include "remedies.h"

#include "backends/opencl/open_problem.h"

namespace tinygrad::doctor::remedy {
namespace {

const std::string releases = "https://github.com/intel/compute-runtime/releases/download/";
const std::string compilers = "https://github.com/intel/intel-graphics-compiler/releases/download/";
const std::string old_chips_fedora =
    "sudo dnf install mesa-libOpenCL && export RUSTICL_ENABLE=iris";
const std::string old_chips_arch = "yay -S intel-compute-runtime-legacy-bin";

std::string fetch_and_install(const std::string& urls) {
  return "cd $(mktemp -d) && wget " + urls + " && " + install + "./*.deb";
}

std::string intels_newest() {
  return fetch_and_install(
      compilers + "v2.28.4/intel-igc-{core,opencl}-2_2.28.4+20760_amd64.deb " + releases +
      "26.05.37020.3/{intel-opencl-icd_26.05.37020.3-0,libigdgmm12_22.9.0}_amd64.deb");
}
/// igc goes to /usr/local/lib, hence ldconfig. libigdgmm12 is installed too if the distribution's
/// is older than 22.5.
std::string intels_legacy(bool with_libigdgmm) {
  const std::string driver = with_libigdgmm
                                 ? "{intel-opencl-icd-legacy1_24.35.30872.36,libigdgmm12_22.5.0}"
                                 : "intel-opencl-icd-legacy1_24.35.30872.36";
  return fetch_and_install(compilers +
                           "igc-1.0.17537.24/intel-igc-{core,opencl}_1.0.17537.24_amd64.deb " +
                           releases + "24.35.30872.36/" + driver + "_amd64.deb") +
         " && sudo ldconfig";
}

bool debian_12_or_older(const Distribution& d) {
  return d.is("debian") && d.number() > 0 && d.number() < 13;
}
bool debian_13(const Distribution& d) { return d.is("debian") && d.number() == 13; }
bool has_old_driver(const Distribution& d) {
  return debian_12_or_older(d) || (d.is("ubuntu") && d.number() < 24.10);
}
bool has_legacy_package(const Distribution& d) {
  return (d.is("ubuntu") && d.number() >= 25.10) || (d.is("debian") && d.number() == 0);
}

}  // namespace

Commands loader() {
  return {install + "ocl-icd-libopencl1", "sudo dnf install 'libOpenCL.so.1()(64bit)'",
          "sudo pacman -S ocl-icd"};
}
Commands pocl() {
  return {install + "pocl-opencl-icd", "sudo dnf install pocl", "sudo pacman -S pocl"};
}
Commands nvidia(const Distribution& here) {
  return {here.is("ubuntu") ? "sudo ubuntu-drivers install" : install + "nvidia-opencl-icd",
          "sudo dnf install xorg-x11-drv-nvidia-cuda", "sudo pacman -S opencl-nvidia"};
}
Commands amd() {
  const std::string enable = " && export RUSTICL_ENABLE=radeonsi";
  return {install + "mesa-opencl-icd" + enable, "sudo dnf install mesa-libOpenCL" + enable,
          "sudo pacman -S opencl-mesa" + enable};
}

Commands intel(const Distribution& here, bool legacy) {
  if (!legacy)
    return {debian_13(here) ? intels_newest() : install + "intel-opencl-icd",
            "sudo dnf install intel-compute-runtime", "sudo pacman -S intel-compute-runtime"};
  const std::string debian = debian_13(here)            ? intels_legacy(false)
                             : has_legacy_package(here) ? install + "intel-opencl-icd-legacy"
                                                        : install + "intel-opencl-icd";
  return {debian, old_chips_fedora, old_chips_arch};
}

Commands newer_intel(const Distribution& here) {
  std::string debian = intels_newest();
  if (here.is("ubuntu") && here.number() < 24) debian = "sudo do-release-upgrade";
  if (debian_12_or_older(here))
    debian = "sudo sed -i 's/" + here.codename +
             "/trixie/g' /etc/apt/sources.list /etc/apt/sources.list.d/*; sudo apt-get update && "
             "sudo apt-get full-upgrade";
  return {debian, "sudo dnf upgrade --refresh intel-compute-runtime",
          "sudo pacman -Syu intel-compute-runtime"};
}

Commands legacy_intel(const Distribution& here, bool beside) {
  const std::string debian = has_legacy_package(here)
                                 ? install + "intel-opencl-icd-legacy"
                                 : intels_legacy(!beside && has_old_driver(here));
  return {debian, old_chips_fedora, old_chips_arch};
}

Commands replace_beignet(const Distribution& here, bool legacy) {
  const Commands driver = intel(here, legacy);
  return {"sudo apt-get remove beignet-opencl-icd && " + driver.debian,
          "sudo dnf remove beignet && " + driver.fedora,
          "sudo pacman -R beignet && " + driver.arch};
}

Commands reinstall(const std::string& file) {
  return {install + "--reinstall $(dpkg -S " + file + " | cut -d: -f1)",
          "sudo dnf reinstall $(rpm -qf " + file + ")",
          "sudo pacman -S $(pacman -Qoq " + file + ")"};
}
Commands remove(const std::string& file) {
  return {"sudo apt-get remove $(dpkg -S " + file + " | cut -d: -f1)",
          "sudo dnf remove $(rpm -qf " + file + ")", "sudo pacman -R $(pacman -Qoq " + file + ")"};
}
Commands hide(const std::string& icd_file) {
  return "sudo mv " + icd_file + " " + icd_file + ".off";
}

Commands write_icd(const std::string& icd_file, const std::string& library) {
  const bool of_system = icd_file.starts_with("/etc/") || icd_file.starts_with("/usr/");
  return "echo " + library + (of_system ? " | sudo tee " : " > ") + icd_file;
}
Commands library(const std::string& missing) {
  const std::string package = tinygrad::opencl::python_package_of(missing);
  return package.empty() ? Commands() : "pip install " + package;
}

Commands unset(const std::string& variable) {
  Commands commands("unset " + variable);
  commands.windows = "set " + variable + "=";  // in PowerShell: $env:VARIABLE = ""
  return commands;
}

Commands join_group(const std::string& group) {
  return "sudo usermod -aG " + group + " $USER && newgrp " + group;
}
Commands newer_kernel(const Distribution& here) {
  const std::string debian = here.is("ubuntu")
                                 ? "linux-generic-hwe-" + here.version
                                 : "-t " + here.codename + "-backports linux-image-amd64";
  return {install + debian + " && sudo reboot", "sudo dnf upgrade --refresh kernel && sudo reboot",
          "sudo pacman -Syu linux && sudo reboot"};
}
Commands allow_modesetting() {
  const std::string edit = "sudo sed -i 's/ *nomodeset//' /etc/default/grub && ";
  return {edit + "sudo update-grub && sudo reboot",
          "sudo grubby --update-kernel=ALL --remove-args=nomodeset && sudo reboot",
          edit + "sudo grub-mkconfig -o /boot/grub/grub.cfg && sudo reboot"};
}

}  // namespace tinygrad::doctor::remedy
