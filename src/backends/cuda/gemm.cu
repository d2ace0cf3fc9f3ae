// SPDX-License-Identifier: MIT
// Computes the matrix products that cuBLASLt does not: those of integers, and those of real numbers
// in the rare shapes for which it has no algorithm (gemm_tile.cuh).
#include "backends/cuda/gemm_tile.cuh"
#include "backends/cuda/launch.h"
#include "backends/cuda/matmul.h"
#include "backends/cuda/offset_calculator.h"

namespace tinygrad::cuda {
namespace {

/// Sizes of the matrices, and the strides of their rows and columns.
struct GemmShape {
  std::int64_t m, n, k, a_row, a_column, b_row, b_column, c_row, c_column, bias_row, bias_column;
  Layout batch;  // c, a, b, bias
};

/// c = sum + bias, inside the matrix.
template <class S> struct BiasEpilogue {
  S* c;
  const S* bias;
  const GemmShape& shape;
  __device__ std::int64_t column(std::int64_t j) const { return j; }
  __device__ void operator()(std::int64_t j, std::int64_t i, Accumulator<S> sum) const {
    if (i >= shape.m || j >= shape.n) return;
    if (bias) sum += Accumulator<S>(load(bias + i * shape.bias_row + j * shape.bias_column));
    store(c + i * shape.c_row + j * shape.c_column, computed<S>(sum));
  }
};

/// The offsets of matrix i of the batch: of c, a, b and bias.
__device__ void matrix_offsets(const Layout& batch, std::int64_t i, std::int64_t (&offsets)[4]) {
  for (int k = 0; k < 4; ++k) offsets[k] = 0;
  for (int d = batch.rank - 1; d >= 0; i /= batch.shape[d--])
    for (int k = 0; k < 4; ++k) offsets[k] += i % batch.shape[d] * batch.strides[k][d];
}

/// Grid: x has the tiles of a matrix, y and z the matrices of the batch.
template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    gemm_kernel(const S* __restrict__ a, const S* __restrict__ b, const S* __restrict__ bias,
                S* __restrict__ c, GemmShape shape) {
  const std::int64_t tiles_m = ceil_div(shape.m, Tile::tile_m), row = blockIdx.x % tiles_m,
                     column = blockIdx.x / tiles_m;
  const std::int64_t matrix = std::int64_t(blockIdx.z) * gridDim.y + blockIdx.y;
  if (matrix >= shape.batch.count) return;
  std::int64_t at[4];
  matrix_offsets(shape.batch, matrix, at);
  const Matrix<S, true> left{a + at[1], shape.m, shape.k, shape.a_row, shape.a_column};
  const Matrix<S, false> right{b + at[2], shape.n, shape.k, shape.b_column, shape.b_row};
  const BiasEpilogue<S> epilogue{c + at[0], bias ? bias + at[3] : nullptr, shape};
  multiply_tile<Tile>(left, right, epilogue, row * Tile::tile_m, column * Tile::tile_n, 0, shape.k);
}

std::int64_t stride_of(const View& v, int dim) { return v ? v.strides()[dim] : 0; }

template <class S, class Tile>
void launch_gemm(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c,
                 const GemmShape& shape) {
  const std::int64_t tiles = ceil_div(shape.m, Tile::tile_m) * ceil_div(shape.n, Tile::tile_n),
                     max_grid_y = 65535;
  const dim3 blocks(unsigned(tiles), unsigned(std::min(shape.batch.count, max_grid_y)),
                    unsigned(ceil_div(shape.batch.count, max_grid_y)));
  launch(runtime, "gemm", blocks, Tile::threads, gemm_kernel<S, Tile>, begin_of<S>(a),
         begin_of<S>(b), begin_of<S>(bias), begin_of<S>(c), shape);
}

}  // namespace

void gemm(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c) {
  if (c.count() == 0) return;
  GemmShape s = {c.shape()[-2],    c.shape()[-1],       a.shape()[-1],       stride_of(a, -2),
                 stride_of(a, -1), stride_of(b, -2),    stride_of(b, -1),    stride_of(c, -2),
                 stride_of(c, -1), stride_of(bias, -2), stride_of(bias, -1), {}};
  const int rank = c.rank() - 2;
  const std::int64_t* shape = c.shape().begin();
  const Extents extents[] = {{rank, shape, c.strides().begin()},
                             {rank, shape, a.strides().begin()},
                             {rank, shape, b.strides().begin()},
                             {rank, shape, bias ? bias.strides().begin() : nullptr}};
  s.batch = make_layout(extents, 4, true);
  visit_arithmetic(c.dtype(), [&](auto zero) {
    using S = decltype(zero);
    if constexpr (!std::is_same_v<S, bool>) launch_gemm<S, LargeTile<S>>(runtime, a, b, bias, c, s);
  });
}

}  // namespace tinygrad::cuda
