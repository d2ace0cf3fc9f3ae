// SPDX-License-Identifier: MIT
// Kernels share the declarations of this file: the types of elements, loads and stores of vectors,
// iteration over strided operands, sums over warps and blocks, and the words of random.h.
//
// Kernels are templates over the stored type S and compute in computed<S>: float for float32,
// float16 and bfloat16, double, or int64. Each stored value is rounded once.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "tinygrad/backend.h"

namespace tinygrad::cuda {

// ------------------------------------------------------------ types of elements

template <class S>
using computed = std::conditional_t<std::is_integral_v<S>, std::int64_t,
                                    std::conditional_t<std::is_same_v<S, double>, double, float>>;

__device__ __forceinline__ float widened(float x) { return x; }
__device__ __forceinline__ double widened(double x) { return x; }
__device__ __forceinline__ float widened(Half x) { return __half2float(__ushort_as_half(x.bits)); }
__device__ __forceinline__ float widened(BFloat16 x) {
  return __bfloat162float(__ushort_as_bfloat16(x.bits));
}
template <class S>
requires(std::is_integral_v<S>) __device__ __forceinline__ std::int64_t widened(S x) { return x; }

/// To the stored type: reals are rounded to even, integers wrap, and to boolean all but 0 is true.
template <class S> __device__ __forceinline__ S narrowed(computed<S> x) {
  S y;
  if constexpr (std::is_same_v<S, Half>) y.bits = __half_as_ushort(__float2half_rn(x));
  else if constexpr (std::is_same_v<S, BFloat16>)
    y.bits = __bfloat16_as_ushort(__float2bfloat16_rn(x));
  else if constexpr (std::is_same_v<S, bool>) y = x != 0;
  else y = static_cast<S>(x);
  return y;
}

/// A real that becomes an integer saturates, and NaN becomes 0. T(range.most) rounds up to a power
/// of two if T cannot hold it.
template <class T>
__device__ __forceinline__ std::int64_t saturated(T x, const IntegerRange range) {
  return x != x                ? 0
         : x >= T(range.most)  ? range.most
         : x <= T(range.least) ? range.least
                               : static_cast<std::int64_t>(x);
}
/// Between any two types.
template <class To, class From> __device__ __forceinline__ To converted(From from) {
  const auto x = widened(from);
  if constexpr (std::is_same_v<To, bool>) return x != 0;
  else if constexpr (!std::is_integral_v<To>) return narrowed<To>(static_cast<computed<To>>(x));
  else if constexpr (std::is_integral_v<From>) return narrowed<To>(x);
  else {
    constexpr IntegerRange range = integer_range<To>();
    return static_cast<To>(saturated(x, range));
  }
}

template <class S> __device__ __forceinline__ computed<S> load(const S* p) {
  if constexpr (std::is_same_v<S, bool>) return *reinterpret_cast<const std::uint8_t*>(p) != 0;
  else return widened(*p);
}
template <class S> __device__ __forceinline__ void store(S* p, computed<S> x) {
  *p = narrowed<S>(x);
}

// ------------------------------------------------------------ vectors

/// N elements that are loaded and stored at once; N sizeof(S) is a power of two, up to 16.
template <class S, int N> struct alignas(N * sizeof(S)) Vector { S at[N]; };
/// The number of elements in 16 bytes.
template <class S> constexpr int lanes = 16 / int(sizeof(S));

template <class S, int N> __device__ __forceinline__ void load(const S* p, computed<S> (&x)[N]) {
  const Vector<S, N> v = *reinterpret_cast<const Vector<S, N>*>(p);
#pragma unroll
  for (int i = 0; i < N; ++i) x[i] = load(&v.at[i]);
}
template <class S, int N> __device__ __forceinline__ void store(S* p, const computed<S> (&x)[N]) {
  Vector<S, N> v;
#pragma unroll
  for (int i = 0; i < N; ++i) v.at[i] = narrowed<S>(x[i]);
  *reinterpret_cast<Vector<S, N>*>(p) = v;
}

// ------------------------------------------------------------ reductions and scans over threads

struct Sum {
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const { return a + b; }
};
/// Ignores a NaN in b.
struct Max {
  template <class T> __device__ __forceinline__ T operator()(T a, T b) const {
    return b > a ? b : a;
  }
};

/// A running sum that carries its rounding error along (Kahan), for sums of thousands of values by
/// one thread.
template <class T> struct CompensatedSum {
  T total = T(0), error = T(0);
  __device__ __forceinline__ void operator+=(T x) {
    if constexpr (std::is_floating_point_v<T>) {
      const T next = x - error, now = total + next, lost = (now - total) - next;
      error = lost == lost ? lost : T(0), total = now;  // NaN comes from an infinite total
    } else {
      total = total + x;
    }
  }
};

template <class T> __device__ __forceinline__ T shuffle_xor(T x, int mask) {
  return __shfl_xor_sync(0xFFFFFFFFu, x, mask);
}

/// All-reduce: every one of `lanes` neighbouring threads (a power of two) gets op over their x. The
/// order of the operations is a fixed tree, so results are reproducible. Every thread of the warp
/// must call it; from 64 lanes on, every thread of the block, whose size is then `lanes`.
template <int lanes, class T, class Op> __device__ __forceinline__ T reduce_lanes(T x, Op op) {
  constexpr int warps = lanes / 32;
#pragma unroll
  for (int step = (lanes < 32 ? lanes : 32) / 2; step > 0; step /= 2)
    x = op(x, shuffle_xor(x, step));
  if constexpr (warps > 1) {  // the lanes are the block
    __shared__ T per_warp[warps];
    if (threadIdx.x % 32 == 0) per_warp[threadIdx.x / 32] = x;
    __syncthreads();
    x = per_warp[0];
#pragma unroll
    for (int w = 1; w < warps; ++w) x = op(x, per_warp[w]);
    __syncthreads();
  }
  return x;
}

/// Exclusive prefix sum: the sum of x over the threads of the block before this one; `all` receives
/// the sum over the whole block. Every thread must call it. It synchronizes the block.
template <int threads> __device__ __forceinline__ int exclusive_sum(int x, int& all) {
  __shared__ int per_warp[threads / 32];
  const int lane = int(threadIdx.x) % 32, warp = int(threadIdx.x) / 32;
  int sum = x;
#pragma unroll
  for (int step = 1; step < 32; step *= 2) {
    const int before = __shfl_up_sync(0xFFFFFFFFu, sum, unsigned(step));
    if (lane >= step) sum += before;
  }
  __syncthreads();  // per_warp may still be read from the last time
  if (lane == 31) per_warp[warp] = sum;
  __syncthreads();
  all = 0;
  int before = 0;
#pragma unroll
  for (int w = 0; w < threads / 32; ++w) {
    if (w < warp) before += per_warp[w];
    all += per_warp[w];
  }
  return before + sum - x;
}

// ------------------------------------------------------------ random words

struct Words {
  std::uint32_t at[4];
};
/// Words 4 at ... 4 at + 3 of a call: Philox 4x32-10 (tinygrad/random.h).
__device__ __forceinline__ Words philox(std::uint64_t seed, std::uint64_t call, std::uint64_t at) {
  std::uint32_t a = std::uint32_t(at), b = std::uint32_t(at >> 32), c = std::uint32_t(call),
                d = std::uint32_t(call >> 32);
  std::uint32_t k0 = std::uint32_t(seed), k1 = std::uint32_t(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const std::uint32_t high_a = __umulhi(0xD2511F53u, a), low_a = 0xD2511F53u * a,
                        high_c = __umulhi(0xCD9E8D57u, c), low_c = 0xCD9E8D57u * c;
    a = high_c ^ b ^ k0, b = low_c, c = high_a ^ d ^ k1, d = low_a;
  }
  return {{a, b, c, d}};
}
__device__ __forceinline__ std::uint64_t word64(const Words& w, int i) {
  return std::uint64_t(w.at[2 * i]) << 32 | w.at[2 * i + 1];
}
/// Uniform on [0, 1).
__device__ __forceinline__ float uniform(std::uint32_t word) { return float(word >> 8) * 0x1p-24f; }
__device__ __forceinline__ double uniform64(std::uint64_t word) {
  return double(word >> 11) * 0x1p-53;
}

// ------------------------------------------------------------ arguments

/// An Operand that is one value: given, or one element on the device, read when the kernel runs.
struct Number {
  const void* on_device = nullptr;
  DType dtype = DType::float64;
  double real = 0;
  std::int64_t integer = 0;

  Number() = default;
  Number(Scalar s) : real(s.real()), integer(s.integer()) {}
  Number(const Operand& o) : Number(o.scalar) {
    if (!o.is_scalar())
      on_device = static_cast<const char*>(o.view.memory().handle) +
                  o.view.offset() * std::int64_t(size_of(o.view.dtype())),
      dtype = o.view.dtype();
  }
  template <class T> __device__ __forceinline__ T value() const {
    if (!on_device) return std::is_integral_v<T> ? T(integer) : T(real);
    switch (dtype) {
#define DTYPE(name, text, type, ...) \
  case DType::name:                  \
    return T(load(static_cast<const type*>(on_device)));
#include "tinygrad/dtypes.def"
    }
    return T(0);  // not reached
  }
};

}  // namespace tinygrad::cuda
