// Calls that fail: "cudaMalloc:3:2", the third with error 2, once; "cudaMalloc:3:2:on", and all
// after it (tests/faults/plan.h).
#pragma once
#include "cuda_runtime.h"

namespace cuda_emulator {

/// The functions that can fail so: CUDA's, and of cuBLASLt's and cuDNN's those that do something.
extern const char* const functions[36];

/// Ends what was armed before; an empty text arms nothing.
void arm_fault(const char* text);
long faults_fired();

/// Whether this call of a function is to fail.
bool fails(const char* function);
cudaError_t planned_error();

}  // namespace cuda_emulator

/// The first line of a function that can fail.
#define MAY_FAIL(function) \
  if (cuda_emulator::fails(#function)) return cuda_emulator::planned_error()
