// SPDX-License-Identifier: MIT
// NVIDIA's rules of compatibility, as functions of version numbers. A version of CUDA is 1000 *
// major + 10 * minor, as in CUDART_VERSION and cudaDriverGetVersion: 12040 is 12.4.
#pragma once
#include <string>
#include <vector>

#include "nvidia_gpus.h"

namespace tinygrad::doctor::cuda {

std::string cuda_text(int number);    ///< 13000: "13.0"
std::string cudnn_text(int number);   ///< 91900: "9.19.0"; 8907: "8.9.7"
std::string cublas_text(int number);  ///< 130100: "13.1.0"
std::string nccl_text(int number);    ///< 22809: "2.28.9"
inline int major_of(int cuda) { return cuda / 1000; }

/// States whether a program built with a toolkit runs on a driver.
enum class Runs {
  yes,           ///< the driver is as new as the toolkit
  within_major,  ///< the driver is older, of the same major version: all but PTX of the newer
                 ///< compiler
  no,            ///< error 35, cudaErrorInsufficientDriver
};
Runs runs(int toolkit, int driver);
/// The oldest branch of the driver that runs any program of this major version of CUDA: 12 gives
/// 525.
int least_driver(int cuda_major);

/// Code in a program: machine code (SASS) of one capability, PTX from which the driver makes
/// machine code, or both.
struct Code {
  Capability capability;
  bool machine = true, ptx = true;
  bool exact = false;  ///< made for this capability alone: "90a"
};
/// From CMake's words: "75-real 90a 120". "90-real" is machine code, "90-virtual" PTX, "90" both.
std::vector<Code> codes_of(const std::string& architectures);

/// The part of the code that a GPU can run.
enum class Given {
  machine,
  ptx,          ///< the driver compiles it when it is first used
  ptx_too_new,  ///< it would, but is older than the compiler: error 222,
                ///< cudaErrorUnsupportedPtxVersion
  nothing,      ///< error 209, cudaErrorNoKernelImageForDevice
};
Given given(const std::vector<Code>& codes, Capability gpu, int toolkit, int driver);
/// Returns the one of `codes` that the GPU runs.
Capability source_of(const std::vector<Code>& codes, Capability gpu, Given what);

/// Returns whether a toolkit makes code for a GPU at all.
bool makes_code_for(int cuda_major, Capability gpu);

/// cuDNN's loaded library against the headers that a program was compiled with.
enum class Library { same, newer, older, other };
Library compare_cudnn(int headers, int loaded);
/// From 9.11 on cuDNN has no code for GPUs before Turing.
bool cudnn_serves(int loaded, Capability gpu);

}  // namespace tinygrad::doctor::cuda
