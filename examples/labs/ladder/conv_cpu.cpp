// SPDX-License-Identifier: MIT
// The convolution on the processor: from the definition to the product of matrices, whose ladder
// has been climbed (matmul_cpu.cpp), and on to fewer multiplications.
#include "labs/ladder/conv_cpu.h"

#include <cmath>
#include <cstring>

namespace ladder {

/// As in the definition: six loops.
void direct(Conv s, const float* x, const float* w, float* y) {
  for (int o = 0; o < s.filters; ++o)
    for (int i = 0; i < s.size; ++i)
      for (int j = 0; j < s.size; ++j) {
        float sum = 0;
        for (int c = 0; c < s.channels; ++c)
          for (int u = 0; u < 3; ++u)
            for (int v = 0; v < 3; ++v)
              sum += x[(c * s.row() + i + u) * s.row() + j + v] *
                     w[((o * s.channels + c) * 3 + u) * 3 + v];
        y[(o * s.size + i) * s.size + j] = sum;
      }
  multiplications += long(s.product().m) * s.product().n * s.product().k;
}

/// Where in the image row k of the columns begins: at a channel, and a row and column of its
/// window.
static int window(Conv s, int k) { return (k / 9 * s.row() + k % 9 / 3) * s.row() + k % 3; }

/// The windows of the image become the columns of a matrix, and the convolution a product, for
/// which everything is done. The price: a matrix nine times as large as the image.
void im2col(Conv s, const float* x, const float* w, float* y) {
  const Sizes p = s.product();
  std::vector<float> columns(std::size_t(p.k) * p.n);
  parallel(threads, p.k, [&](int k) {
    for (int i = 0; i < s.size; ++i)
      std::memcpy(&columns[k * p.n + i * s.size], x + window(s, k) + i * s.row(),
                  s.size * sizeof(float));
  });
  threaded(p, w, columns.data(), y);
}

/// The matrix is never written. The product packs a panel of it at a time anyway: it looks that up
/// in the image. cuDNN calls this an implicit GEMM.
void implicit_product(Conv s, const float* x, const float* w, float* y) {
  const Sizes p = s.product();
  const PackB look_up = [=](int k, int steps, int j, int columns, float* to) {
    const float* from = x + j / s.size * s.row() + j % s.size;
    for (int step = 0; step < steps; ++step)
      std::memcpy(to + step * columns, from + window(s, k + step), columns * sizeof(float));
  };
  multiply(p, pack_a(p, w, best_tile().rows), look_up, y, best_tile(), threads);
}

// ---------------------------------------------------------------- Winograd
// A tile of 2 x 2 outputs takes 36 multiplications by the definition. Seen as polynomials, the tile
// is determined by the values at a few points: 4 x 4 = 16 multiplications there, one for each pair
// of values of the image's tile and of the filter. The matrices go to these values and back, with
// little but additions.

const Winograd form_2x2 = {2,
                           {4, 3, {1, 0, 0, .5, .5, .5, .5, -.5, .5, 0, 0, 1}},
                           {4, 4, {1, 0, -1, 0, 0, 1, 1, 0, 0, -1, 1, 0, 0, 1, 0, -1}},
                           {2, 4, {1, 1, 1, 0, 0, 1, -1, -1}}};
// clang-format off
const Winograd form_4x4 = {
    4,
    {6, 3, {1 / 4.f, 0, 0,  -1 / 6.f, -1 / 6.f, -1 / 6.f,  -1 / 6.f, 1 / 6.f, -1 / 6.f,
            1 / 24.f, 1 / 12.f, 1 / 6.f,  1 / 24.f, -1 / 12.f, 1 / 6.f,  0, 0, 1}},
    {6, 6, {4, 0, -5, 0, 1, 0,  0, -4, -4, 1, 1, 0,  0, 4, -4, -1, 1, 0,
            0, -2, -1, 2, 1, 0,  0, 2, -1, -2, 1, 0,  0, 4, 0, -5, 0, 1}},
    {4, 6, {1, 1, 1, 1, 1, 0,  0, 1, -1, 2, -2, 0,  0, 1, 1, 4, 4, 0,  0, 1, -1, 8, -8, 1}}};
// clang-format on

Winograd Winograd::absolute() const {
  Winograd all = *this;
  for (SmallMatrix* matrix : {&all.filter, &all.image, &all.back})
    for (float& value : matrix->values) value = std::fabs(value);
  return all;
}

namespace {

/// to [r, r] = m from [s, s] mᵀ for m [r, s], of n squares at once: element e of square number i is
/// at e stride + i. n must be a multiple of 8.
template <int r, int s>
LADDER_INLINE void transform_by(const float* m, int n, const float* from, long from_stride,
                                float* to, long to_stride) {
  for (int first = 0; first < n; first += 8, from += 8, to += 8) {
    VectorOf<8>::Type half[r][s] = {}, element;  // m from
    for (int p = 0; p < s; ++p)
      for (int q = 0; q < s; ++q) {
        load(element, from + (p * s + q) * from_stride);
        for (int i = 0; i < r; ++i) half[i][q] += m[i * s + p] * element;
      }
    for (int i = 0; i < r; ++i)
      for (int j = 0; j < r; ++j) {
        VectorOf<8>::Type sum = half[i][0] * m[j * s];
        for (int q = 1; q < s; ++q) sum += half[i][q] * m[j * s + q];
        store(sum, to + (i * r + j) * to_stride);
      }
  }
}
FOR_EACH_MACHINE void transform(const SmallMatrix& m, int n, const float* from, long from_stride,
                                float* to, long to_stride) {
#define FOR_SHAPE(r, s)              \
  if (m.rows == r && m.columns == s) \
    return transform_by<r, s>(m.values.data(), n, from, from_stride, to, to_stride);
  FOR_SHAPE(4, 3) FOR_SHAPE(4, 4) FOR_SHAPE(2, 4) FOR_SHAPE(6, 3) FOR_SHAPE(6, 6) FOR_SHAPE(4, 6)
}

/// to[i] = from[step i] for a step of 2 or 4, which the compiler makes shuffles of if it knows it.
FOR_EACH_MACHINE void every(int step, const float* from, float* to, int n) {
  if (step == 2)
    for (int i = 0; i < n; ++i) to[i] = from[2 * i];
  else
    for (int i = 0; i < n; ++i) to[i] = from[4 * i];
}
/// to[step i + q] = from[q stride + i] for all q < step.
FOR_EACH_MACHINE void interleave(int step, const float* __restrict__ from, long stride,
                                 float* __restrict__ to, int n) {
  if (step == 2)
    for (int i = 0; i < n; ++i)
      for (int q = 0; q < 2; ++q) to[2 * i + q] = from[q * stride + i];
  else
    for (int i = 0; i < n; ++i)
      for (int q = 0; q < 4; ++q) to[4 * i + q] = from[q * stride + i];
}

/// The filters' values: for each of side² points a matrix [filters, channels], packed.
std::vector<std::vector<float>> filter_values(const Winograd& f, Conv s, const float* w) {
  const int points = f.side() * f.side(), size = s.filters * s.channels;
  std::vector<float> of_filter(9 * s.channels), values(points * size);
  for (int o = 0; o < s.filters; ++o) {
    for (int c = 0; c < s.channels; ++c)
      for (int e = 0; e < 9; ++e) of_filter[e * s.channels + c] = w[(o * s.channels + c) * 9 + e];
    transform(f.filter, s.channels, of_filter.data(), s.channels, &values[o * s.channels], size);
  }
  std::vector<std::vector<float>> packed;
  for (int e = 0; e < points; ++e)
    packed.push_back(pack_a({s.filters, 0, s.channels}, &values[e * size], best_tile().rows));
  return packed;
}

constexpr int band = 8;  // rows of y whose values stay in the cache

/// The values of a band of the image: for each point a matrix [channels, tiles].
void image_values(const Winograd& f, Conv s, int tiles, const float* x, float* values) {
  const int side = f.side(), across = s.size / f.m;
  std::vector<float> squares(side * side * tiles);
  for (int c = 0; c < s.channels; ++c, x += s.row() * s.row()) {
    for (int e = 0; e < side * side; ++e)
      for (int t = 0; t < tiles; t += across)
        every(f.m, x + (t / across * f.m + e / side) * s.row() + e % side, &squares[e * tiles + t],
              across);
    transform(f.image, tiles, squares.data(), tiles, values + c * tiles, s.channels * tiles);
  }
}

/// The band of y that has these values at the points: for each a matrix [filters, tiles].
void from_values(const Winograd& f, Conv s, int tiles, const float* values, float* y) {
  const int across = s.size / f.m;
  std::vector<float> squares(f.m * f.m * tiles);
  for (int o = 0; o < s.filters; ++o, y += s.size * s.size) {
    transform(f.back, tiles, values + o * tiles, s.filters * tiles, squares.data(), tiles);
    for (int p = 0; p < f.m; ++p)
      for (int t = 0; t < tiles; t += across)
        interleave(f.m, &squares[p * f.m * tiles + t], tiles, y + (t / across * f.m + p) * s.size,
                   across);
  }
}

}  // namespace

/// For each point one product of matrices sums over the channels, for all filters and tiles.
void winograd(const Winograd& f, Conv s, const float* x, const float* w, float* y) {
  const int points = f.side() * f.side(), tiles = band / f.m * (s.size / f.m);
  const Sizes p = {s.filters, tiles, s.channels};
  const auto filters = filter_values(f, s, w);
  parallel(threads, threads, [&](int thread) {
    std::vector<float> image(points * p.k * p.n), sums(points * p.m * p.n);
    for (int i = thread * band; i < s.size; i += threads * band) {
      image_values(f, s, tiles, x + i * s.row(), image.data());
      for (int e = 0; e < points; ++e)
        multiply(p, filters[e], pack_b(p, &image[e * p.k * p.n]), &sums[e * p.m * p.n],
                 best_tile());
      from_values(f, s, tiles, sums.data(), y + i * s.size);
    }
  });
}

/// Fewer multiplications: 16 for a tile of 2 x 2 outputs instead of 36.
void winograd_2x2(Conv s, const float* x, const float* w, float* y) {
  winograd(form_2x2, s, x, w, y);
}

/// Still fewer: 36 for a tile of 4 x 4 outputs instead of 144. The price: values at points up to 2
/// are large and cancel, and take digits with them.
void winograd_4x4(Conv s, const float* x, const float* w, float* y) {
  winograd(form_4x4, s, x, w, y);
}

}  // namespace ladder
