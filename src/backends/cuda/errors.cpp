// SPDX-License-Identifier: MIT
// The table of advice for CUDA's errors.
#include "backends/cuda/errors.h"

#include "core/call.h"
#include "tinygrad/error.h"

namespace tinygrad::cuda {
namespace {

/// After such an error CUDA refuses every further call of the process.
constexpr const char* lost =
    "a kernel before this call failed, and the process cannot use the device again; "
    "TINYGRAD_SYNC=1 names the kernel";

struct Known {
  int number;  // not the enumerator: a toolkit may lack some
  const char* advice;
};
const Known known[] = {
    {2, "the device has no memory left; take smaller batches, or free tensors"},
    {3, "the driver could not be started; tinygrad-doctor looks into why"},
    {35,
     "there is no NVIDIA driver, or it is older than this build needs; tinygrad-doctor looks into "
     "why"},
    {46, "another process holds the device for itself alone"},
    {98, "this build has no code for this kernel"},
    {100,
     "there is no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it; tinygrad-doctor looks into why"},
    {209,
     "this build has no code for this GPU; build with its architecture "
     "(TINYGRAD_CUDA_ARCHITECTURES=native)"},
    {214, "the device's memory is damaged; look at nvidia-smi and the end of dmesg"},
    {222,
     "the driver is older than the toolkit that this build's PTX is from; build for the GPU's "
     "architecture, or take a newer driver"},
    {700, lost},
    {701, "the kernel takes more registers or shared memory than a block may have"},
    {702, "the kernel ran into the time limit of a GPU that also drives a display"},
    {709, lost},
    {710, lost},
    {715, lost},
    {716, lost},
    {717, lost},
    {718, lost},
    {719, lost},
    {802, "the driver is not ready; with several GPUs nvidia-fabricmanager may not be running"},
    {803,
     "the driver and its libraries are of different versions; restart the machine after an update"},
    {900, "this is not possible while a step is recorded"},
    {901,
     "the recording is invalid, because an earlier call was not possible while a step is recorded"},
};

}  // namespace

std::string error_name(cudaError_t error) {
  return std::string(cudaGetErrorName(error)) + " (" + std::to_string(int(error)) + ")";
}

std::string advice(cudaError_t error) {
  for (auto& k : known)
    if (k.number == int(error)) return std::string("; ") + k.advice;
  return {};
}

void raise(cudaError_t error, const std::string& device, const std::string& doing) {
  (void)cudaGetLastError();  // clears it: otherwise the next call would report it again
  fail<DeviceError>(running_call(), device, " could not ", doing, ": ", error_name(error),
                    advice(error));
}

}  // namespace tinygrad::cuda
