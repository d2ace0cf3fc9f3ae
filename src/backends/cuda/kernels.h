// SPDX-License-Identifier: MIT
// The kernels of the CUDA backend: those of kernels.def with a Runtime as first parameter, and
// what they share.
#pragma once
#include "backends/cuda/runtime.h"
#include "core/macros.h"

namespace tinygrad::cuda {

#define REQUIRED_KERNEL(name, parameters, arguments) \
  void name(Runtime& runtime, TINYGRAD_UNWRAP parameters);
#define KERNEL(name, backends, parameters, arguments) \
  [[nodiscard]] bool name(Runtime& runtime, TINYGRAD_UNWRAP parameters);
#include "tinygrad/kernels.def"

/// Notes the first index that is not in [0, size); the next read by the host throws it. Kernels
/// after this one skip bad indices. Defined in index.cu.
void check_index(Runtime& runtime, const View& index, std::int64_t size);
/// Uploads up to max_small_upload bytes as an argument of a kernel: the stream does not wait for a
/// copy over the bus, and a recorded step keeps the bytes. Defined in copy.cu.
constexpr std::size_t max_small_upload = 1024;
void upload_small(Runtime& runtime, const void* from, void* to, std::size_t bytes);

}  // namespace tinygrad::cuda
