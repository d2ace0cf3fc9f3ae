// SPDX-License-Identifier: MIT
// Names of dtypes, PyTorch's promotion between two of them, and the conversions of Half and
// BFloat16 from and to float.
#include "tinygrad/dtype.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "tinygrad/error.h"

namespace tinygrad {

const char* to_string(DType dtype) {
  constexpr const char* names[] = {
#define DTYPE(name, text, ...) text,
#include "tinygrad/dtypes.def"
  };
  return names[int(dtype)];
}

/// uint16 and uint32.
static bool is_wide_unsigned(DType dtype) {
  return kind_of(dtype) == DTypeKind::integer && size_of(dtype) > 1 &&
         integer_range(dtype).least == 0;
}

/// The next value below that of a 16-bit type, whose bits are sign and magnitude.
template <class T> static double previous(T value) {
  if (value.bits == 0 || value.bits == 0x8000) value.bits = 0x8001;
  else if (value.bits & 0x8000) ++value.bits;
  else --value.bits;
  return double(float(value));
}
template <class T> static double below(double bound) {
  const T rounded{float(bound)};
  if constexpr (std::is_floating_point_v<T>)
    return double(rounded) < bound ? double(rounded)
                                   : double(std::nextafter(rounded, T(-INFINITY)));
  else return double(float(rounded)) < bound ? double(float(rounded)) : previous(rounded);
}

double largest_below(double bound, DType dtype) {
  switch (dtype) {
    case DType::float16: return below<Half>(bound);
    case DType::bfloat16: return below<BFloat16>(bound);
    case DType::float32: return below<float>(bound);
    default: return std::nextafter(bound, -INFINITY);
  }
}

bool can_promote(DType a, DType b) {
  return a == b || is_floating(a) || is_floating(b) ||
         !(is_wide_unsigned(a) || is_wide_unsigned(b));
}

DType promote(DType a, DType b) {
  require<DTypeError>(can_promote(a, b), "promote", to_string(a), " and ", to_string(b),
                      " have no common dtype; convert one with to()");
  if (a == b) return a;
  if (kind_of(a) != kind_of(b)) {  // bool < integer < floating
    if (is_floating(a) || is_floating(b)) return is_floating(a) ? a : b;
    return kind_of(a) == DTypeKind::integer ? a : b;
  }
  if (size_of(a) != size_of(b)) return size_of(a) > size_of(b) ? a : b;
  return is_floating(a) ? DType::float32 : DType::int16;  // neither holds the other
}

Half::Half(float value) {
  const std::uint32_t f = std::bit_cast<std::uint32_t>(value), sign = f >> 16 & 0x8000,
                      magnitude = f & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) bits = std::uint16_t(sign | 0x7E00);  // NaN
  else if (magnitude >= 0x477FF000)
    bits = std::uint16_t(sign | 0x7C00);  // rounds beyond 65504: infinity
  else if (magnitude < 0x38800000)        // subnormal: let an addition round to multiples of 2^-24
    bits = std::uint16_t(
        sign | (std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000));
  else {
    const std::uint32_t even = magnitude >> 13 & 1;
    bits = std::uint16_t(sign | ((magnitude - 0x38000000 + 0xFFF + even) >> 13));
  }
}
Half::operator float() const {
  const std::uint32_t sign = std::uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31,
                      fraction = bits & 0x3FF;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000 | fraction << 13);
  if (exponent == 0) return (sign ? -1.f : 1.f) * float(fraction) * 0x1p-24f;
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

BFloat16::BFloat16(float value) {
  const std::uint32_t f = std::bit_cast<std::uint32_t>(value);
  bits = (f & 0x7FFFFFFF) > 0x7F800000 ? std::uint16_t(f >> 16 | 0x40)
                                       : std::uint16_t((f + 0x7FFF + (f >> 16 & 1)) >> 16);
}
BFloat16::operator float() const { return std::bit_cast<float>(std::uint32_t(bits) << 16); }

}  // namespace tinygrad
