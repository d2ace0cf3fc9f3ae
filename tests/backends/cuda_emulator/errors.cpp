// SPDX-License-Identifier: MIT
// Implements CUDA's error functions: the last error, its name, and the emulator's text about it.
#include <cstdio>
#include <string>

#include "emulator.h"

namespace cuda_emulator {
namespace {

thread_local cudaError_t last = cudaSuccess;
thread_local cudaError_t explained = cudaSuccess;
thread_local std::string explanation;

struct Known {
  cudaError_t error;
  const char *name, *text;
};
#define KNOWN(name, text) \
  { name, #name, text }
const Known known[] = {
    KNOWN(cudaSuccess, "no error"),
    KNOWN(cudaErrorInvalidValue, "invalid argument"),
    KNOWN(cudaErrorMemoryAllocation, "out of memory"),
    KNOWN(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    KNOWN(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    KNOWN(cudaErrorInvalidDevice, "invalid device ordinal"),
    KNOWN(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    KNOWN(cudaErrorLaunchFailure, "unspecified launch failure"),
    KNOWN(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    KNOWN(cudaErrorStreamCaptureInvalidated,
          "operation failed due to a previous error during capture"),
    KNOWN(cudaErrorStreamCaptureUnjoined, "capturing stream has unjoined work"),
    KNOWN(cudaErrorCapturedEvent,
          "operation not permitted on an event last recorded in a capturing stream"),
    KNOWN(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
};
#undef KNOWN

const Known* find(cudaError_t error) {
  for (const Known& k : known)
    if (k.error == error) return &k;
  return nullptr;
}

}  // namespace

cudaError_t report(cudaError_t error, const std::string& text) {
  if (error == cudaSuccess) return error;
  last = error;
  if (text.empty()) return error;
  explained = error, explanation = text;
  std::fprintf(stderr, "cuda_emulator: %s\n", text.c_str());
  return error;
}

}  // namespace cuda_emulator

using namespace cuda_emulator;

cudaError_t cudaGetLastError() { return std::exchange(last, cudaSuccess); }
cudaError_t cudaPeekAtLastError() { return last; }
const char* cudaGetErrorName(cudaError_t error) {
  const Known* k = find(error);
  return k ? k->name : "unrecognized error code";
}
const char* cudaGetErrorString(cudaError_t error) {
  if (error != cudaSuccess && error == explained) return explanation.c_str();
  const Known* k = find(error);
  return k ? k->text : "unrecognized error code";
}
