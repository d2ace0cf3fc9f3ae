// SPDX-License-Identifier: MIT
// DType names the element types; promote() is PyTorch's promotion between them; Scalar is a value
// beside tensors that is not a tensor itself.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "tinygrad/detail/export.h"
#include "tinygrad/detail/print.h"

namespace tinygrad {

/// The type of a tensor's elements; dtypes.def lists them.
enum class DType : std::uint8_t {
#define DTYPE(name, ...) name,
#include "tinygrad/dtypes.def"
};
enum class DTypeKind : std::uint8_t { floating, integer, boolean };
enum class DTypeUse : std::uint8_t { arithmetic, storage };
enum class ScalarKind : std::uint8_t { boolean, integer, real };

#define DTYPE(name, ...) inline constexpr DType name = DType::name;
#include "tinygrad/dtypes.def"

/// Every dtype, in the order of the list.
inline constexpr DType all_dtypes[] = {
#define DTYPE(name, ...) DType::name,
#include "tinygrad/dtypes.def"
};

/// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. Converted with rounding to even;
/// arithmetic goes through float.
struct TINYGRAD_API Half {
  std::uint16_t bits = 0;
  Half() = default;
  explicit Half(float value);
  operator float() const;
};

/// bfloat16: the upper half of a float32. Converted with rounding to even; arithmetic goes through
/// float.
struct TINYGRAD_API BFloat16 {
  std::uint16_t bits = 0;
  BFloat16() = default;
  explicit BFloat16(float value);
  operator float() const;
};

/// The dtype's name: "float32", "bool", ...
TINYGRAD_API const char* to_string(DType dtype);
template <detail::TextStream Stream> Stream& operator<<(Stream& stream, DType dtype) {
  return detail::print(stream, to_string(dtype));
}
// The formatter takes an #include behind a macro for a part of it.
// clang-format off
/// The bytes of an element.
constexpr std::size_t size_of(DType dtype) {
#define DTYPE(name, text, type, ...) if (dtype == DType::name) return sizeof(type);
#include "tinygrad/dtypes.def"
  return 1;  // not reached
}
constexpr DTypeKind kind_of(DType dtype) {
#define DTYPE(name, text, type, kind, ...) if (dtype == DType::name) return DTypeKind::kind;
#include "tinygrad/dtypes.def"
  return DTypeKind::floating;
}
constexpr bool is_floating(DType dtype) { return kind_of(dtype) == DTypeKind::floating; }
/// float16 and bfloat16.
constexpr bool is_half(DType dtype) { return is_floating(dtype) && size_of(dtype) == 2; }
/// Returns whether dtype is a storage dtype (int8, int16, uint16, uint32), which files of other
/// programs hold. Tensors of it are loaded, saved, converted and printed, and views, joins, where,
/// gathering and comparisons take them. Arithmetic and reductions throw DTypeError: convert with
/// to(int32), or uint32 with to(int64).
constexpr bool is_storage(DType dtype) {
#define DTYPE(name, text, type, kind, use, ...) \
  if (dtype == DType::name) return DTypeUse::use == DTypeUse::storage;
#include "tinygrad/dtypes.def"
  return false;
}

/// The least and the largest value of an integer dtype; of bool 0 and 1, of floating dtypes the
/// limits of int64.
struct IntegerRange {
  std::int64_t least, most;
};
template <class T> constexpr IntegerRange integer_range() {
  if constexpr (!std::is_integral_v<T>) return {INT64_MIN, INT64_MAX};
  else
    return {std::int64_t(std::numeric_limits<T>::min()),
            std::int64_t(std::numeric_limits<T>::max())};
}
constexpr IntegerRange integer_range(DType dtype) {
#define DTYPE(name, text, type, ...) if (dtype == DType::name) return integer_range<type>();
#include "tinygrad/dtypes.def"
  return {INT64_MIN, INT64_MAX};
}
// clang-format on

/// The largest value of a floating dtype that is less than `bound`: rounding to 16 bits, or the
/// arithmetic of low + (high - low) u, must not give values on [low, high) the value high.
TINYGRAD_API double largest_below(double bound, DType dtype);

/// Returns whether promote(a, b) exists. uint16 and uint32 have no common dtype with bool and with
/// other integers, as in PyTorch.
TINYGRAD_API bool can_promote(DType a, DType b);
/// The dtype that holds the values of both, as PyTorch's promote_types: bool < uint8, int8 < int16
/// < int32 < int64 < float16, bfloat16 < float32 < float64; int16 for uint8 with int8, and float32
/// for float16 with bfloat16. Throws DTypeError if !can_promote(a, b).
TINYGRAD_API DType promote(DType a, DType b);

/// The DType of a C++ type: dtype_of<float>() is float32.
template <class T> constexpr DType dtype_of() {
#define DTYPE(name, text, type, ...)                         \
  if constexpr (std::is_same_v<T, type>) return DType::name; \
  else
#include "tinygrad/dtypes.def"
  {  // long or long long, whichever std::int64_t is not
    constexpr bool is_signed = std::is_integral_v<T> && std::is_signed_v<T>;
    static_assert(is_signed && (sizeof(T) == 4 || sizeof(T) == 8),
                  "tinygrad has no dtype for this C++ type; convert the values");
    return sizeof(T) == 4 ? DType::int32 : DType::int64;
  }
}

/// Calls f with a value of the C++ type that dtype stands for: visit(d, [](auto zero) { using T =
/// decltype(zero); ... }).
template <class F> decltype(auto) visit(DType dtype, F&& f) {
#define DTYPE(name, text, type, ...) \
  if (dtype == DType::name) return f(type{});
#include "tinygrad/dtypes.def"
  return f(float{});  // not reached
}
/// The same for the dtypes that arithmetic takes; f is not instantiated for storage dtypes.
template <class F> void visit_arithmetic(DType dtype, F&& f) {
  visit(dtype, [&](auto zero) {
    if constexpr (!is_storage(dtype_of<decltype(zero)>())) f(zero);
  });
}

/// A value beside tensors, as in x * 2: a bool, an integer or a real, exactly. An integer beyond
/// int64 becomes the nearest real.
class Scalar {
 public:
  using Kind = ScalarKind;
  Scalar() : Scalar(0) {}
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>> Scalar(T value) {
    if constexpr (std::is_floating_point_v<T>) kind_ = Kind::real, real_ = value;
    else if (std::is_unsigned_v<T> && value > T(INT64_MAX))
      kind_ = Kind::real, real_ = double(value);
    else
      kind_ = std::is_same_v<T, bool> ? Kind::boolean : Kind::integer,
      integer_ = std::int64_t(value);
  }
  Kind kind() const { return kind_; }
  bool is_real() const { return kind_ == Kind::real; }
  double real() const { return is_real() ? real_ : double(integer_); }
  /// Returns whether the value is not 0; true for NaN. It tests bits, as integer() does: in
  /// programs compiled with -ffast-math comparisons with NaN mean nothing.
  bool boolean() const {
    return is_real() ? std::bit_cast<std::uint64_t>(real_) << 1 != 0 : integer_ != 0;
  }
  /// The value as an integer. A real is truncated and saturates; NaN becomes 0.
  std::int64_t integer() const {
    if (!is_real()) return integer_;
    if (std::bit_cast<std::uint64_t>(real_) << 1 > std::uint64_t(0x7FF) << 53) return 0;  // NaN
    return real_ >= 0x1p63 ? INT64_MAX : real_ < -0x1p63 ? INT64_MIN : std::int64_t(real_);
  }

 private:
  Kind kind_;
  union {
    double real_;
    std::int64_t integer_;
  };
};

}  // namespace tinygrad
