// SPDX-License-Identifier: MIT
// Offsets of element i in several operands of one shape, for strided iteration in kernels: 32-bit
// arithmetic, and multiplications instead of divisions. Host and device.
#pragma once
#include <cuda_runtime.h>

#include <bit>
#include <cstdint>

#include "backends/common/index_width.h"
#include "tinygrad/backend.h"

namespace tinygrad::cuda {

inline Extents extents_of(const View& v) {
  return {v.rank(), v.shape().begin(), v.strides().begin()};
}

/// The address of the first element of a view, or of the one `start` elements further. Null if the
/// view is.
template <class S> S* begin_of(const View& v, std::int64_t start = 0) {
  if (!v) return nullptr;
  return reinterpret_cast<S*>(static_cast<char*>(v.memory().handle) +
                              (v.offset() + start) * std::int64_t(size_of(v.dtype())));
}

/// n / divisor for n < 2^31, by a multiplication: Granlund and Montgomery, "Division by invariant
/// integers using multiplication" (PLDI 1994).
struct Divisor {
  std::uint32_t divisor = 1, multiplier = 1, shift = 0;
  Divisor() = default;
  explicit Divisor(std::int64_t d)
      : divisor(std::uint32_t(d)), shift(std::uint32_t(std::bit_width(divisor - 1))) {
    multiplier = std::uint32_t(
        ((std::uint64_t(1) << 32) * ((std::uint64_t(1) << shift) - divisor)) / divisor + 1);
  }
  __device__ __forceinline__ std::uint32_t quotient(std::uint32_t n) const {
    return (__umulhi(n, multiplier) + n) >> shift;
  }
};

/// The offsets of element i in each operand, in elements. Dimensions are counted from the
/// innermost.
template <int operands> struct OffsetCalculator {
  int rank = 1;
  Divisor shape[8];
  std::int32_t strides[operands][8] = {};

  OffsetCalculator() = default;
  explicit OffsetCalculator(const Layout& l) : rank(l.rank) {
    for (int d = 0; d < rank; ++d) {
      shape[d] = Divisor(l.shape[rank - 1 - d]);
      for (int k = 0; k < operands; ++k) strides[k][d] = std::int32_t(l.strides[k][rank - 1 - d]);
    }
  }
  __device__ __forceinline__ void offsets(std::uint32_t i, std::int32_t (&at)[operands]) const {
#pragma unroll
    for (int k = 0; k < operands; ++k) at[k] = 0;
#pragma unroll
    for (int d = 0; d < 8; ++d) {
      if (d == rank) break;
      const std::uint32_t outer = d == rank - 1 ? 0 : shape[d].quotient(i),
                          here = i - outer * shape[d].divisor;
#pragma unroll
      for (int k = 0; k < operands; ++k) at[k] += std::int32_t(here) * strides[k][d];
      i = outer;
    }
  }
};

/// Calls f(part, starts) for parts of the layout that fit into 31 bits: one, nearly always.
/// starts[k]: the offset of the part in operand k, in elements.
template <class F>
void each_part(const Layout& l, int operands, const F& f, const std::int64_t* starts) {
  if (fits_32_bits(l, operands)) return f(l, starts);
  int longest = 0;  // the dimension with the largest reach
  std::int64_t furthest = 0;
  for (int d = 0; d < l.rank; ++d)
    for (int k = 0; k < operands; ++k)
      if (reach(l, k, d) > furthest) longest = d, furthest = reach(l, k, d);
  Layout half = l;
  std::int64_t second[max_operands];
  half.shape[longest] = l.shape[longest] / 2;
  if (half.shape[longest] > 4096)
    half.shape[longest] -= half.shape[longest] % 4096;  // vectors stay aligned
  half.count = l.count / l.shape[longest] * half.shape[longest];
  each_part(half, operands, f, starts);
  for (int k = 0; k < operands; ++k)
    second[k] = starts[k] + half.shape[longest] * l.strides[k][longest];
  half.shape[longest] = l.shape[longest] - half.shape[longest], half.count = l.count - half.count;
  each_part(half, operands, f, second);
}
template <class F> void each_part(const Layout& l, int operands, const F& f) {
  const std::int64_t starts[max_operands] = {};
  if (l.count > 0) each_part(l, operands, f, starts);
}

/// Calls f with a zero of the type that dtype is computed in: float, double or int64.
template <class F> void with_computed(DType dtype, const F& f) {
  if (dtype == DType::float64) f(double());
  else if (is_floating(dtype)) f(float());
  else f(std::int64_t());
}
/// The same for floats.
template <class F> void with_real(DType dtype, const F& f) {
  if (dtype == DType::float64) f(double());
  else f(float());
}
/// A scalar in such a type.
template <class T> T scalar_as(Scalar s) {
  return std::is_integral_v<T> ? T(s.integer()) : T(s.real());
}

}  // namespace tinygrad::cuda
