// SPDX-License-Identifier: MIT
// Tests the CUDA chain from the GPU to the version that its driver runs, on machines with one
// broken link: whole sentences, and the commands for each distribution.
#include <gtest/gtest.h>

#include <csignal>

#include "doctor/cuda_links.h"

namespace tinygrad::doctor::cuda_chain {
namespace {

TEST(DoctorCuda, FindsNothingWrongWhereNothingIs) {
  const NvidiaSystem desktop;
  const Report report = report_on(desktop, "cuda");
  ASSERT_EQ(report.chains.size(), 1u);
  std::string names;
  for (const Link& l : report.chains[0].links) {
    names += in_words({l.name}, Language::english) + ", ";
    EXPECT_TRUE(l.state == State::ok || l.name == Text::monitor) << text(l);
    EXPECT_TRUE(l.mend.empty() || l.name == Text::monitor) << text(l);
  }
  EXPECT_EQ(names,
            "GPU, driver, permission, CUDA version, device, toolkit, runtime, cuBLASLt, cuDNN, "
            "NCCL, architecture, tinygrad, monitor, ");
  EXPECT_TRUE(report.chains[0].works && report.asked.works);
  EXPECT_EQ(report.graphics, "NVIDIA Ada (10de:2684)");
  expect(link(desktop, Text::gpu), State::ok, "NVIDIA Ada (10de:2684): compute capability 8.9.");
  expect(link(desktop, Text::driver), State::ok, "NVIDIA's open kernel module is loaded.");
  EXPECT_EQ(link(desktop, Text::driver).version, "580.65.06");
  EXPECT_EQ(link(desktop, Text::driver).path, "/proc/driver/nvidia/version");
  expect(link(desktop, Text::permission), State::ok,
         "/dev/nvidiactl, /dev/nvidia0, /dev/nvidia-uvm may be read and written.");
  expect(link(desktop, Text::cuda_version), State::ok,
         "CUDA 13.0, nvidia-smi's number: this driver runs programs built with any CUDA 13.x, or "
         "an older one.");
  EXPECT_EQ(link(desktop, Text::cuda_version).version, "13.0");
  EXPECT_EQ(link(desktop, Text::cuda_version).path,
            "/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06");
  expect(link(desktop, Text::device), State::ok,
         "NVIDIA GeForce RTX 4090: compute capability 8.9, 128 multiprocessors, 24.0 GiB.");
  expect(link(desktop, Text::toolkit), State::ok,
         "This build was compiled with CUDA 13.0, nvcc's number. It need not be the driver's.");
  expect(link(desktop, Text::runtime), State::ok,
         "NVIDIA's runtime 13.0 is part of this program, and the driver (CUDA 13.0) is as new.");
  expect(link(desktop, Text::cublaslt), State::ok, "It multiplies matrices.");
  EXPECT_EQ(link(desktop, Text::cublaslt).version, "13.1.0");
  EXPECT_EQ(link(desktop, Text::cublaslt).path, desktop.cublas);
  expect(link(desktop, Text::cudnn), State::ok,
         "It convolves. This build's headers are of the same version.");
  EXPECT_EQ(link(desktop, Text::cudnn).version, "9.19.0");
  expect(link(desktop, Text::nccl), State::ok,
         "It connects several GPUs; tinygrad computes on one and does not need it.");
  EXPECT_EQ(link(desktop, Text::nccl).version, "2.28.9");
  expect(link(desktop, Text::architecture), State::ok,
         "NVIDIA GeForce RTX 4090 (8.9) runs this build's machine code for 8.0.");
  expect(link(desktop, Text::tinygrad), State::ok, "cuda: a product and its gradient are right.");
  expect(link(desktop, Text::monitor), State::note,
         "nvidia-smi shows whether the GPU is busy; most task managers show the processor only.",
         {"watch -n 1 nvidia-smi"});
}

// ------------------------------------------------------------ the GPU on the bus

TEST(DoctorCudaGpu, IsNotThere) {
  NvidiaSystem s;
  s.no_card(), s.no_module(), s.nothing_offered("there is no device \"cuda\"");
  expect(link(s, Text::gpu), State::broken,
         "No NVIDIA GPU was found on the PCI bus, so there is nothing that CUDA could compute on.");
  expect(link(s, Text::driver), State::skipped, "There is no NVIDIA GPU to drive.");
  expect(link(s, Text::cuda_version), State::skipped,
         "libcuda.so.1 is not here; it comes with NVIDIA's driver. (Programs get error 35, and 0 "
         "from cudaDriverGetVersion.)");
  expect(link(s, Text::runtime), State::ok,
         "NVIDIA's runtime 13.0 is part of this program: nothing of it has to be installed. It "
         "runs on any driver from 580 on.");
  expect(link(s, Text::architecture), State::ok,
         "This build has machine code for 7.5, 8.0, 9.0, 10.0, 12.0, and PTX of 12.0, from which "
         "the driver makes code for newer GPUs.");
  s.build.architectures = "75-real 90-real";
  EXPECT_EQ(text(link(s, Text::architecture)),
            "This build has machine code for 7.5, 9.0, and no PTX for newer GPUs.");
  expect(link(s, Text::tinygrad), State::skipped,
         "Offers no device \"cuda\" before the links above are mended.");
  EXPECT_FALSE(report_on(s, "cuda").asked.works || report_on(s, "cuda").chains[0].works);
  s.cublaslt_says(said("@missing libcublasLt.so.13: cannot open\n"));
  EXPECT_EQ(link(s, Text::cublaslt).state, State::note) << "nothing waits for it";
  s.chip(0x9A49);
  EXPECT_EQ(link(s, Text::gpu).what.text, Text::gpu_none) << "Intel's is none of NVIDIA's";
}

TEST(DoctorCudaGpu, IsOldOrUnknown) {
  NvidiaSystem s;
  s.card(0x10DE, 0x1B80);
  expect(link(s, Text::gpu), State::note,
         "NVIDIA Pascal (10de:1b80): compute capability 6.1. CUDA 13 makes no code for GPUs before "
         "7.5, and driver 580 is the last: it takes a build "
         "with CUDA 12.");
  s.card(0x10DE, 0x1180);
  expect(
      link(s, Text::gpu), State::broken,
      "NVIDIA Kepler (10de:1180): CUDA 11 was the last that made code for it; tinygrad needs 12.");
  s.card(0x10DE, 0x0DC4);
  EXPECT_EQ(
      text(link(s, Text::gpu)),
      "NVIDIA Fermi (10de:0dc4): CUDA 8 was the last that made code for it; tinygrad needs 12.");
  s.card(0x10DE, 0x4000);
  expect(link(s, Text::gpu), State::note,
         "NVIDIA (10de:4000): this program does not know it; probably it is newer.");
}

// ------------------------------------------------------------ the kernel's driver

TEST(DoctorCudaDriver, IsNotInstalled) {
  NvidiaSystem s;
  s.no_module();
  expect(link(s, Text::driver), State::broken,
         "NVIDIA Ada (10de:2684) is there, but NVIDIA's driver is not installed.", newest_driver);
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::driver),
            from_nvidia("debian12",
                        "sudo apt-get install linux-headers-amd64 nvidia-open && sudo reboot"));
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::driver),
            from_nvidia("debian13",
                        "sudo apt-get install linux-headers-amd64 nvidia-open && sudo reboot"));
  s.files["/sys/module/nouveau"] = "";
  expect(link(s, Text::driver), State::broken,
         "Linux drives NVIDIA Ada (10de:2684) with nouveau, which has no CUDA. NVIDIA's driver "
         "takes its place when it is installed.",
         newest_driver);
  s.card(0x10DE, 0x1B80);
  expect(link(s, Text::driver), State::broken,
         "Linux drives NVIDIA Pascal (10de:1b80) with nouveau, which has no CUDA. NVIDIA's driver "
         "takes its place when it is installed.",
         old_driver);
  EXPECT_EQ(on(s, "debian", "13", "trixie", Text::driver),
            from_nvidia("debian13",
                        "sudo apt-get install nvidia-driver-pinning-580 && sudo apt-get install "
                        "cuda-drivers && sudo reboot"));
}

