// SPDX-License-Identifier: MIT
// Declares by hand the part of NVIDIA's C interfaces that the probes call: names, types and numbers
// are those of cuda.h, cublasLt.h, cudnn.h and nccl.h, which keep them stable. So the doctor builds
// without CUDA, and calls the libraries that it finds at run time.
#pragma once
#include <cstddef>

namespace tinygrad::doctor::cuda {

// libcuda.so.1, the driver's part that programs open. CUresult and CUdevice are ints.
constexpr int multiprocessors = 16, capability_major = 75,
              capability_minor = 76;              // CU_DEVICE_ATTRIBUTE_...
using DriverGetVersion = int (*)(int*);           // cuDriverGetVersion
using Init = int (*)(unsigned);                   // cuInit
using GetErrorName = int (*)(int, const char**);  // cuGetErrorName
using GetCount = int (*)(int*);                   // cuDeviceGetCount
using GetDevice = int (*)(int*, int);             // cuDeviceGet
using GetName = int (*)(char*, int, int);         // cuDeviceGetName
using GetAttribute = int (*)(int*, int, int);     // cuDeviceGetAttribute
using TotalMemory = int (*)(std::size_t*, int);   // cuDeviceTotalMem_v2

/// The results of cuInit if it fails.
enum Result : int {
  success = 0,
  stub_library = 34,
  no_device = 100,
  system_not_ready = 802,
  driver_mismatch = 803,
  compat_not_supported = 804,
  unknown = 999
};

// Versions: cublasLtGetVersion, cudnnGetVersion, cudnnGetCudartVersion; ncclGetVersion.
// cudnnOpsVersionCheck and its like load a part.
using Version = std::size_t (*)();
using NcclVersion = int (*)(int*);
using Check = int (*)();

}  // namespace tinygrad::doctor::cuda
