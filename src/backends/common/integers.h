// SPDX-License-Identifier: MIT
// Integer arithmetic of sizes and indices, written once for all backends: division that rounds up,
// rounding up to a multiple, and whether a count fits into a 32-bit index.
//
// The functions work in kernels of the CPU, whose objects must not share symbols (there they are in
// an anonymous namespace, and nothing of std:: but types is used), and in device code of CUDA.
#pragma once
#include <cstdint>
#include <type_traits>

#if defined(__CUDACC__)
#define TINYGRAD_HOST_DEVICE __host__ __device__
#else
#define TINYGRAD_HOST_DEVICE
#endif

namespace tinygrad {
#ifdef TINYGRAD_ISA
namespace {
#else
inline namespace integers {
#endif

/// ceil(n / size), for n >= 0 and size > 0.
template <class N, class Size>
TINYGRAD_HOST_DEVICE constexpr std::common_type_t<N, Size> ceil_div(N n, Size size) {
  using Common = std::common_type_t<N, Size>;
  return (Common(n) + Common(size) - 1) / Common(size);
}
/// The smallest multiple of `size` that is not less than n, for n >= 0 and size > 0.
template <class N, class Size>
TINYGRAD_HOST_DEVICE constexpr std::common_type_t<N, Size> round_up(N n, Size size) {
  return ceil_div(n, size) * size;
}
/// Returns whether kernels may count to n in a 32-bit integer. 4096 are left over, because the last
/// group of threads and the last vector may reach beyond n.
TINYGRAD_HOST_DEVICE constexpr bool fits_32_bits(std::int64_t n) {
  return n < (std::int64_t(1) << 31) - 4096;
}

#ifdef TINYGRAD_ISA
/// std::min and std::max, for kernel files of the CPU, which call no function of std::.
template <class T> constexpr T min(T a, T b) { return b < a ? b : a; }
template <class T> constexpr T max(T a, T b) { return a < b ? b : a; }
#endif
}
}  // namespace tinygrad