TEST(DoctorCudaDriver, IsInstalledAndNotLoaded) {
  NvidiaSystem s;
  s.no_module(), s.modules("kernel/nvidia-580/nvidia.ko: kernel/drivers/acpi/video.ko\n");
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's kernel module is installed for this kernel, but not loaded. Where the command "
         "fails, sudo dmesg tells why.",
         {"sudo modprobe nvidia"});
  s.modules("updates/dkms/nvidia-current.ko.xz:\n");
  EXPECT_EQ(link(s, Text::driver).what.text, Text::module_not_loaded) << "Debian's name";
  s.files["/sys/module/nouveau"] = "";
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's driver is installed, but nouveau took NVIDIA Ada (10de:2684) before it. nouveau "
         "has to be kept from loading when Linux starts.",
         {"echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/no-nouveau.conf && sudo "
          "update-initramfs -u && sudo reboot",
          "sudo grubby --update-kernel=ALL --args='rd.driver.blacklist=nouveau "
          "modprobe.blacklist=nouveau' && sudo reboot",
          "echo 'blacklist nouveau' | sudo tee /etc/modprobe.d/no-nouveau.conf && sudo mkinitcpio "
          "-P && sudo reboot"});
}

TEST(DoctorCudaDriver, IsNotBuiltForThisKernel) {
  NvidiaSystem s;
  s.no_module(), s.modules("kernel/drivers/gpu/drm/i915/i915.ko:\n"),
      s.files["/usr/src/nvidia-580.65.06/dkms.conf"] = "";
  const Commands build = {
      "sudo apt-get install linux-headers-$(uname -r) && sudo dkms autoinstall && sudo modprobe "
      "nvidia",
      "sudo dnf install kernel-devel-$(uname -r) && sudo akmods --force && sudo modprobe nvidia",
      "sudo pacman -S linux-headers && sudo dkms autoinstall && sudo modprobe nvidia"};
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's driver is installed, but its module was not built for this kernel, "
         "6.8.0-31-generic.",
         build);
  s.erase("/usr/src/"), s.files["/usr/src/akmods/nvidia-kmod.latest"] = "";  // Fedora's
  EXPECT_EQ(link(s, Text::driver).what.text, Text::module_not_built);
}

