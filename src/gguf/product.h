// SPDX-License-Identifier: MIT
// The product of rows of x, rounded to 8 bits, with a matrix in blocks of 32 elements. For every
// block, with the codes q of w and p of x and their scales d and e,
//   y += d e Σ q p             (Q8_0; Q4_0 has q - 8 for q)
//   y += d e Σ q p + m e Σ p   (Q4_1)
// The sums over codes are exact. Sixteen blocks at a time have their scales converted and
// multiplied; four blocks at a time have their codes multiplied, in sixteen lanes: lane 4 b + j
// sums elements 4 j ... 4 j + 3 and 16 + 4 j ... of block b. All instruction sets add the same
// lanes in the same order, without contraction to fma, and so compute the same bits.
//
// Each instruction set has a file compiled for it, which must not define functions that a linker
// could share with other files: all is in an unnamed namespace or inline and unused.
#pragma once
#include <cstdint>
#include <cstring>

#include "tinygrad/gguf/type.h"

namespace tinygrad::gguf {

/// Rows of x in blocks of 32, rounded to 8 bits: x ≈ scale * code, codes -127 ... 127. A row has
/// `stride` blocks, a multiple of 16, of which those after the last column are 0.
struct Activations {
  std::int64_t rows, stride;
  const std::int8_t* codes;  ///< [rows, stride / 4, 2, 4, 16]: of four blocks the first half of
                             ///< each, then the second half of each
  const float* scales;       ///< [rows, stride]
  const float* sums;         ///< [rows, stride]: scale times the sum of the block's codes
};

/// Rows of a matrix of `blocks` blocks each. Kernels may read up to `end`, that of the matrix.
struct MatrixRows {
  const std::uint8_t *begin, *end;
  std::int64_t rows, blocks;
};
/// y[i * y_stride + j] = the product of row i of x and row j of w.
using Product = void (*)(const MatrixRows& w, const Activations& x, float* y,
                         std::int64_t y_stride);

struct ProductKernels {
  const char* name;
  Product q8_0, q4_0, q4_1;
};
/// Null if the build has no kernels of this kind.
extern const ProductKernels *const baseline_kernels, *const avx2_kernels, *const avx512_kernels;

namespace {

constexpr std::int64_t bytes_of(Type type) {
  return type == Type::Q8_0 ? 34 : type == Type::Q4_0 ? 18 : 20;
}
/// The bytes of d, and of m if there is one; the codes follow.
constexpr std::int64_t bytes_of_scales(Type type) { return type == Type::Q4_1 ? 4 : 2; }

/// The codes of four blocks at w. What lies after the row has factors of 0.
template <class Isa, Type type>
typename Isa::Codes codes_at(const std::uint8_t* w, const std::uint8_t* end) {
  constexpr std::int64_t bytes = 4 * bytes_of(type);
  if (end - w >= bytes) return Isa::template codes<type>(w);
  std::uint8_t rest[bytes] = {};
  std::memcpy(rest, w, std::size_t(end - w));
  return Isa::template codes<type>(rest);
}

/// The product of a row of w with X rows of x from `first` on. The struct Isa has what depends on
/// the instruction set:
///   Floats            16 floats, with zero(), load(), mul(), add(), and sum() of all:
///                     lanes i and i + 8, then i and i + 4, i and i + 2, i and i + 1
///   spread(v, p)      lane i is element p + i / 4 of v
///   scales<type>      d and m of up to 16 blocks; 0 beyond
///   Codes codes<type> the codes of four blocks
///   dot<type>         the 16 sums of eight products, as floats
template <class Isa, Type type, int X>
void dot_row(const MatrixRows& all, std::int64_t row, const Activations& x, std::int64_t first,
             float* y, std::int64_t y_stride) {
  using Floats = typename Isa::Floats;
  Floats sums[X];
#pragma GCC unroll 8
  for (int i = 0; i < X; ++i) sums[i] = Isa::zero();
  const std::uint8_t* w = all.begin + row * all.blocks * bytes_of(type);
  for (std::int64_t b = 0; b < all.blocks; b += 16) {
    const int count = int(all.blocks - b < 16 ? all.blocks - b : 16);
    Floats d, m, scales[X];
    Isa::template scales<type>(w, count, d, m);
#pragma GCC unroll 8
    for (int i = 0; i < X; ++i) {
      const std::int64_t block = (first + i) * x.stride + b;
      scales[i] = Isa::mul(d, Isa::load(x.scales + block));
      if (type == Type::Q4_1) sums[i] = Isa::add(sums[i], Isa::mul(m, Isa::load(x.sums + block)));
    }
    for (int p = 0; p < count; p += 4, w += 4 * bytes_of(type)) {
      const auto codes = codes_at<Isa, type>(w, all.end);
#pragma GCC unroll 8
      for (int i = 0; i < X; ++i) {
        const std::int64_t block = (first + i) * x.stride + b + p;
        const Floats dots = Isa::template dot<type>(codes, x.codes + 32 * block);
        sums[i] = Isa::add(sums[i], Isa::mul(Isa::spread(scales[i], p), dots));
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < X; ++i) y[i * y_stride] = Isa::sum(sums[i]);
}

/// The products of whole tiles of X rows of x, from row i on, which moves to the first row after.
template <class Isa, Type type, int X>
void tiles(const MatrixRows& w, const Activations& x, std::int64_t& i, float* y,
           std::int64_t y_stride) {
  for (; i + X <= x.rows; i += X)
    for (std::int64_t j = 0; j < w.rows; ++j)
      dot_row<Isa, type, X>(w, j, x, i, y + i * y_stride + j, y_stride);
}
template <class Isa, Type type>
void product(const MatrixRows& w, const Activations& x, float* y, std::int64_t y_stride) {
  std::int64_t i = 0;
  tiles<Isa, type, 8>(w, x, i, y, y_stride);
  tiles<Isa, type, 4>(w, x, i, y, y_stride);
  tiles<Isa, type, 1>(w, x, i, y, y_stride);
}

template <class Isa>
constexpr ProductKernels kernels_of{Isa::name, product<Isa, Type::Q8_0>, product<Isa, Type::Q4_0>,
                                    product<Isa, Type::Q4_1>};

}  // namespace
}  // namespace tinygrad::gguf
