// SPDX-License-Identifier: MIT
// Calls the library with a sample and compares what it gives with PyTorch's results.
#pragma once
#include "sample.h"
#include "verdict.h"

namespace opinfo {

/// `expects_error`: the sample is one of those that PyTorch must refuse.
Verdict check(const string& op, const json& call, const TensorFile& file, bool expects_error);

}  // namespace opinfo
