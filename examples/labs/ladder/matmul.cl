// SPDX-License-Identifier: MIT
// The matrix product c = a b of n x n matrices in OpenCL: three rungs. Beside it stands matmul.cu.
// Each element of c is one sum over k in order, each step rounded once (fma): all rungs give the
// same bits.

/// One work-item for each element of c, as in the definition. Neighbours read neighbours in b, and
/// all the same element of a; but each value is fetched again for each multiply-add.
kernel void naive(int n, global const float* a, global const float* b, global float* c) {
  const int j = get_global_id(0), i = get_global_id(1);
  float sum = 0;
  for (int k = 0; k < n; ++k) sum = fma(a[i * n + k], b[k * n + j], sum);
  c[i * n + j] = sum;
}

/// A work-group of 16 x 16 items copies tiles of a and b to local memory, then reads each value
/// there 16 times: global memory is read 16 times less.
kernel __attribute__((reqd_work_group_size(16, 16, 1))) void tiled(int n, global const float* a,
                                                                   global const float* b,
                                                                   global float* c) {
  local float tile_a[16][16], tile_b[16][16];
  const int x = get_local_id(0), y = get_local_id(1), j = get_global_id(0), i = get_global_id(1);
  float sum = 0;
  for (int first = 0; first < n; first += 16) {
    tile_a[y][x] = a[i * n + first + x];
    tile_b[y][x] = b[(first + y) * n + j];
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < 16; ++k) sum = fma(tile_a[y][k], tile_b[k][x], sum);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  c[i * n + j] = sum;
}

/// Each item computes 4 x 4 elements in registers: 8 loads from local memory for 16 multiply-adds,
/// where the rung above loads two for one. The group's tile is 64 x 64.
kernel __attribute__((reqd_work_group_size(16, 16, 1))) void register_tile(int n,
                                                                           global const float* a,
                                                                           global const float* b,
                                                                           global float* c) {
  local float tile_a[16][64 + 1], tile_b[16][64];  // + 1: a column lies in different banks
  const int x = get_local_id(0), y = get_local_id(1), item = y * 16 + x,
            first_j = get_group_id(0) * 64, first_i = get_group_id(1) * 64;
  float sums[4][4] = {{0}};
  for (int first = 0; first < n; first += 16) {
    for (int e = item; e < 16 * 64; e += 256) {
      tile_a[e % 16][e / 16] = a[(first_i + e / 16) * n + first + e % 16];
      tile_b[e / 64][e % 64] = b[(first + e / 64) * n + first_j + e % 64];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int k = 0; k < 16; ++k)
      for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j)
          sums[i][j] = fma(tile_a[k][y + 16 * i], tile_b[k][x + 16 * j], sums[i][j]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) c[(first_i + y + 16 * i) * n + first_j + x + 16 * j] = sums[i][j];
}

/// The limit: independent chains of multiply-adds in registers, 8 x 16 for each item.
kernel void limit(int steps, global float* values) {
  float16 x[8];
  const float scale = values[0], shift = values[1];
#pragma unroll
  for (int i = 0; i < 8; ++i) x[i] = i;
  for (int step = 0; step < steps; ++step)
#pragma unroll
    for (int i = 0; i < 8; ++i) x[i] = fma(x[i], (float16)scale, (float16)shift);
#pragma unroll
  for (int i = 1; i < 8; ++i) x[0] += x[i];
  vstore16(x[0], get_global_id(0), values);
}
