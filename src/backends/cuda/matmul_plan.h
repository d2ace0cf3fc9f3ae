// SPDX-License-Identifier: MIT
// Describes a matrix product as cuBLASLt takes it: everything that its choice of an algorithm
// depends on. Host code that does not call CUDA.
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>

#include "tinygrad/backend.h"
#include "tinygrad/numerics.h"

namespace tinygrad::cuda {

/// Memory layout of the matrices of a batch: row-major with rows `ld` elements apart, or
/// column-major with columns `ld` elements apart; matrices are `batch_stride` elements apart.
struct MatrixLayout {
  bool is_column_major = false;
  std::int64_t ld = 1, batch_stride = 0;
  int alignment = 256;  ///< in bytes, of every matrix's first element: a power of two, up to 256
  auto operator<=>(const MatrixLayout&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

/// The layout of matrices [rows, columns] with these strides; nullopt if elements have gaps in both
/// directions, repeat, or have negative strides.
inline std::optional<MatrixLayout> matrix_layout(std::int64_t rows, std::int64_t columns,
                                                 std::int64_t row_stride,
                                                 std::int64_t column_stride) {
  if ((column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1))
    return MatrixLayout{false, rows == 1 ? columns : row_stride};
  if ((row_stride == 1 || rows == 1) && (column_stride >= rows || columns == 1))
    return MatrixLayout{true, columns == 1 ? rows : column_stride};
  return {};
}

/// The largest power of two, up to 256, that divides all of these.
inline int alignment_of(std::initializer_list<std::int64_t> bytes) {
  std::int64_t all = 256;
  for (std::int64_t n : bytes) all |= n;
  return int(all & -all);
}

/// The precision in which factors of that dtype may be multiplied (tinygrad/numerics.h).
inline Float32Precision precision_of(DType dtype) {
  return dtype == DType::float32 ? float32_precision() : Float32Precision::ieee;
}

/// A Bias says how a bias is added: there is none; in the library's epilogue, one value per column;
/// or it is in c already, and the product is added to c.
enum class Bias : unsigned char { none, epilogue, in_c };

/// c [batch, m, n] = a [batch, m, k] b [batch, k, n] + bias; c is row-major.
struct MatmulPlan {
  DType dtype = DType::float32;
  Float32Precision precision = Float32Precision::ieee;  ///< tf32 only for float32
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  MatrixLayout a, b, c;
  Bias bias = Bias::none;
  int bias_alignment = 256;
  auto operator<=>(const MatmulPlan&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

}  // namespace tinygrad::cuda
