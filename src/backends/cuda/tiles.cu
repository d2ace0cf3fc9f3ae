// Products of matrices that cuBLASLt does not make: of integers, and of reals in the rare shapes
// for which it has no algorithm.
#include "backends/cuda/launch.h"
#include "backends/cuda/matmul.h"
#include "backends/cuda/offset_calculator.h"
#include "backends/cuda/tile.cuh"

namespace tinygrad::cuda {
namespace {

struct Sizes {
  std::int64_t m, n, k, a_row, a_column, b_row, b_column, c_row, c_column, bias_row, bias_column;
  Layout batch;  // c, a, b, bias
};

template <class S> struct Result {
  S* c;
  const S* bias;
  const Sizes& z;
  __device__ std::int64_t column(std::int64_t j) const { return j; }
  __device__ void operator()(std::int64_t j, std::int64_t i, Accumulator<S> sum) const {
    if (i >= z.m || j >= z.n) return;
    if (bias) sum += Accumulator<S>(load(bias + i * z.bias_row + j * z.bias_column));
    store(c + i * z.c_row + j * z.c_column, computed<S>(sum));
  }
};

__device__ void find_matrix(const Layout& batch, std::int64_t i, std::int64_t (&offsets)[4]) {
  for (int k = 0; k < 4; ++k) offsets[k] = 0;
  for (int d = batch.rank - 1; d >= 0; i /= batch.shape[d--])
    for (int k = 0; k < 4; ++k) offsets[k] += i % batch.shape[d] * batch.strides[k][d];
}

/// Blocks: tiles of a matrix, and the matrices of the batch.
template <class S, class Tile>
__global__ void __launch_bounds__(Tile::threads, 2)
    multiply(const S* __restrict__ a, const S* __restrict__ b, const S* __restrict__ bias,
             S* __restrict__ c, Sizes z) {
  const std::int64_t tiles_m = ceil_div(z.m, Tile::tile_m), row = blockIdx.x % tiles_m,
                     column = blockIdx.x / tiles_m;
  const std::int64_t matrix = std::int64_t(blockIdx.z) * gridDim.y + blockIdx.y;
  if (matrix >= z.batch.count) return;
  std::int64_t at[4];
  find_matrix(z.batch, matrix, at);
  const Matrix<S, true> left{a + at[1], z.m, z.k, z.a_row, z.a_column};
  const Matrix<S, false> right{b + at[2], z.n, z.k, z.b_column, z.b_row};
  const Result<S> result{c + at[0], bias ? bias + at[3] : nullptr, z};
  multiply_tile<Tile>(left, right, result, row * Tile::tile_m, column * Tile::tile_n, 0, z.k);
}

std::int64_t stride_of(const View& v, int dim) { return v ? v.strides()[dim] : 0; }

template <class S, class Tile>
void run(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c,
         const Sizes& z) {
  const std::int64_t tiles = ceil_div(z.m, Tile::tile_m) * ceil_div(z.n, Tile::tile_n),
                     most = 65535;
  const dim3 blocks(unsigned(tiles), unsigned(std::min(z.batch.count, most)),
                    unsigned(ceil_div(z.batch.count, most)));
  launch(runtime, "multiply", blocks, Tile::threads, multiply<S, Tile>, begin_of<S>(a),
         begin_of<S>(b), begin_of<S>(bias), begin_of<S>(c), z);
}

}  // namespace

void multiply_tiles(Runtime& runtime, const View& a, const View& b, const View& bias,
                    const View& c) {
  if (c.count() == 0) return;
  Sizes z = {c.shape()[-2],    c.shape()[-1],       a.shape()[-1],       stride_of(a, -2),
             stride_of(a, -1), stride_of(b, -2),    stride_of(b, -1),    stride_of(c, -2),
             stride_of(c, -1), stride_of(bias, -2), stride_of(bias, -1), {}};
  const int rank = c.rank() - 2;
  const std::int64_t* shape = c.shape().begin();
  const Extents extents[] = {{rank, shape, c.strides().begin()},
                             {rank, shape, a.strides().begin()},
                             {rank, shape, b.strides().begin()},
                             {rank, shape, bias ? bias.strides().begin() : nullptr}};
  z.batch = make_layout(extents, 4, true);
  visit_arithmetic(c.dtype(), [&](auto zero) {
    using S = decltype(zero);
    if constexpr (!std::is_same_v<S, bool>) run<S, LargeTile<S>>(runtime, a, b, bias, c, z);
  });
}

}  // namespace tinygrad::cuda
