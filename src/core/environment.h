// SPDX-License-Identifier: MIT
// All environment variables that the core reads. docs/environment.md describes them for users, and
// TINYGRAD_DATA, which the component vision reads.
#pragma once
#include <string>
#include <vector>

namespace tinygrad::environment {

std::string device();          ///< TINYGRAD_DEVICE: the default device; "cpu"
int threads();                 ///< TINYGRAD_THREADS: 1 to 256; 0 if it is not set
std::string cpu();             ///< TINYGRAD_CPU: an instruction set; empty: the best of the machine
std::string opencl_form();     ///< TINYGRAD_OPENCL_FORM: gpu or cpu; empty: as the device suggests
std::string opencl_cache();    ///< TINYGRAD_OPENCL_CACHE: the folder of compiled programs; empty if
                               ///< there is none
std::string opencl_without();  ///< TINYGRAD_OPENCL_WITHOUT: extensions that are not used even if a
                               ///< device has them, separated by spaces
bool kernels();  ///< TINYGRAD_KERNELS=0 switches all optional kernels off: every op runs its
                 ///< formula
bool pool();     ///< TINYGRAD_POOL=0 gives each buffer a block of its own, of exactly its size, so
                 ///< that sanitizers find overruns
bool cuda_libraries();  ///< TINYGRAD_CUDA_LIBRARIES=0: the CUDA backend does not use cuBLASLt and
                        ///< cuDNN
bool synchronous();     ///< TINYGRAD_SYNC=1 waits after each op, so that an error names the op that
                        ///< caused it

// Variables of other programs, which name folders where NVIDIA's libraries and Python's packages
// may be installed. Each may be empty.
std::string cudnn_root();                   ///< CUDNN_ROOT
std::vector<std::string> cuda_folders();    ///< CUDA_PATH, CUDA_HOME
std::vector<std::string> python_folders();  ///< VIRTUAL_ENV, CONDA_PREFIX, and ~/.local

}  // namespace tinygrad::environment
