// SPDX-License-Identifier: MIT
// Makes calls fail on purpose: "cudaMalloc:3:2": the third call fails with error 2;
// "cudaMalloc:3:2:on": all later calls fail too (tests/faults/plan.h).
#pragma once
#include "cuda_runtime.h"

namespace cuda_emulator {

/// The functions that can be made to fail: CUDA's, and those of cuBLASLt and cuDNN that do work.
extern const char* const functions[36];

/// Arms a fault instead of the previous one; an empty text arms none.
void arm_fault(const char* text);
long faults_fired();

/// Returns whether this call of a function must fail.
bool fails(const char* function);
cudaError_t planned_error();

}  // namespace cuda_emulator

/// Must be the first line of a function that can be made to fail.
#define MAY_FAIL(function) \
  if (cuda_emulator::fails(#function)) return cuda_emulator::planned_error()
