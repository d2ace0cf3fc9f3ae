// SPDX-License-Identifier: MIT
// Weighted sums along one dimension: interpolation, and means over windows of several sizes.
#pragma once
#include <utility>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// A sparse matrix with `columns` columns: row i has the elements `rows[i]`, as pairs of a column
/// and a weight.
struct Taps {
  std::int64_t columns;
  std::vector<std::vector<std::pair<std::int64_t, double>>> rows;
  Taps transposed() const;
};

/// y[..., i, ...] = Σ_j taps[i, j] x[..., j, ...] along dim. x is floating, and has taps.columns
/// elements there.
Tensor resample(In x, int dim, Taps taps);

}  // namespace tinygrad
