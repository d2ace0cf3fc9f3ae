// SPDX-License-Identifier: MIT
// Computes random numbers by the counter-based generator Philox (tinygrad/random.h), and dropout. A
// thread computes one Philox block of four 32-bit words: four float32 values, or two of 64 bits.
#include "backends/cuda/dense.h"
#include "backends/cuda/elementwise.cuh"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;

/// The seed and the call of the generator; the call may be a value on the device.
struct Key {
  std::uint64_t seed;
  Number call;
  __device__ __forceinline__ Words words(std::uint64_t at) const {
    return philox(seed, std::uint64_t(call.value<std::int64_t>()), at);
  }
};
/// Values per Philox block.
template <class T> constexpr int values_per_block = 16 / int(sizeof(T));

__device__ __forceinline__ void uniforms(const Words& words, float (&u)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) u[i] = uniform(words.at[i]);
}
__device__ __forceinline__ void uniforms(const Words& words, double (&u)[2]) {
#pragma unroll
  for (int i = 0; i < 2; ++i) u[i] = uniform64(word64(words, i));
}

struct Uniform {
  template <class T>
  static __device__ __forceinline__ void transform(const Words& words, T low, T high,
                                                   T (&y)[values_per_block<T>]) {
    uniforms(words, y);
#pragma unroll
    for (int i = 0; i < values_per_block<T>; ++i) y[i] = low + (high - low) * y[i];
  }
};
/// The Box-Muller transform, on pairs.
struct Normal {
  template <class T>
  static __device__ __forceinline__ void transform(const Words& words, T low, T high,
                                                   T (&y)[values_per_block<T>]) {
    uniforms(words, y);
#pragma unroll
    for (int i = 0; i < values_per_block<T>; i += 2) {
      const T r = std::sqrt(-2 * std::log(1 - y[i])), t = T(6.283185307179586) * y[i + 1];
      y[i] = low + high * (r * std::cos(t)), y[i + 1] = low + high * (r * std::sin(t));
    }
  }
};
struct UniformInteger {
  static __device__ __forceinline__ void transform(const Words& words, std::int64_t low,
                                                   std::int64_t high, std::int64_t (&y)[2]) {
    const std::uint64_t range = std::uint64_t(high) - std::uint64_t(low);
#pragma unroll
    for (int i = 0; i < 2; ++i)
      y[i] = std::int64_t(std::uint64_t(low) + __umul64hi(word64(words, i), range));
  }
};

/// Bytes: y once. About 30 instructions per value. Not measured yet: expected at the bandwidth for
/// float32.
template <class T, class Sampler>
__global__ void __launch_bounds__(threads)
    draw(T* y, const Key key, const T low, const T high, const std::int64_t count) {
  const std::int64_t block = std::int64_t(blockIdx.x) * threads + threadIdx.x,
                     first = block * values_per_block<T>;
  if (first >= count) return;
  T values[values_per_block<T>];
  Sampler::transform(key.words(std::uint64_t(block)), low, high, values);
  if (first + values_per_block<T> <= count) return store(y + first, values);
#pragma unroll
  for (int i = 0; i < values_per_block<T>; ++i)
    if (first + i < count) y[first + i] = values[i];
}

template <class T, class Sampler>
void draw_all(Runtime& runtime, const PhiloxKey& key, Scalar low, Scalar high, const View& out) {
  launch(runtime, "random", unsigned(ceil_div(out.count(), threads * values_per_block<T>)), threads,
         draw<T, Sampler>, begin_of<T>(out), Key{key.seed, Number(key.call)}, scalar_as<T>(low),
         scalar_as<T>(high), out.count());
}

/// y = u >= p ? x / (1 - p) : 0 with uniform u, for floating dtypes of up to 32 bits. Bytes: x and
/// y once. Not measured yet: expected at nine tenths of the bandwidth.
__global__ void __launch_bounds__(threads)
    dropout_float(const Array<float> x, const Array<float> y, const Key key, const float p,
                  const std::int64_t count) {
  const std::int64_t block = std::int64_t(blockIdx.x) * threads + threadIdx.x, first = block * 4;
  if (first >= count) return;
  const int lanes = count - first < 4 ? int(count - first) : 4;
  const Four raw = fetch(x, first, 0, lanes);
  float u[4], values[4];
  uniforms(key.words(std::uint64_t(block)), u);
  unpack(x, lanes, raw, values);
#pragma unroll
  for (int i = 0; i < 4; ++i) values[i] = u[i] >= p ? values[i] / (1 - p) : 0;
  write(y, first, lanes, values);
}
__global__ void __launch_bounds__(threads)
    dropout_double(const double* x, double* y, const Key key, const double p,
                   const std::int64_t count) {
  const std::int64_t block = std::int64_t(blockIdx.x) * threads + threadIdx.x, first = block * 2;
  if (first >= count) return;
  double u[2];
  uniforms(key.words(std::uint64_t(block)), u);
#pragma unroll
  for (int i = 0; i < 2; ++i)
    if (first + i < count) y[first + i] = u[i] >= p ? x[first + i] / (1 - p) : 0;
}

}  // namespace

void random(Runtime& runtime, Distribution distribution, const PhiloxKey& key, Scalar low,
            Scalar high, const View& out) {
  const Output output(runtime, out);
  const bool is_normal = distribution == Distribution::normal;
  if (distribution == Distribution::integer)
    draw_all<std::int64_t, UniformInteger>(runtime, key, low, high, output);
  else if (out.dtype() == DType::float32)
    is_normal ? draw_all<float, Normal>(runtime, key, low, high, output)
              : draw_all<float, Uniform>(runtime, key, low, high, output);
  else
    is_normal ? draw_all<double, Normal>(runtime, key, low, high, output)
              : draw_all<double, Uniform>(runtime, key, low, high, output);
  output.finish();
}

bool dropout(Runtime& runtime, const View& x, double p, const PhiloxKey& key, const View& y) {
  const Input input(runtime, x);
  const Output output(runtime, y);
  const Key generator = {key.seed, Number(key.call)};
  if (y.dtype() == DType::float64)
    launch(runtime, "dropout", unsigned(ceil_div(y.count(), threads * 2)), threads, dropout_double,
           input.as<double>(), output.as<double>(), generator, p, y.count());
  else
    launch(runtime, "dropout", unsigned(ceil_div(y.count(), threads * 4)), threads, dropout_float,
           Array<float>{input.as<char>(), x.dtype(), 1, 0},
           Array<float>{output.as<char>(), y.dtype(), 1, 0}, generator, float(p), y.count());
  output.finish();
  return true;
}

}  // namespace tinygrad::cuda
