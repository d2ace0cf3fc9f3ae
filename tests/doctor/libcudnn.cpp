// SPDX-License-Identifier: MIT
// Implements the part of cuDNN that the doctor calls: 9.19.0, made for CUDA 13.1. Its parts are the
// files beside it that have their names.
#include <cstddef>

extern "C" {
std::size_t cudnnGetVersion() { return 91900; }
std::size_t cudnnGetCudartVersion() { return 13010; }
int cudnnOpsVersionCheck() { return 0; }
}