TEST(DoctorCudaDriver, IsKeptOutBySecureBoot) {
  NvidiaSystem s;
  s.no_module(), s.modules("updates/dkms/nvidia.ko.zst:\n");
  const std::string variable =
      "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
  s.files[variable] = std::string("\6\0\0\0\0", 5);
  EXPECT_EQ(link(s, Text::driver).what.text, Text::module_not_loaded) << "Secure Boot is off";
  s.files[variable] = std::string("\6\0\0\0\1", 5);
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's kernel module is installed, but Secure Boot keeps out modules whose key the "
         "machine does not know. The command asks for a "
         "password; the blue screen after the restart (Enroll MOK) asks for it again.",
         {"sudo mokutil --import /var/lib/shim-signed/mok/MOK.der && sudo reboot",
          "sudo kmodgenca -a; sudo mokutil --import /etc/pki/akmods/certs/public_key.der && sudo "
          "reboot",
          "sudo mokutil --import /var/lib/dkms/mok.pub && sudo reboot"});
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::driver),
            "sudo mokutil --import /var/lib/dkms/mok.pub && sudo reboot");
}

TEST(DoctorCudaDriver, DoesNotServeTheGpu) {
  NvidiaSystem s;
  s.card(0x10DE, 0x1B80), s.module("595.71.05");
  expect(link(s, Text::driver), State::broken,
         "Driver 595.71.05 no longer serves NVIDIA Pascal (10de:1b80); 580 is the last that does.",
         old_driver);
  s.module("580.65.06");
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's open kernel module is loaded, which serves Turing and later. NVIDIA Pascal "
         "(10de:1b80) needs the proprietary one, of driver 580 "
         "or older.",
         old_driver);
  s.module("535.183.01", false);
  expect(link(s, Text::driver), State::ok, "NVIDIA's kernel module is loaded.");
  EXPECT_EQ(link(s, Text::driver).version, "535.183.01");
  s.card(0x10DE, 0x2B85);
  expect(link(s, Text::driver), State::broken,
         "Driver 535.183.01 does not know NVIDIA Blackwell (10de:2b85) yet; it takes 570.",
         newest_driver);
  s.module("580.65.06", false);
  expect(link(s, Text::driver), State::broken,
         "NVIDIA's proprietary kernel module is loaded; NVIDIA Blackwell (10de:2b85) needs the "
         "open one.",
         newest_driver);
  s.module("580.65.06");
  EXPECT_EQ(link(s, Text::driver).state, State::ok);
}

