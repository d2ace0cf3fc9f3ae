// SPDX-License-Identifier: MIT
// The convolution with filters of 3 x 3 on the processor, rung by rung.
//
// x [channels, size + 2, size + 2] is one image with its padding, w [filters, channels, 3, 3],
// y [filters, size, size]; all are float32. size must be a multiple of 32, channels of 16 and
// filters of 8.
#pragma once
#include "labs/ladder/matmul_cpu.h"

namespace ladder {

struct Conv {
  int channels, filters, size;
  int row() const { return size + 2; }
  /// The product that it is: y [filters, size²] = w [filters, 9 channels] columns [9 channels,
  /// size²].
  Sizes product() const { return {filters, size * size, 9 * channels}; }
};
using Convolution = void(Conv, const float* x, const float* w, float* y);
Convolution direct, im2col, implicit_product, winograd_2x2, winograd_4x4;

/// A matrix of a few rows and columns.
struct SmallMatrix {
  int rows, columns;
  std::vector<float> values;
};
/// Winograd's algorithm for tiles of m x m outputs: y = back ((filter w filterᵀ) (image x imageᵀ))
/// backᵀ, where the middle product is elementwise. Lavin and Gray, 2015, "Fast Algorithms for
/// Convolutional Neural Networks", call the matrices Aᵀ, G and Bᵀ.
struct Winograd {
  int m;
  SmallMatrix filter, image, back;
  /// The sides of the tiles of the image, of which each output tile reads one.
  int side() const { return m + 2; }
  /// With the absolute values of all elements: what rounding errors are in proportion to.
  Winograd absolute() const;
  /// No element of y is the result of more roundings in turn than this.
  int roundings(int channels) const { return channels + 8 + 4 * (side() + 1); }
};
extern const Winograd form_2x2, form_4x4;
void winograd(const Winograd& form, Conv s, const float* x, const float* w, float* y);

}  // namespace ladder
