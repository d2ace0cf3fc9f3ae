// SPDX-License-Identifier: MIT
#include "faults.h"

#include <cstdio>
#include <cstdlib>
#include <iterator>

#include "emulator.h"
#include "faults/plan.h"

namespace cuda_emulator {
namespace {

constinit tinygrad::test::FaultPlan plan;

int number_of(const char* name) {
  const int number = tinygrad::test::number_among(functions, name);
  if (number == int(std::size(functions)))
    std::fprintf(stderr, "cuda_emulator: %s is no function that can fail\n", name), std::abort();
  return number;
}

}  // namespace

// As string literals, to which the macros of renames.h do not apply.
const char* const functions[] = {
    "cublasLtMatmul",         "cublasLtMatmulAlgoGetHeuristic",
    "cudaDeviceGetAttribute", "cudaDeviceSynchronize",
    "cudaDriverGetVersion",   "cudaEventCreateWithFlags",
    "cudaEventDestroy",       "cudaEventElapsedTime",
    "cudaEventQuery",         "cudaEventRecord",
    "cudaEventSynchronize",   "cudaFree",
    "cudaFreeHost",           "cudaGetDevice",
    "cudaGetDeviceCount",     "cudaGetDeviceProperties",
    "cudaGraphDestroy",       "cudaGraphExecDestroy",
    "cudaGraphInstantiate",   "cudaGraphLaunch",
    "cudaLaunchKernelEx",     "cudaMalloc",
    "cudaMallocHost",         "cudaMemGetInfo",
    "cudaMemcpyAsync",        "cudaMemsetAsync",
    "cudaRuntimeGetVersion",  "cudaSetDevice",
    "cudaStreamBeginCapture", "cudaStreamCreateWithFlags",
    "cudaStreamDestroy",      "cudaStreamEndCapture",
    "cudaStreamIsCapturing",  "cudaStreamSynchronize",
    "cudaStreamWaitEvent",    "cudnnBackendExecute",
};

void arm_fault(const char* text) { plan.arm(text, number_of, std::atoi); }
long faults_fired() { return plan.fired(); }
bool fails(const char* function) { return plan.is_armed() && plan.fails(number_of(function)); }
cudaError_t planned_error() { return report(cudaError_t(plan.error())); }

}  // namespace cuda_emulator
