// The element types, PyTorch's promotion between them, and Scalar: a number that is not a tensor.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "tinygrad/detail/export.h"

namespace tinygrad {

enum class DType : std::uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int32,
  int64,
  uint8,
  boolean
};

inline constexpr DType float32 = DType::float32, float64 = DType::float64, float16 = DType::float16,
                       bfloat16 = DType::bfloat16, int32 = DType::int32, int64 = DType::int64,
                       uint8 = DType::uint8, boolean = DType::boolean;

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

/// "float32", "bool", ...
TINYGRAD_API const char* to_string(DType dtype);
/// Bytes of an element.
constexpr std::size_t size_of(DType dtype) {
  constexpr std::size_t sizes[] = {4, 8, 2, 2, 4, 8, 1, 1};
  return sizes[int(dtype)];
}
constexpr bool is_floating(DType dtype) { return dtype <= DType::bfloat16; }
constexpr bool is_half(DType dtype) { return dtype == DType::float16 || dtype == DType::bfloat16; }

/// The dtype that holds both, as PyTorch's promote_types: bool < uint8 < int32 < int64 < float16,
/// bfloat16 < float32 < float64.
TINYGRAD_API DType promote(DType a, DType b);

/// The DType of a C++ type: dtype_of<float>() is float32.
template <class T> constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  else if constexpr (std::is_same_v<T, double>) return DType::float64;
  else if constexpr (std::is_same_v<T, Half>) return DType::float16;
  else if constexpr (std::is_same_v<T, BFloat16>) return DType::bfloat16;
  else if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else if constexpr (std::is_same_v<T, std::uint8_t>) return DType::uint8;
  else if constexpr (std::is_integral_v<T> && std::is_signed_v<T> && sizeof(T) == 4)
    return DType::int32;
  else {
    static_assert(std::is_integral_v<T> && std::is_signed_v<T> && sizeof(T) == 8,
                  "tinygrad has no dtype for this C++ type; convert the values");
    return DType::int64;
  }
}

/// Calls f with a value of the C++ type that dtype stands for: visit(d, [](auto zero) { using T =
/// decltype(zero); ... }).
template <class F> decltype(auto) visit(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float64: return f(double{});
    case DType::float16: return f(Half{});
    case DType::bfloat16: return f(BFloat16{});
    case DType::int32: return f(std::int32_t{});
    case DType::int64: return f(std::int64_t{});
    case DType::uint8: return f(std::uint8_t{});
    case DType::boolean: return f(bool{});
    default: return f(float{});
  }
}

/// A number beside tensors, as in x * 2: a bool, an integer or a real, exactly. An integer beyond
/// int64 is taken as the nearest real.
class Scalar {
 public:
  enum class Kind : std::uint8_t { boolean, integer, real };
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
  /// A real is truncated; it saturates, and NaN becomes 0.
  std::int64_t integer() const {
    if (!is_real()) return integer_;
    if (!(real_ == real_)) return 0;
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
