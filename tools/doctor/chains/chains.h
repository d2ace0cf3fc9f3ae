// SPDX-License-Identifier: MIT
// One function a chain, one file each, and a row in the table of doctor.cpp.
#pragma once
#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor {

Chain walk_cpu(const Surroundings& here);
Chain walk_opencl(const Surroundings& here);
Chain walk_cuda(const Surroundings& here);

}  // namespace tinygrad::doctor
