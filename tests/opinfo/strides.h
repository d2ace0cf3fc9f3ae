// SPDX-License-Identifier: MIT
// Gives a tensor the strides that it has in PyTorch.
#pragma once
#include <cstdint>
#include <vector>

#include "tinygrad/tensor.h"

namespace opinfo {

/// The same values with these strides: a view of a larger tensor that is cut and permuted. Returns
/// `values` itself if there is no such view, as when elements overlap in memory.
tinygrad::Tensor with_strides(const tinygrad::Tensor& values,
                              const std::vector<std::int64_t>& stride);

}  // namespace opinfo