TEST(DoctorCudaDriver, WasNotGivenToTheContainer) {
  NvidiaSystem s;
  s.no_module(), s.files["/.dockerenv"] = "";
  expect(link(s, Text::driver), State::broken,
         "NVIDIA Ada (10de:2684) is there, but this container was started without NVIDIA's driver.",
         {"docker run --gpus all ..."});
}

TEST(DoctorCudaPermission, NeedsThreeFiles) {
  NvidiaSystem s;
  s.nodes.erase("/dev/nvidia-uvm");
  expect(link(s, Text::permission), State::broken,
         "/dev/nvidia-uvm is missing, though the kernel module is loaded: programs reach the GPU "
         "through it.",
         {"sudo nvidia-modprobe -c 0 -u"});
  s.files["/run/.containerenv"] = "";
  expect(link(s, Text::permission), State::broken,
         "/dev/nvidia-uvm is missing: this container was started without the GPU.",
         {"docker run --gpus all ..."});
  s.nodes["/dev/nvidia-uvm"] = {false, "video", false, false};
  expect(link(s, Text::permission), State::broken,
         "/dev/nvidia-uvm may not be opened: you are not in the group video.",
         {"sudo usermod -aG video $USER && newgrp video"});
  s.nodes["/dev/nvidia-uvm"] = {false, "video", true, false};
  EXPECT_EQ(link(s, Text::permission).what.text, Text::permission_at_login);
  s.nodes["/dev/nvidia-uvm"] = {false, "root", false, false};
  expect(link(s, Text::permission), State::broken, "/dev/nvidia-uvm may be opened by root alone.",
         {"sudo chmod a+rw /dev/nvidia-uvm"});
}

// ------------------------------------------------------------ the CUDA version that the driver
// runs

TEST(DoctorCudaVersion, LibraryIsMissing) {
  NvidiaSystem s;
  s.probes["cuda"] = said("@call dlopen\n@missing libcuda.so.1: cannot open shared object file\n");
  expect(link(s, Text::cuda_version), State::broken,
         "The kernel module is loaded, but libcuda.so.1 is missing: the driver's part that "
         "programs open. (libcuda.so.1: cannot open shared object "
         "file; programs get error 35, and 0 from cudaDriverGetVersion.)",
         {"sudo apt-get install libnvidia-compute-580",
          "sudo dnf install xorg-x11-drv-nvidia-cuda-libs", "sudo pacman -S nvidia-utils"});
  EXPECT_EQ(on(s, "debian", "12", "bookworm", Text::cuda_version), "sudo apt-get install libcuda1");
}

TEST(DoctorCudaVersion, IsTooOldForAnyBuild) {
  NvidiaSystem s;
  s.module("470.256.02", false),
      s.driver_says(11040, {{"NVIDIA GeForce GTX 1080", "6.1"}}, "470.256.02");
  expect(link(s, Text::cuda_version), State::broken,
         "CUDA 11.4: too old. tinygrad's builds with CUDA 12 need a driver from 525 on, those with "
         "CUDA 13 one from 580 on.",
         newest_driver);
  expect(link(s, Text::runtime), State::broken,
         "NVIDIA's runtime 13.0, part of this program, needs a driver from 580 on; this one runs "
         "CUDA 11.4. (Error 35, cudaErrorInsufficientDriver.)",
         newest_driver);
}

