// SPDX-License-Identifier: MIT
// The product of rows with a matrix in blocks (product.h) for AVX2. The instruction maddubs
// multiplies unsigned by signed bytes, so signed codes of w give their sign to those of x:
// q p = |q| (sign(q) p). A sum of two such products is at most 2 · 128 · 127, which fits 16 bits;
// of four products with codes of 4 bits, 4 · 15 · 127.
#include "product.h"

#ifdef __AVX2__
#include <immintrin.h>

namespace tinygrad::gguf {
namespace {

struct Avx2 {
  static constexpr const char* name = "avx2";
  struct Floats {
    __m256 low, high;
  };
  struct Codes {
    __m256i half[2][2];  // the first halves of blocks 0 and 1, of 2 and 3, and the second halves
  };

  static Floats zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  static Floats load(const float* from) {
    return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
  }
  static Floats mul(Floats a, Floats b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  static Floats add(Floats a, Floats b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  static float sum(Floats v) {
    const __m256 eight = _mm256_add_ps(v.low, v.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static Floats spread(Floats v, int p) {
    const __m256 eight = p < 8 ? v.low : v.high;
    const __m256i first =
        _mm256_add_epi32(_mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1), _mm256_set1_epi32(p % 8));
    const __m256i second = _mm256_add_epi32(first, _mm256_set1_epi32(2));
    return {_mm256_permutevar8x32_ps(eight, first), _mm256_permutevar8x32_ps(eight, second)};
  }
  static Floats converted(const std::uint16_t* halves) {
    const auto from = reinterpret_cast<const __m128i*>(halves);
    return {_mm256_cvtph_ps(_mm_load_si128(from)), _mm256_cvtph_ps(_mm_load_si128(from + 1))};
  }
  template <Type type> static void scales(const std::uint8_t* w, int count, Floats& d, Floats& m) {
    alignas(16) std::uint16_t ds[16] = {}, ms[16] = {};
    const auto copy = [&](int count) {
      for (int b = 0; b < count; ++b) {
        std::memcpy(&ds[b], w + b * bytes_of(type), 2);
        if (type == Type::Q4_1) std::memcpy(&ms[b], w + b * bytes_of(type) + 2, 2);
      }
    };
    if (count == 16) copy(16);
    else copy(count);
    d = converted(ds);
    if (type == Type::Q4_1) m = converted(ms);
  }
  static __m128i load_128(const std::uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  /// The codes of two blocks, 0 ... 15 or signed.
  template <Type type>
  static void two_blocks(const std::uint8_t* w, __m256i& first, __m256i& second) {
    const std::uint8_t* next = w + bytes_of(type);
    first = _mm256_set_m128i(load_128(next), load_128(w));
    if (type == Type::Q8_0) {
      second = _mm256_set_m128i(load_128(next + 16), load_128(w + 16));
      return;
    }
    const __m256i mask = _mm256_set1_epi8(15), eight = _mm256_set1_epi8(8);
    second = _mm256_and_si256(_mm256_srli_epi16(first, 4), mask);
    first = _mm256_and_si256(first, mask);
    if (type == Type::Q4_0)
      first = _mm256_sub_epi8(first, eight), second = _mm256_sub_epi8(second, eight);
  }
  template <Type type> static Codes codes(const std::uint8_t* w) {
    w += bytes_of_scales(type);
    Codes out;
    two_blocks<type>(w, out.half[0][0], out.half[1][0]);
    two_blocks<type>(w + 2 * bytes_of(type), out.half[0][1], out.half[1][1]);
    return out;
  }
  /// Sixteen sums of two products, of 16 bits.
  template <Type type> static __m256i dot_half(__m256i w, const std::int8_t* x) {
    const __m256i p = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
    if (type == Type::Q4_1) return _mm256_maddubs_epi16(w, p);
    return _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(p, w));
  }
  template <Type type>
  static __m256 dot_blocks(__m256i first, __m256i second, const std::int8_t* x) {
    const __m256i one = _mm256_set1_epi16(1);
    const __m256i a = dot_half<type>(first, x), b = dot_half<type>(second, x + 64);
    if (type == Type::Q8_0)
      return _mm256_cvtepi32_ps(
          _mm256_add_epi32(_mm256_madd_epi16(a, one), _mm256_madd_epi16(b, one)));
    return _mm256_cvtepi32_ps(_mm256_madd_epi16(_mm256_add_epi16(a, b), one));
  }
  template <Type type> static Floats dot(const Codes& w, const std::int8_t* x) {
    return {dot_blocks<type>(w.half[0][0], w.half[1][0], x),
            dot_blocks<type>(w.half[0][1], w.half[1][1], x + 32)};
  }
};

}  // namespace

const ProductKernels* const avx2_kernels = &kernels_of<Avx2>;

}  // namespace tinygrad::gguf
#else
const tinygrad::gguf::ProductKernels* const tinygrad::gguf::avx2_kernels = nullptr;
#endif
