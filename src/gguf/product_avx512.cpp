// SPDX-License-Identifier: MIT
// The product of rows with a matrix in blocks (product.h) for AVX-512 with VNNI. The instruction
// dpbusd multiplies unsigned by signed bytes and adds four products, exactly: signed codes q become
// q + c ≥ 0, and c times the sum of x's codes is subtracted again.
#include "product.h"

#ifdef __AVX512VNNI__
#include <immintrin.h>

namespace tinygrad::gguf {
namespace {

struct Avx512 {
  static constexpr const char* name = "avx512";
  using Floats = __m512;
  struct Codes {
    __m512i half[2];  // of four blocks; unsigned
  };

  static Floats zero() { return _mm512_setzero_ps(); }
  static Floats load(const float* from) { return _mm512_loadu_ps(from); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static float sum(Floats v) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
  }
  static Floats spread(Floats v, int p) {
    const __m512i lanes = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    return _mm512_permutexvar_ps(_mm512_add_epi32(_mm512_set1_epi32(p), lanes), v);
  }
  static Floats converted(__m512i halves) { return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(halves)); }
  template <Type type> static void scales(const std::uint8_t* w, int count, Floats& d, Floats& m) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i offsets = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(int(bytes_of(type))));
    const __m512i words = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(),
                                                      __mmask16((1u << count) - 1), offsets, w, 1);
    d = converted(words);
    if (type == Type::Q4_1) m = converted(_mm512_srli_epi32(words, 16));
  }
  static __m256i load_256(const std::uint8_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static __m128i load_128(const std::uint8_t* from) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  }
  template <Type type> static Codes codes(const std::uint8_t* w) {
    constexpr std::int64_t next = bytes_of(type);
    w += bytes_of_scales(type);
    if (type == Type::Q8_0) {
      const __m512i sign = _mm512_set1_epi8(char(128));
      const auto two = [&](const std::uint8_t* at) {
        return _mm512_xor_si512(
            sign, _mm512_inserti64x4(_mm512_castsi256_si512(load_256(at)), load_256(at + next), 1));
      };
      const __m512i a = two(w), b = two(w + 2 * next);
      return {{_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xDD)}};
    }
    const auto two = [&](const std::uint8_t* at) {
      return _mm256_set_m128i(load_128(at + next), load_128(at));
    };
    const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(two(w)), two(w + 2 * next), 1);
    const __m512i mask = _mm512_set1_epi8(15);
    return {{_mm512_and_si512(both, mask), _mm512_and_si512(_mm512_srli_epi16(both, 4), mask)}};
  }
  template <Type type> static Floats dot(const Codes& w, const std::int8_t* x) {
    const __m512i zero = _mm512_setzero_si512();
    const __m512i first = _mm512_loadu_si512(x), second = _mm512_loadu_si512(x + 64);
    __m512i dots =
        _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, w.half[0], first), w.half[1], second);
    if (type != Type::Q4_1) {
      const __m512i c = _mm512_set1_epi8(char(type == Type::Q8_0 ? 128 : 8));
      dots = _mm512_sub_epi32(dots,
                              _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(zero, c, first), c, second));
    }
    return _mm512_cvtepi32_ps(dots);
  }
};

}  // namespace

const ProductKernels* const avx512_kernels = &kernels_of<Avx512>;

}  // namespace tinygrad::gguf
#else
const tinygrad::gguf::ProductKernels* const tinygrad::gguf::avx512_kernels = nullptr;
#endif
