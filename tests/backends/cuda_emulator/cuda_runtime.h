// SPDX-License-Identifier: MIT
// Emulates CUDA on the host, for tests of kernels on machines without a GPU. This file is found
// before the toolkit's file of the same name: the sources of the CUDA backend, .cu files included,
// are then compiled by a C++ compiler, and a launch runs on the host, one thread of the device
// after another.
//
// It shows mistakes that a GPU does not: a barrier that some threads of a block miss, shuffles that
// some lanes miss, memory that is read before it is written (new memory is NaN), and, with the
// environment variable CUDA_EMULATOR_ORDER=backwards, results that depend on the order of threads
// and blocks, as they do if a barrier is missing. The compiler's sanitizers find other mistakes.
//
// Each thread runs up to the next barrier or shuffle of its block before another thread does. Work
// of streams runs at once.
#pragma once

#include <cuda_runtime_api.h>
#include <vector_functions.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __constant__
#undef __launch_bounds__
#undef __restrict__
#undef __forceinline__
#define __global__
#define __device__
#define __host__
#define __shared__ static  // blocks run one after another
#define __constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))

namespace cuda_emulator {

extern uint3 threadIdx, blockIdx;  // of the running thread
extern dim3 blockDim, gridDim;

/// The place in the source at which threads meet: all threads that meet must be at the same place.
struct Place {
  const char* file;
  int line;
  bool operator==(const Place&) const = default;
};
/// Waits for all threads of the block.
void meet_block(const Place& place);
/// Waits for all threads of the warp, each of which provides a value of up to 8 bytes; returns the
/// values of lanes 0 to 31.
using Left = const unsigned char (*)[8];
Left meet_warp(const Place& place, unsigned mask, const void* value, std::size_t bytes);

/// Runs `thread` for each thread of a grid, or records it if the stream is being captured.
cudaError_t launch(const cudaLaunchConfig_t& config, std::function<void()> thread);

/// This thread's lane of its warp.
inline unsigned lane() {
  return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32;
}
/// The value of lane `from`, which must be in this lane's section of `width` lanes; otherwise the
/// value of this lane.
template <class T> T shuffled(const Place& place, unsigned mask, T own, unsigned from, int width) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  const Left left = meet_warp(place, mask, &own, sizeof own);
  const unsigned section = lane() / unsigned(width);
  if (from / unsigned(width) == section)
    std::memcpy(static_cast<void*>(&own), left[from], sizeof own);
  return own;
}

}  // namespace cuda_emulator

using cuda_emulator::threadIdx, cuda_emulator::blockIdx, cuda_emulator::blockDim,
    cuda_emulator::gridDim;
constexpr int warpSize = 32;

// ------------------------------------------------------------ barriers and shuffles
#define CUDA_EMULATOR_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()
inline void __syncthreads(CUDA_EMULATOR_PLACE) { cuda_emulator::meet_block({file, line}); }
inline void __syncwarp(unsigned mask = 0xffffffff, CUDA_EMULATOR_PLACE) {
  cuda_emulator::meet_warp({file, line}, mask, nullptr, 0);
}
template <class T>
T __shfl_sync(unsigned mask, T value, int from, int width = 32, CUDA_EMULATOR_PLACE) {
  const unsigned w = unsigned(width), own = cuda_emulator::lane();
  return cuda_emulator::shuffled({file, line}, mask, value, own / w * w + unsigned(from) % w,
                                 width);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, CUDA_EMULATOR_PLACE) {
  return cuda_emulator::shuffled({file, line}, mask, value, cuda_emulator::lane() ^ unsigned(bits),
                                 width);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, CUDA_EMULATOR_PLACE) {
  return cuda_emulator::shuffled({file, line}, mask, value, cuda_emulator::lane() + by, width);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, CUDA_EMULATOR_PLACE) {
  return cuda_emulator::shuffled({file, line}, mask, value, cuda_emulator::lane() - by, width);
}

// ------------------------------------------------------------ arithmetic
template <class T> T atomicMin(T* at, T value) { return std::exchange(*at, std::min(*at, value)); }
template <class T> T atomicMax(T* at, T value) { return std::exchange(*at, std::max(*at, value)); }
template <class T> T atomicAdd(T* at, T value) {
  static_assert(std::is_integral_v<T>, "sums of reals depend on the order of the threads");
  return std::exchange(*at, T(*at + value));
}
template <class T> T atomicExch(T* at, T value) { return std::exchange(*at, value); }
template <class T> T atomicCAS(T* at, T compare, T value) {
  return std::exchange(*at, *at == compare ? value : *at);
}
inline void __threadfence() {}

inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x ? __builtin_clz(unsigned(x)) : 32; }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned(std::uint64_t(a) * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<unsigned long long>(Wide(a) * b >> 64);
}
inline float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
inline int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
template <class T> const T& __ldg(const T* at) { return *at; }
using std::max, std::min;

// ------------------------------------------------------------ launches
template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...),
                               A&&... arguments) {
  return cuda_emulator::launch(*config,
                               [kernel, values = std::tuple<P...>(std::forward<A>(arguments)...)] {
                                 std::apply(kernel, values);
                               });
}
