// SPDX-License-Identifier: MIT
// Matrices that are stored in blocks of 32 integers of 8 or 4 bits with a scale, and products that
// read the blocks as they are. A product with one row reads each byte of the matrix once, so it
// takes a quarter or an eighth of the time of float32.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/gguf/type.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::gguf {

/// A matrix W [rows, columns] of type Q8_0, Q4_0 or Q4_1. Copies share the blocks.
///   Q8_0: w = d q, q -127 ... 127    Q4_0: w = d (q - 8), q 0 ... 15    Q4_1: w = d q + m
/// with a float16 d (and m) for every 32 elements of a row.
class TINYGRAD_API QuantizedMatrix {
 public:
  /// Uses `bytes` without a copy and holds `owner` as long. Throws ArgumentError for another type,
  /// and ShapeError unless columns is a multiple of 32 and `bytes` are rows of whole blocks.
  QuantizedMatrix(Type type, std::int64_t columns, std::span<const std::byte> bytes,
                  std::shared_ptr<const void> owner,
                  SourceLocation location = SourceLocation::current());
  /// The nearest blocks of a floating matrix, as gguf::save() writes them: Q8_0 or Q4_0.
  static QuantizedMatrix quantize(const Tensor& matrix, Type type = Type::Q8_0,
                                  SourceLocation location = SourceLocation::current());

  Type type() const { return type_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// The matrix in float32.
  Tensor dequantize(const Device& device = default_device()) const;
  /// A copy of the rows order[0], order[1], ... Throws IndexError for a row that does not exist.
  QuantizedMatrix index_select(const std::vector<std::int64_t>& order,
                               SourceLocation location = SourceLocation::current()) const;

 private:
  Type type_;
  std::int64_t rows_, columns_;
  std::span<const std::byte> bytes_;
  std::shared_ptr<const void> owner_;
};

struct ProductOptions {
  /// The instruction set, for tests and measurements: "baseline", "avx2" or "avx512"; if empty, the
  /// best that the machine has and $TINYGRAD_CPU allows. All compute the same bits.
  std::string kernels = {};
};
/// The instruction sets that this build and machine have, the best first.
TINYGRAD_API std::vector<std::string> product_kernels();

/// y = x Wᵀ.  x [..., columns] floating, y [..., rows]. On the CPU every 32 neighbours of a row of
/// x are rounded to 8 bits, x ≈ d q with d = max|x| / 127, so that an element of y differs from the
/// exact product by at most Σ d/2 |w|; sums of integers are exact, and the result does not depend
/// on the number of threads. On other devices the matrix is decoded in each call. The gradient is
/// that of the product with the decoded matrix. Throws ShapeError for another number of columns.
TINYGRAD_API Tensor linear(In x, const QuantizedMatrix& weight, const ProductOptions& options = {});
/// The rows index[...] of a matrix, decoded: float32 [index..., columns] on the device of the
/// index. Throws DTypeError unless the index is int64, and IndexError for a row that does not
/// exist.
TINYGRAD_API Tensor embedding(In index, const QuantizedMatrix& weight);

/// y = x weightᵀ + bias with a weight in blocks, which is not trained.  x [..., in_features],
/// y [..., out_features], bias [out_features] or undefined.
class TINYGRAD_API QuantizedLinear : public nn::Module {
 public:
  explicit QuantizedLinear(QuantizedMatrix weight, const Tensor& bias = {});
  QuantizedMatrix weight;
  nn::Buffer bias;

 private:
  Tensor forward(const Tensor& x) override;
};

}  // namespace tinygrad::gguf
