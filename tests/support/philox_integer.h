// SPDX-License-Identifier: MIT
// The random integers that backend.h defines, computed in another way than the kernels.
#pragma once
#include "tinygrad/random.h"

namespace tinygrad {

/// floor(word range / 2^64), in 0 ... range - 1, of the 64-bit word i of a call.
inline std::int64_t philox_integer(std::uint64_t seed, std::uint64_t call, std::uint64_t i,
                                   std::uint32_t range) {
  const std::uint64_t word = philox_word64(seed, call, i), mask = 0xFFFFFFFF;
  return std::int64_t(((word >> 32) * range + ((word & mask) * range >> 32)) >> 32);
}

}  // namespace tinygrad
