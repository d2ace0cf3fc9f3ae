// SPDX-License-Identifier: MIT
// Simulates a desktop with NVIDIA's GPU, on Ubuntu 24.04 with driver 580; CUDA works on it until a
// test breaks something.
#pragma once
#include "doctor/fake_system.h"

namespace tinygrad::doctor {

class NvidiaSystem : public FakeSystem {
 public:
  std::string cublas = "/usr/local/cuda-13.0/lib/libcublasLt.so.13",
              cudnn = "/usr/lib/x86_64-linux-gnu/libcudnn.so.9.19.0",
              libcuda = "/usr/lib/x86_64-linux-gnu/libcuda.so.";

  NvidiaSystem() {
    no_card(), card(0x10DE, 0x2684);  // RTX 4090
    module("580.65.06");
    for (const char* file : {"/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"})
      nodes[file] = {true, "root", false, false};
    driver_says(13000, {{"NVIDIA GeForce RTX 4090", "8.9"}});
    cublaslt_says(said("@library " + cublas + "\n@version 130100\n"));
    cudnn_says(91900);
    probes["cuda_library nccl 0"] =
        said("@call dlopen\n@library /usr/lib/libnccl.so.2.28.9\n@version 22809\n");
    probes["devices"] = said("@device cpu\n@device cuda\n");
    probes["device cuda"] = said("@works\n");
  }

  void module(const std::string& version, bool open = true) {
    files["/proc/driver/nvidia/version"] =
        open ? "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  " + version +
                   "  Release Build\n"
             : "NVRM version: NVIDIA UNIX x86_64 Kernel Module  " + version + "  Sun May 12\n";
    files["/proc/driver/nvidia/version"] +=
        "GCC version:  gcc version 13.2.0 (Ubuntu 13.2.0-23ubuntu4)\n";
  }
  void no_module() {
    erase("/proc/driver/nvidia/"), nodes.clear(),
        probes["cuda"] = said("@call dlopen\n@missing libcuda.so.1: cannot open\n");
  }
  void modules(const std::string& lines) {
    files["/lib/modules/6.8.0-31-generic/modules.dep"] = lines;
  }
  void nothing_offered(const std::string& problem) {
    probes["devices"] = said("@device cpu\n");
    probes["device cuda"] = failed(problem);
  }

  void driver_says(int version, const std::vector<std::pair<std::string, std::string>>& devices,
                   const std::string& branch = "580.65.06") {
    std::string lines = "@call dlopen\n@library " + libcuda + branch +
                        "\n@call cuDriverGetVersion\n@version " + std::to_string(version) +
                        "\n@call cuInit\n@init 0\n";
    for (auto& [name, capability] : devices)
      lines += "@device " + name + "\n@capability " + capability +
               "\n@processors 128\n@memory 25757220864\n";
    probes["cuda"] = said(lines);
  }
  void cu_init(int code, const std::string& name = "CUDA_ERROR",
               const std::string& branch = "580.65.06") {
    probes["cuda"] = said("@library " + libcuda + branch + "\n@version 13000\n@init " +
                          std::to_string(code) + "\n@init_name " + name + "\n");
    nothing_offered("none");
  }
  void cublaslt_says(const Outcome& outcome) {
    probes["cuda_library cublaslt 13"] = probes["cuda_library cublaslt 12"] = outcome;
  }
  void cudnn_probe(const Outcome& outcome) {
    probes["cuda_library cudnn 13"] = probes["cuda_library cudnn 12"] = outcome;
  }
  /// Version, the CUDA that it was made for, and what it says of its parts.
  void cudnn_says(
      int version, int cuda = 13000,
      const std::string& parts = "@part /usr/lib/x86_64-linux-gnu/libcudnn_graph.so.9.19.0\n") {
    cudnn_probe(said("@library " + cudnn + "\n@version " + std::to_string(version) + "\n@cuda " +
                     std::to_string(cuda) + "\n" + parts));
  }
};

/// WSL 2 with a GPU of Windows, without any fault.
inline NvidiaSystem wsl() {
  NvidiaSystem s;
  s.no_card(), s.linux("5.15.167.4-microsoft-standard-WSL2"), s.erase("/proc/driver/nvidia/");
  s.files["/dev/dxg"] = s.files["/usr/lib/wsl/lib/libcuda.so.1"] = "";
  s.probes["cuda"] = said(
      "@library /usr/lib/wsl/lib/libcuda.so.1\n@version 13000\n@init 0\n@device NVIDIA GeForce RTX "
      "4090\n@capability 8.9\n");
  return s;
}

}  // namespace tinygrad::doctor
