// SPDX-License-Identifier: MIT
// The elements of tensors in files: dtypes that the library lacks are converted when a file is
// read, and tensors become bytes in row-major order when it is written.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "byte_reader.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::io {

/// A format of 8-bit floating numbers: a sign, exponent bits and fraction bits, from the top.
struct Float8 {
  /// ieee: the largest exponent means infinity and NaN. finite: only all bits set mean NaN.
  /// unsigned_zero: only the bits of -0 mean NaN. power: the bits are an exponent, without a sign.
  enum class Special : std::uint8_t { ieee, finite, unsigned_zero, power };
  int fraction_bits, bias;
  Special special;

  float value(unsigned bits) const {
    const unsigned most = 0x7Fu >> fraction_bits, fraction_mask = (1u << fraction_bits) - 1;
    const unsigned exponent = bits >> fraction_bits & most, fraction = bits & fraction_mask;
    const bool top = exponent == most && special == Special::ieee;
    if (special == Special::power) return bits == 0xFF ? nan : std::ldexp(1.0f, int(bits) - bias);
    if ((top && fraction != 0) || (special == Special::finite && (bits & 0x7F) == 0x7F) ||
        (special == Special::unsigned_zero && bits == 0x80))
      return nan;
    const float size = top ? std::numeric_limits<float>::infinity()
                           : std::ldexp(float(exponent ? fraction + fraction_mask + 1 : fraction),
                                        int(std::max(exponent, 1u)) - bias - fraction_bits);
    return bits & 0x80 ? -size : size;
  }
  static constexpr float nan = std::numeric_limits<float>::quiet_NaN();
};

// The formats of "FP8 Formats for Deep Learning" (arXiv 2209.05433), of arXiv 2206.02915 (fnuz),
// and of the scales of OCP's Microscaling Formats (e8m0).
inline constexpr Float8 float8_e4m3fn{3, 7, Float8::Special::finite},
    float8_e5m2{2, 15, Float8::Special::ieee},
    float8_e4m3fnuz{3, 8, Float8::Special::unsigned_zero},
    float8_e5m2fnuz{2, 16, Float8::Special::unsigned_zero},
    float8_e8m0fnu{0, 127, Float8::Special::power};

/// The type of a tensor's elements in a file.
struct ElementType {
  DType dtype = float32;           ///< of the tensor that is made of them
  const Float8* float8 = nullptr;  ///< set: 8-bit floats, which become float32
  bool is_unsigned = false;        ///< uint64, whose values must fit into int64

  std::size_t bytes() const { return float8 ? 1 : size_of(dtype); }
  friend bool operator==(const ElementType&, const ElementType&) = default;
};
inline constexpr ElementType uint64_elements{int64, nullptr, true};

/// The bytes of a tensor of this shape in a file, or nothing if they do not fit into 63 bits.
inline std::optional<std::uint64_t> bytes_of(const ElementType& type, const Shape& shape) {
  std::int64_t bytes = std::int64_t(type.bytes());
  bool fits = true;
  for (const std::int64_t size : shape) fits = fits && checked_mul(bytes, size, bytes);
  return fits ? std::optional(std::uint64_t(bytes)) : std::nullopt;
}

inline Tensor decode_float8(const Float8& format, Bytes bytes, const Shape& shape,
                            const Device& device) {
  std::array<float, 256> table;
  for (unsigned i = 0; i < 256; ++i) table[i] = format.value(i);
  const auto values = std::make_unique_for_overwrite<float[]>(bytes.size());
  std::transform(bytes.begin(), bytes.end(), values.get(),
                 [&](std::byte b) { return table[std::to_integer<unsigned>(b)]; });
  return from_data(values.get(), float32, shape, {.dtype = float32, .device = device});
}

/// A tensor with a copy of row-major, little-endian elements, of which `bytes` must hold exactly
/// those of the shape. Throws IoError for a bool that is neither 0 nor 1, and for a uint64 beyond
/// int64.
inline Tensor make_tensor(const Source& source, std::string_view name, const ElementType& type,
                          const Shape& shape, Bytes bytes, const Device& device) {
  if (type.float8) return decode_float8(*type.float8, bytes, shape, device);
  if (type.dtype == boolean)
    source.check(std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b <= std::byte(1); }),
                 "tensor ", Name{name}, " of dtype bool has a byte that is neither 0 nor 1");
  for (std::size_t i = 7; type.is_unsigned && i < bytes.size(); i += 8)
    source.check(bytes[i] < std::byte(0x80), "tensor ", Name{name},
                 " of dtype uint64 has a value that does not fit into int64");
  return from_data(bytes.data(), type.dtype, shape, {.dtype = type.dtype, .device = device});
}

/// The bytes of a tensor's elements in row-major order: those in its memory if they lie there so,
/// else a copy.
class ElementBytes {
 public:
  explicit ElementBytes(const Tensor& tensor)
      : tensor_(tensor), size_(std::size_t(tensor.numel()) * size_of(tensor.dtype())) {
    if (tensor.device().name == "cpu" && tensor.is_contiguous()) return;
    copy_ = std::make_unique_for_overwrite<std::byte[]>(size_);
    tensor.read(copy_.get(), tensor.dtype());
  }
  Bytes bytes() const {
    return {copy_ ? copy_.get() : static_cast<const std::byte*>(tensor_.host_data(tensor_.dtype())),
            size_};
  }

 private:
  Tensor tensor_;
  std::size_t size_;
  std::unique_ptr<std::byte[]> copy_;
};

}  // namespace tinygrad::io
