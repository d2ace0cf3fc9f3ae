// A product of matrices as cuBLASLt takes it, and all that its choice of an algorithm depends on.
// Host logic, without calls of CUDA.
#pragma once
#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>

#include "tinygrad/backend.h"
#include "tinygrad/numerics.h"

namespace tinygrad::cuda {

/// How the matrices of a batch lie: row-major with rows `ld` elements apart or, if turned,
/// column-major with columns `ld` apart; from each matrix to the next it is `step` elements.
struct Matrices {
  bool turned = false;
  std::int64_t ld = 1, step = 0;
  int alignment = 256;  ///< bytes, of every matrix's first element: a power of two, up to 256
  auto operator<=>(const Matrices&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

/// The matrices [rows, columns] with these strides; nothing where elements have gaps, repeat, or
/// run backwards.
inline std::optional<Matrices> matrices_of(std::int64_t rows, std::int64_t columns,
                                           std::int64_t row, std::int64_t column) {
  if ((column == 1 || columns == 1) && (row >= columns || rows == 1))
    return Matrices{false, rows == 1 ? columns : row};
  if ((row == 1 || rows == 1) && (column >= rows || columns == 1))
    return Matrices{true, columns == 1 ? rows : column};
  return {};
}

/// The largest power of two, up to 256, that divides all of these.
inline int alignment_of(std::initializer_list<std::int64_t> bytes) {
  std::int64_t all = 256;
  for (std::int64_t n : bytes) all |= n;
  return int(all & -all);
}

/// How factors of that dtype may be taken (tinygrad/numerics.h).
inline Float32Precision precision_of(DType dtype) {
  return dtype == DType::float32 ? float32_precision() : Float32Precision::ieee;
}

/// Where a product's bias comes from: not at all; the library adds it to each row; or it lies in c
/// already, to which the product is added.
enum class Bias : unsigned char { none, of_columns, in_c };

/// c [batch, m, n] = a [batch, m, k] b [batch, k, n] + bias; c is row-major.
struct Product {
  DType dtype = DType::float32;
  Float32Precision precision = Float32Precision::ieee;  ///< tf32 for float32 alone
  std::int64_t m = 0, n = 0, k = 0, batch = 1;
  Matrices a, b, c;
  Bias bias = Bias::none;
  int bias_alignment = 256;
  auto operator<=>(const Product&) const =
      default;  // NOLINT(modernize-use-nullptr): clang-tidy 14 takes the comparison with 0 for one
};

}  // namespace tinygrad::cuda
