// SPDX-License-Identifier: MIT
// The matrix product c = a b of n x n matrices in CUDA: three rungs. Beside it stands matmul.cl.
// Each element of c is one sum over k in order, each step rounded once (fmaf): all rungs give the
// same bits.
#include <stdexcept>

#include "labs/ladder/devices.h"
#include "labs/ladder/machine.h"

namespace ladder {
namespace {

/// One thread for each element of c, as in the definition. Neighbours read neighbours in b, and all
/// the same element of a; but each value is fetched again for each multiply-add.
__global__ void naive(int n, const float* a, const float* b, float* c) {
  const int j = blockIdx.x * 16 + threadIdx.x, i = blockIdx.y * 16 + threadIdx.y;
  float sum = 0;
  for (int k = 0; k < n; ++k) sum = fmaf(a[i * n + k], b[k * n + j], sum);
  c[i * n + j] = sum;
}

/// A block of 16 x 16 threads copies tiles of a and b to shared memory, then reads each value there
/// 16 times: global memory is read 16 times less.
__global__ void tiled(int n, const float* a, const float* b, float* c) {
  __shared__ float tile_a[16][16], tile_b[16][16];
  const int x = threadIdx.x, y = threadIdx.y, j = blockIdx.x * 16 + x, i = blockIdx.y * 16 + y;
  float sum = 0;
  for (int first = 0; first < n; first += 16) {
    tile_a[y][x] = a[i * n + first + x];
    tile_b[y][x] = b[(first + y) * n + j];
    __syncthreads();
    for (int k = 0; k < 16; ++k) sum = fmaf(tile_a[y][k], tile_b[k][x], sum);
    __syncthreads();
  }
  c[i * n + j] = sum;
}

/// Each thread computes 4 x 4 elements in registers: 8 loads from shared memory for 16
/// multiply-adds, where the rung above loads two for one. The block's tile is 64 x 64.
__global__ void register_tile(int n, const float* a, const float* b, float* c) {
  __shared__ float tile_a[16][64 + 1], tile_b[16][64];  // + 1: a column lies in different banks
  const int x = threadIdx.x, y = threadIdx.y, thread = y * 16 + x, first_j = blockIdx.x * 64,
            first_i = blockIdx.y * 64;
  float sums[4][4] = {};
  for (int first = 0; first < n; first += 16) {
    for (int e = thread; e < 16 * 64; e += 256) {
      tile_a[e % 16][e / 16] = a[(first_i + e / 16) * n + first + e % 16];
      tile_b[e / 64][e % 64] = b[(first + e / 64) * n + first_j + e % 64];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < 16; ++k)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          sums[i][j] = fmaf(tile_a[k][y + 16 * i], tile_b[k][x + 16 * j], sums[i][j]);
    __syncthreads();
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) c[(first_i + y + 16 * i) * n + first_j + x + 16 * j] = sums[i][j];
}

/// The limit: 16 independent chains of multiply-adds in registers for each thread.
__global__ void limit(int steps, float* values) {
  float x[16];
  const float scale = values[0], shift = values[1];
  for (int i = 0; i < 16; ++i) x[i] = float(i);
  for (int step = 0; step < steps; ++step)
#pragma unroll
    for (int i = 0; i < 16; ++i) x[i] = fmaf(x[i], scale, shift);
  for (int i = 1; i < 16; ++i) x[0] += x[i];
  values[blockIdx.x * blockDim.x + threadIdx.x] = x[0];
}

void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(cudaGetErrorString(status));
}

/// `count` elements on the device.
struct Buffer {
  float* data;
  explicit Buffer(std::size_t count) { check(cudaMalloc(&data, count * sizeof(float))); }
  Buffer(std::size_t count, const float* values) : Buffer(count) {
    check(cudaMemcpy(data, values, count * sizeof(float), cudaMemcpyHostToDevice));
  }
  Buffer(const Buffer&) = delete;
  ~Buffer() { cudaFree(data); }
};

double limit_of(double budget) {
  const int steps = 1 << 12, blocks = 1 << 12, threads = 256;
  const std::vector<float> values(blocks * threads, 0.5f);
  const Buffer buffer(values.size(), values.data());
  const double seconds = shortest(budget, [&] {
    limit<<<blocks, threads>>>(steps, buffer.data);
    check(cudaDeviceSynchronize());
  });
  return 2e-9 * steps * blocks * threads * 16 / seconds;
}

}  // namespace

DeviceLadder cuda_ladder(int n, const float* a, const float* b, double budget) {
  cudaDeviceProp device;
  if (cudaGetDeviceProperties(&device, 0) != cudaSuccess) return {};
  DeviceLadder all{device.name, limit_of(budget)};
  const std::size_t size = std::size_t(n) * n;
  const Buffer of_a(size, a), of_b(size, b), of_c(size);
  struct {
    const char* name;
    void (*kernel)(int, const float*, const float*, float*);
    int blocks;  // along each side of c
  } const rungs[] = {
      {"naive", naive, n / 16}, {"tiled", tiled, n / 16}, {"register_tile", register_tile, n / 64}};
  for (auto& rung : rungs) {
    const double seconds = shortest(budget, [&] {
      rung.kernel<<<dim3(rung.blocks, rung.blocks), dim3(16, 16)>>>(n, of_a.data, of_b.data,
                                                                    of_c.data);
      check(cudaDeviceSynchronize());
    });
    std::vector<float> c(size);
    check(cudaMemcpy(c.data(), of_c.data, size * sizeof(float), cudaMemcpyDeviceToHost));
    all.rungs.push_back({rung.name, seconds, std::move(c)});
  }
  return all;
}

}  // namespace ladder
