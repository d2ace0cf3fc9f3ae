// SPDX-License-Identifier: MIT
// The names that every exercise may use: tensors (float64 unless an exercise says otherwise),
// vectors, matrices, and not_begun().
#pragma once
#include <tinygrad/distributed/collectives.h>
#include <tinygrad/distributed/threads.h>
#include <tinygrad/tinygrad.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace tg = tinygrad;
using tinygrad::Tensor;
using Values = std::vector<double>;

/// A matrix of zeros, row-major. m(r, c) throws IndexError outside.
struct Matrix {
  int rows = 0, columns = 0;
  Values values;
  Matrix(int r, int c)
      : rows(r), columns(c), values(std::size_t(std::max(r, 0) * std::max(c, 0))) {}
  double& operator()(int r, int c) {
    tg::require<tg::IndexError>(r >= 0 && r < rows && c >= 0 && c < columns, "Matrix", "element [",
                                r, ", ", c, "] is outside of shape [", rows, ", ", columns, "]");
    return values[std::size_t(r * columns + c)];
  }
  double operator()(int r, int c) const { return const_cast<Matrix&>(*this)(r, c); }
};

/// Stands where your code goes.
struct NotBegun {};
[[noreturn]] inline void not_begun() { throw NotBegun{}; }