TEST(DoctorCudaVersion, CuInitHasManyErrors) {
  NvidiaSystem s;
  auto says = [&](int code) {
    return s.cu_init(code, "CUDA_ERROR_X"), link(s, Text::cuda_version);
  };
  expect(says(34), State::broken,
         "/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06 is a stub, which only serves to link "
         "programs: LD_LIBRARY_PATH must not name its folder.",
         {"export LD_LIBRARY_PATH=$(echo $LD_LIBRARY_PATH | tr : '\\n' | grep -v stubs | paste -sd "
          ":)"});
  expect(says(100), State::broken,
         "cuInit gave 100, no device: the driver is there, but shows no GPU. What the kernel says "
         "of it may tell why.",
         {kernels_words});
  expect(says(802), State::broken,
         "cuInit gave 802, not ready: GPUs that NVSwitch connects wait for the fabric manager.",
         {"sudo systemctl enable --now nvidia-fabricmanager"});
  expect(says(804), State::broken,
         "cuInit gave 804: /usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06 is of the package "
         "cuda-compat, which runs newer CUDA on older drivers of "
         "data centres, and on no other GPUs.",
         {"export LD_LIBRARY_PATH=$(echo $LD_LIBRARY_PATH | tr : '\\n' | grep -v compat | paste "
          "-sd :)"});
  expect(says(999), State::broken,
         "cuInit gave 999, unknown: most often the module nvidia_uvm is not loaded, or did not "
         "survive a suspend.",
         {"sudo modprobe -r nvidia_uvm; sudo modprobe nvidia_uvm"});
  expect(says(3), State::broken,
         "cuInit gave 3, CUDA_ERROR_X. What the kernel says of it may tell why.", {kernels_words});
  s.variables["CUDA_VISIBLE_DEVICES"] = "7";
  expect(says(100), State::broken,
         "cuInit gave 100, no device: CUDA_VISIBLE_DEVICES=7 hides the GPU.",
         {"unset CUDA_VISIBLE_DEVICES"});
  EXPECT_EQ(link(s, Text::tinygrad).state, State::skipped);
}

TEST(DoctorCudaVersion, ChangedUnderARunningKernel) {
  NvidiaSystem s;
  const std::string sentence =
      "The kernel module is of driver 550.90.07, libcuda.so.1 of 550.107.02: the driver was "
      "updated, and Linux not restarted since. (Error 803.)";
  s.module("550.90.07"), s.cu_init(803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "550.107.02");
  expect(link(s, Text::cuda_version), State::broken, sentence, {"sudo reboot"});
  s.cu_init(999, "CUDA_ERROR_UNKNOWN", "550.107.02");
  expect(link(s, Text::cuda_version), State::broken, sentence, {"sudo reboot"});
}

TEST(DoctorCudaVersion, MayCrashOrHang) {
  NvidiaSystem s;
  s.probes["cuda"] =
      crashed(SIGSEGV, "@call dlopen\n@library /usr/lib/libcuda.so.1\n@call cuInit\n");
  expect(link(s, Text::cuda_version), State::broken,
         "Opening libcuda.so.1 ends the program (SIGSEGV) in cuInit. Every CUDA program here "
         "suffers from it.",
         {"sudo apt-get install --reinstall $(dpkg -S /usr/lib/libcuda.so.1 | cut -d: -f1)",
          "sudo dnf reinstall $(rpm -qf /usr/lib/libcuda.so.1)",
          "sudo pacman -S $(pacman -Qoq /usr/lib/libcuda.so.1)"});
  for (Text later : {Text::cublaslt, Text::cudnn, Text::nccl})
    expect(link(s, later), State::skipped, "Not reached.");  // they open it, too
  s.probes["cuda"] = hung("@call dlopen\n");
  expect(link(s, Text::cuda_version), State::broken,
         "libcuda.so.1 does not come back from dlopen. Every CUDA program here waits for it.");
}

