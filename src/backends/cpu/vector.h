// SPDX-License-Identifier: MIT
// A vector of the machine's width, for kernels: Vec<float>, Vec<double>, Vec<int64>, with the
// operators that formulas use.
//
// Elements of other types become one of the three when loaded, and are rounded once when stored:
// float16 and bfloat16 are computed in float; all integers and bool in int64. Every element is
// computed in a whole vector, the last one padded: Eigen's scalar tails round differently, and a
// range cut elsewhere would give other bits.
#pragma once
#include <cstdint>
#include <cstring>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "backends/common/integers.h"
#include "backends/cpu/kernels.h"

namespace tinygrad::cpu {
namespace {

#define TINYGRAD_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__)
constexpr int width = 64;
#elif defined(__AVX2__)
constexpr int width = 32;
#else
constexpr int width = 16;
#endif
/// The number of registers that hold a vector.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int registers = 32;
#else
constexpr int registers = 16;
#endif
/// The number of lanes of a vector of T.
template <class T> constexpr int lanes = width / int(sizeof(T));

// The stored forms of float16, bfloat16 and bool. (tinygrad::Half converts through functions that
// are not compiled for this instruction set.)
struct F16 {
  std::uint16_t bits;
};
struct BF16 {
  std::uint16_t bits;
};
struct Bit {
  std::uint8_t bits;
};

/// The stored form of a C++ type of dtypes.def.
template <class T> struct StoredOf { using type = T; };
template <> struct StoredOf<Half> { using type = F16; };
template <> struct StoredOf<BFloat16> { using type = BF16; };
template <> struct StoredOf<bool> { using type = Bit; };
template <class T> using Stored = typename StoredOf<T>::type;

/// The type that a stored type is computed in: float, double or int64.
template <class S> struct ComputeOf { using type = std::int64_t; };
template <> struct ComputeOf<float> { using type = float; };
template <> struct ComputeOf<F16> { using type = float; };
template <> struct ComputeOf<BF16> { using type = float; };
template <> struct ComputeOf<double> { using type = double; };
template <class S> using Compute = typename ComputeOf<S>::type;

/// Calls f with a value of the stored type of dtype.
template <class F> TINYGRAD_INLINE decltype(auto) with_stored(DType dtype, const F& f) {
#define DTYPE(name, text, type, ...) \
  if (dtype == DType::name) return f(Stored<type>{});
#include "tinygrad/dtypes.def"
  __builtin_unreachable();
}
/// Calls f with a value of the type that dtype is computed in.
template <class F> TINYGRAD_INLINE decltype(auto) with_compute(DType dtype, const F& f) {
  constexpr DType computed[] = {
#define DTYPE(name, text, type, ...) dtype_of<Compute<Stored<type>>>(),
#include "tinygrad/dtypes.def"
  };
  if (computed[int(dtype)] == DType::float32) return f(float{});
  if (computed[int(dtype)] == DType::float64) return f(double{});
  return f(std::int64_t{});
}
constexpr int bytes_of(DType dtype) {
  constexpr int sizes[] = {
#define DTYPE(name, text, type, ...) sizeof(type),
#include "tinygrad/dtypes.def"
  };
  return sizes[int(dtype)];
}

// ---------------------------------------------------------------- vectors and their masks
template <class T> struct Raws {
  typedef T Values __attribute__((vector_size(width)));
  using Bits = decltype(Values{} < Values{});  // integers of T's size: all ones for true
};
template <class T> struct Mask {
  typename Raws<T>::Bits raw;
  friend TINYGRAD_INLINE Mask operator&(Mask a, Mask b) { return {a.raw & b.raw}; }
  friend TINYGRAD_INLINE Mask operator|(Mask a, Mask b) { return {a.raw | b.raw}; }
  friend TINYGRAD_INLINE Mask operator!(Mask a) { return {~a.raw}; }
};
template <class T> struct Vec {
  using Raw = typename Raws<T>::Values;
  using Bits = typename Raws<T>::Bits;
  typedef std::conditional_t<std::is_same_v<T, float>, std::uint32_t, std::uint64_t> Wrapping
      __attribute__((vector_size(width)));
  Raw raw;

  Vec() = default;
  TINYGRAD_INLINE Vec(Raw r) : raw(r) {}
  template <class S, class = std::enable_if_t<std::is_arithmetic_v<S>>>
  TINYGRAD_INLINE Vec(S s) : raw(T(s) - Raw{}) {}  // keeps -0
  TINYGRAD_INLINE T operator[](int i) const { return raw[i]; }

  // Integers wrap.
  friend TINYGRAD_INLINE Vec operator-(Vec a) {
    if constexpr (std::is_integral_v<T>) return Raw(-Wrapping(a.raw));
    else return -a.raw;
  }
  friend TINYGRAD_INLINE Vec operator+(Vec a, Vec b) {
    if constexpr (std::is_integral_v<T>) return Raw(Wrapping(a.raw) + Wrapping(b.raw));
    else return a.raw + b.raw;
  }
  friend TINYGRAD_INLINE Vec operator-(Vec a, Vec b) {
    if constexpr (std::is_integral_v<T>) return Raw(Wrapping(a.raw) - Wrapping(b.raw));
    else return a.raw - b.raw;
  }
  friend TINYGRAD_INLINE Vec operator*(Vec a, Vec b) {
    if constexpr (std::is_integral_v<T>) return Raw(Wrapping(a.raw) * Wrapping(b.raw));
    else return a.raw * b.raw;
  }
  /// Integer division by zero gives 0.
  friend TINYGRAD_INLINE Vec operator/(Vec a, Vec b) {
    if constexpr (std::is_integral_v<T>) {
      for (int i = 0; i < lanes<T>; ++i)
        a.raw[i] = b[i] == 0 ? 0 : b[i] == -1 ? T(0 - std::uint64_t(a[i])) : a[i] / b[i];
      return a;
    } else {
      return a.raw / b.raw;
    }
  }
  // Of integers. A shift must be at least 0 and less than 64.
  friend TINYGRAD_INLINE Vec operator&(Vec a, Vec b) { return Raw(a.raw & b.raw); }
  friend TINYGRAD_INLINE Vec operator|(Vec a, Vec b) { return Raw(a.raw | b.raw); }
  friend TINYGRAD_INLINE Vec operator^(Vec a, Vec b) { return Raw(a.raw ^ b.raw); }
  friend TINYGRAD_INLINE Vec operator<<(Vec a, Vec b) {
    return Raw(Wrapping(a.raw) << Wrapping(b.raw));
  }
  friend TINYGRAD_INLINE Vec operator>>(Vec a, Vec b) { return Raw(a.raw >> b.raw); }
  friend TINYGRAD_INLINE Mask<T> operator<(Vec a, Vec b) { return {a.raw < b.raw}; }
  friend TINYGRAD_INLINE Mask<T> operator>(Vec a, Vec b) { return {a.raw > b.raw}; }
  friend TINYGRAD_INLINE Mask<T> operator<=(Vec a, Vec b) { return {a.raw <= b.raw}; }
  friend TINYGRAD_INLINE Mask<T> operator>=(Vec a, Vec b) { return {a.raw >= b.raw}; }
  friend TINYGRAD_INLINE Mask<T> operator==(Vec a, Vec b) { return {a.raw == b.raw}; }
  friend TINYGRAD_INLINE Mask<T> operator!=(Vec a, Vec b) { return {a.raw != b.raw}; }
  friend TINYGRAD_INLINE Vec where(Mask<T> m, Vec a, Vec b) { return m.raw ? a.raw : b.raw; }
};
template <class T> TINYGRAD_INLINE bool any(Mask<T> m) {
  std::uint64_t words[width / 8], all = 0;
  std::memcpy(words, &m, width);
  for (std::uint64_t w : words) all |= w;
  return all != 0;
}

// ---------------------------------------------------------------- loads and stores
/// The stored form of a whole vector.
template <class S> struct Packed {
  using Word = std::conditional_t<std::is_same_v<S, F16> || std::is_same_v<S, BF16>, std::uint16_t,
                                  std::conditional_t<std::is_same_v<S, Bit>, std::uint8_t, S>>;
  typedef Word Raw __attribute__((vector_size(sizeof(S) * lanes<Compute<S>>)));
  Raw raw;
};
typedef std::uint32_t Words __attribute__((vector_size(width)));

#if !defined(__F16C__) && !defined(__aarch64__)
TINYGRAD_INLINE Words half_bits_to_float(Words h) {
  const Words sign = (h & 0x8000) << 16, magnitude = h & 0x7FFF;
  const Words normal = (magnitude << 13) + (112u << 23), special = normal + (112u << 23);
  typename Vec<float>::Raw fraction =
      __builtin_convertvector(typename Vec<float>::Bits(magnitude), typename Vec<float>::Raw) *
      0x1p-24f;
  return sign | (magnitude >= 0x7C00 ? special : magnitude < 0x400 ? Words(fraction) : normal);
}
TINYGRAD_INLINE Words float_to_half_bits(Words f) {
  const Words sign = f >> 16 & 0x8000, m = f & 0x7FFFFFFF;
  const Words small = Words(typename Vec<float>::Raw(m) + 0.5f) -
                      0x3F000000;  // subnormal: the addition rounds to multiples of 2^-24
  const Words normal = (m - 0x38000000 + 0xFFF + (m >> 13 & 1)) >> 13;
  const Words infinite = Words{} + 0x7C00, nan = Words{} + 0x7E00;
  return sign | (m > 0x7F800000    ? nan
                 : m >= 0x477FF000 ? infinite
                 : m < 0x38800000  ? small
                                   : normal);
}
#endif

template <class S> TINYGRAD_INLINE Vec<Compute<S>> unpack(Packed<S> p) {
  using T = Compute<S>;
  if constexpr (std::is_same_v<S, T>) return p.raw;
  else if constexpr (std::is_same_v<S, BF16>)
    return typename Vec<float>::Raw(__builtin_convertvector(p.raw, Words) << 16);
  else if constexpr (std::is_same_v<S, F16>) {
#if defined(__AVX512F__)
    return typename Vec<float>::Raw(_mm512_cvtph_ps(__m256i(p.raw)));
#elif defined(__F16C__)
    return typename Vec<float>::Raw(_mm256_cvtph_ps(__m128i(p.raw)));
#elif defined(__aarch64__)
    return typename Vec<float>::Raw(vcvt_f32_f16(float16x4_t(p.raw)));
#else
    return typename Vec<float>::Raw(half_bits_to_float(__builtin_convertvector(p.raw, Words)));
#endif
  } else {
    return __builtin_convertvector(p.raw, typename Vec<T>::Raw);
  }
}
template <class S> TINYGRAD_INLINE Packed<S> pack(Vec<Compute<S>> v) {
  using Raw = typename Packed<S>::Raw;
  if constexpr (std::is_same_v<S, Compute<S>>) return {v.raw};
  else if constexpr (std::is_same_v<S, Bit>) return {__builtin_convertvector(-(v.raw != 0), Raw)};
  else if constexpr (std::is_same_v<S, BF16>) {
#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
    return {Raw(vcvt_bf16_f32(float32x4_t(v.raw)))};
#else
    const Words f = Words(v.raw);
    return {__builtin_convertvector(
        (f & 0x7FFFFFFF) > 0x7F800000 ? (f >> 16 | 0x40) : (f + 0x7FFF + (f >> 16 & 1)) >> 16,
        Raw)};
#endif
  } else if constexpr (std::is_same_v<S, F16>) {
#if defined(__AVX512F__)
    return {Raw(_mm512_cvtps_ph(__m512(v.raw), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))};
#elif defined(__F16C__)
    return {Raw(_mm256_cvtps_ph(__m256(v.raw), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC))};
#elif defined(__aarch64__)
    return {Raw(vcvt_f16_f32(float32x4_t(v.raw)))};
#else
    return {__builtin_convertvector(float_to_half_bits(Words(v.raw)), Raw)};
#endif
  } else {
    return {__builtin_convertvector(v.raw, Raw)};  // integers wrap
  }
}
/// A whole vector from any address. load(p) of F16 gives floats.
template <class S> TINYGRAD_INLINE Vec<Compute<S>> load(const S* from) {
  Packed<S> p;
  std::memcpy(&p, from, sizeof p);
  return unpack<S>(p);
}
template <class S> TINYGRAD_INLINE void store(S* to, Vec<Compute<S>> v) {
  const Packed<S> p = pack<S>(v);
  std::memcpy(static_cast<void*>(to), &p, sizeof p);
}
/// The first n lanes; the others are 0, or are not written.
template <class S> TINYGRAD_INLINE Vec<Compute<S>> load_some(const S* from, std::int64_t n) {
  Packed<S> p = {};
  std::memcpy(&p, from, std::size_t(n) * sizeof(S));
  return unpack<S>(p);
}
template <class S> TINYGRAD_INLINE void store_some(S* to, Vec<Compute<S>> v, std::int64_t n) {
  const Packed<S> p = pack<S>(v);
  std::memcpy(static_cast<void*>(to), &p, std::size_t(n) * sizeof(S));
}

}  // namespace
}  // namespace tinygrad::cpu
