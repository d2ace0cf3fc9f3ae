// SPDX-License-Identifier: MIT
// Sources of the rules:
// - Driver and toolkit: NVIDIA's "CUDA Compatibility", "Minor Version Compatibility": from CUDA 11
//   on a program of a major version runs on every driver of that version, 12.x from 525 on, 13.x
//   from 580 on; newer drivers run older programs. cudaErrorInsufficientDriver (35) and
//   cudaDriverGetVersion's 0 if there is no driver: the CUDA runtime's reference.
// - PTX of a newer toolkit than the driver's: the same page's limits, and
//   cudaErrorUnsupportedPtxVersion (222) in the runtime's reference.
// - Machine code runs on GPUs of the same major capability and the same or a higher minor one, PTX
//   on the same and all higher capabilities; code for "90a" on 9.0 alone: CUDA C++ Programming
//   Guide, "Binary Compatibility", "PTX Compatibility", and nvcc's manual on "a" and "f".
// - Toolkits and GPUs: nvidia_gpus.cpp. CUDA 12 begins with 5.0 (Maxwell), 13 with 7.5 (Turing).
// - cuDNN's libraries are compatible backwards within a major version, patches both ways: cuDNN's
//   "Compatibility". GPUs before Turing: its support matrix, which has 5.0 to 7.0 for 9.10.2 and no
//   longer for what came after.
// - Form of version numbers: CUDNN_VERSION in cudnn_version.h (before 9 with thousands),
//   CUBLAS_VERSION in cublas_api.h, NCCL_VERSION in nccl.h.
#include "cuda_rules.h"

#include <cstdlib>
#include <sstream>

namespace tinygrad::doctor::cuda {
namespace {

std::string dotted(int a, int b, int c) {
  return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c);
}

/// One word: digits, "a" or "f", "-real" or "-virtual". 0.0 if it has no digits, such as "native".
Code code_of(const std::string& word) {
  char* rest = nullptr;
  const int number = int(std::strtol(word.c_str(), &rest, 10));
  const std::string ending = rest;
  return {.capability = {number / 10, number % 10},
          .machine = ending.find("-virtual") == std::string::npos,
          .ptx = ending.find("-real") == std::string::npos,
          .exact = ending.starts_with('a')};
}

bool machine_code_runs(const Code& code, Capability gpu) {
  if (code.exact) return code.capability == gpu;
  return code.capability.major == gpu.major && code.capability.minor <= gpu.minor;
}

}  // namespace

std::string cuda_text(int n) {
  return std::to_string(n / 1000) + "." + std::to_string(n % 1000 / 10);
}
std::string cudnn_text(int n) {
  return n < 90000 ? dotted(n / 1000, n % 1000 / 100, n % 100)
                   : dotted(n / 10000, n % 10000 / 100, n % 100);
}
std::string cublas_text(int n) { return dotted(n / 10000, n % 10000 / 100, n % 100); }
std::string nccl_text(int n) { return dotted(n / 10000, n % 10000 / 100, n % 100); }

Runs runs(int toolkit, int driver) {
  if (driver >= toolkit) return Runs::yes;
  return major_of(driver) == major_of(toolkit) ? Runs::within_major : Runs::no;
}

int least_driver(int cuda_major) {
  switch (cuda_major) {
    case 11: return 450;
    case 12: return 525;
    case 13: return 580;
  }
  return 0;
}

std::vector<Code> codes_of(const std::string& architectures) {
  std::vector<Code> codes;
  std::istringstream words(architectures);
  for (std::string word; words >> word;)
    if (const Code code = code_of(word); code.capability) codes.push_back(code);
  return codes;
}

Given given(const std::vector<Code>& codes, Capability gpu, int toolkit, int driver) {
  bool ptx = false;
  for (const Code& code : codes) {
    if (code.machine && machine_code_runs(code, gpu)) return Given::machine;
    ptx = ptx || (code.ptx && !code.exact && code.capability <= gpu);
  }
  return !ptx                                 ? Given::nothing
         : runs(toolkit, driver) == Runs::yes ? Given::ptx
                                              : Given::ptx_too_new;
}

Capability source_of(const std::vector<Code>& codes, Capability gpu, Given what) {
  Capability best;
  for (const Code& code : codes) {
    const bool fits = what == Given::machine ? code.machine && machine_code_runs(code, gpu)
                                             : code.ptx && !code.exact && code.capability <= gpu;
    if (fits && code.capability > best) best = code.capability;
  }
  return best;
}

bool makes_code_for(int cuda_major, Capability gpu) {
  return gpu >= (cuda_major >= 13 ? Capability{7, 5} : Capability{5, 0});
}

Library compare_cudnn(int headers, int loaded) {
  const int major = 10000;
  if (headers == loaded) return Library::same;
  if (headers / major != loaded / major) return Library::other;
  return loaded / 100 < headers / 100 ? Library::older : Library::newer;  // patches do not count
}
bool cudnn_serves(int loaded, Capability gpu) { return gpu >= Capability{7, 5} || loaded < 91100; }

}  // namespace tinygrad::doctor::cuda
