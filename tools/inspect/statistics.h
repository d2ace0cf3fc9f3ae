// SPDX-License-Identifier: MIT
// What the elements of a tensor are like, in one look at each.
#pragma once
#include <tinygrad/tensor.h>

namespace tinygrad::inspect {

struct Statistics {
  double mean = 0, spread = 0;  ///< of the finite elements; the standard deviation, divided by n
  std::int64_t zeros = 0, nans = 0, infinities = 0;
  std::uint64_t hash = 0;  ///< of dtype and bytes: tensors of equal elements have the same
};

/// The tensor must be contiguous and in the host's memory, as load() returns it on the CPU.
Statistics statistics(const Tensor& tensor);

/// Its bytes.
std::string_view bytes_of(const Tensor& tensor);

}  // namespace tinygrad::inspect
