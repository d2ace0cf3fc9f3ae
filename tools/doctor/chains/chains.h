// SPDX-License-Identifier: MIT
// Declares one function for each chain; each has one file, and a row in the table of doctor.cpp.
#pragma once
#include "report.h"
#include "surroundings.h"

namespace tinygrad::doctor {

Chain walk_cpu(const Surroundings& here);
Chain walk_opencl(const Surroundings& here);
Chain walk_cuda(const Surroundings& here);

}  // namespace tinygrad::doctor