TEST(DoctorCudaVersion, ShowsEachDevice) {
  NvidiaSystem s;
  s.driver_says(13000, {{"NVIDIA H100 PCIe", "9.0"}, {"Tesla V100", "7.0"}});
  EXPECT_EQ(text(link(s, Text::device, "NVIDIA H100 PCIe")),
            "NVIDIA H100 PCIe: compute capability 9.0, 128 multiprocessors, 24.0 GiB.");
  EXPECT_EQ(link(s, Text::architecture, "NVIDIA H100 PCIe").state, State::ok);
  EXPECT_EQ(link(s, Text::architecture, "Tesla V100").state, State::broken);
}

// ------------------------------------------------------------ Windows

TEST(DoctorCudaWsl, LendsTheGpu) {
  const NvidiaSystem s = wsl();
  expect(link(s, Text::gpu), State::skipped,
         "Inside Windows no PCI bus shows the GPU; see WSL below.");
  expect(link(s, Text::wsl), State::ok,
         "Windows lends its graphics through /dev/dxg and /usr/lib/wsl/lib.");
  EXPECT_EQ(link(s, Text::cuda_version).state, State::ok);
  EXPECT_TRUE(report_on(s, "cuda").chains[0].works);
  expect(link(s, Text::monitor), State::note,
         "Windows' Task Manager may show no use of the GPU: its graph shows \"3D\" until \"Cuda\" "
         "is chosen above it (\"Compute_0\" on some "
         "machines). nvidia-smi shows it always.",
         {"/usr/lib/wsl/lib/nvidia-smi"});
}

TEST(DoctorCudaWsl, LendsNone) {
  NvidiaSystem s = wsl();
  s.erase("/usr/lib/wsl/"), s.probes["cuda"] = said("@missing libcuda.so.1: cannot open\n"),
                            s.nothing_offered("none");
  expect(link(s, Text::wsl), State::broken,
         "/dev/dxg is there, but /usr/lib/wsl/lib/libcuda.so.1 is not: NVIDIA's driver for Windows "
         "puts it there. Install the newest in Windows (none "
         "inside WSL), then restart WSL.",
         {"wsl.exe --shutdown"});
  EXPECT_EQ(link(s, Text::cuda_version).state, State::skipped);
  s.erase("/dev/dxg");
  EXPECT_EQ(link(s, Text::wsl).what.text, Text::wsl_no_dxg);
  s.linux("4.4.0-19041-Microsoft");
  EXPECT_EQ(link(s, Text::wsl).what.text, Text::wsl_one);
}

TEST(DoctorCudaWsl, LibraryIsHiddenOrNotLookedFor) {
  NvidiaSystem s = wsl();
  s.probes["cuda"] = said("@missing libcuda.so.1: cannot open\n");
  expect(link(s, Text::cuda_version), State::broken,
         "/usr/lib/wsl/lib/libcuda.so.1 is there, but the loader does not look into that folder. "
         "(libcuda.so.1: cannot open)",
         {"echo /usr/lib/wsl/lib | sudo tee /etc/ld.so.conf.d/ld.wsl.conf && sudo ldconfig"});
  s.cu_init(100);
  const std::string file = "/usr/lib/x86_64-linux-gnu/libcuda.so.580.65.06";
  expect(link(s, Text::cuda_version), State::broken,
         "In WSL the driver is that of Windows, in /usr/lib/wsl/lib; " + file +
             " is of a driver for Linux that was installed here and hides it.",
         {"sudo apt-get remove $(dpkg -S " + file + " | cut -d: -f1)",
          "sudo dnf remove $(rpm -qf " + file + ")", "sudo pacman -R $(pacman -Qoq " + file + ")"});
}

}  // namespace
}  // namespace tinygrad::doctor::cuda_chain
