// SPDX-License-Identifier: MIT
// Random numbers and dropout. Ten rounds of Philox 4x32-10 turn a vector of counters into random
// words at once (random.h defines the sequence): each 64-bit lane holds one 32-bit word, because
// the rounds need products of 64 bits.
#include <utility>

#include "backends/cpu/entries.h"
#include "backends/cpu/layout.h"
#include "backends/cpu/math.h"

namespace tinygrad::cpu {
namespace {

constexpr int counters = lanes<std::uint64_t>;  // of one vector; four words each
constexpr int batch = 4 * counters;             // words of one vector of counters
typedef std::uint64_t Lanes __attribute__((vector_size(width)));

/// The products of the lower 32 bits of each lane.
TINYGRAD_INLINE Lanes multiply(Lanes a, Lanes b) {
#if defined(__AVX512F__)
  return Lanes(_mm512_maskz_mul_epu32(0xFF, __m512i(a), __m512i(b)));
#elif defined(__AVX2__)
  return Lanes(_mm256_mul_epu32(__m256i(a), __m256i(b)));
#elif defined(__SSE2__)
  return Lanes(_mm_mul_epu32(__m128i(a), __m128i(b)));
#else
  return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF);
#endif
}
template <int... I> TINYGRAD_INLINE Lanes lane_indices(std::integer_sequence<int, I...>) {
  return Lanes{I...};
}
constexpr std::make_integer_sequence<int, counters> lane{};
/// low[0], high[0], low[1], high[1], ... from element First on, one vector of them.
template <int First, int... I>
TINYGRAD_INLINE Lanes interleave(Lanes low, Lanes high, std::integer_sequence<int, I...>) {
  return __builtin_shufflevector(low, high, (First + I / 2 + I % 2 * counters)...);
}
/// The four words of each of the counters (at, at + 1, ...; call), in order. The upper 32 bits of a
/// lane are ignored until the end.
TINYGRAD_INLINE void philox(Key key, std::uint64_t at, std::uint32_t* words) {
  Lanes c0 = lane_indices(lane) + at, c1 = c0 >> 32, c2 = Lanes{} + (key.call & 0xFFFFFFFF),
        c3 = Lanes{} + (key.call >> 32);
  std::uint32_t k0 = std::uint32_t(key.seed), k1 = std::uint32_t(key.seed >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const Lanes a = multiply(c0, Lanes{} + 0xD2511F53u), b = multiply(c2, Lanes{} + 0xCD9E8D57u);
    c0 = (b >> 32) ^ c1 ^ k0, c1 = b, c2 = (a >> 32) ^ c3 ^ k1, c3 = a;
  }
  const Lanes low = (c0 & 0xFFFFFFFF) | c1 << 32, high = (c2 & 0xFFFFFFFF) | c3 << 32;
  const Lanes pairs[2] = {interleave<0>(low, high, lane),
                          interleave<counters / 2>(low, high, lane)};
  std::memcpy(words, pairs, sizeof pairs);
}
/// Words begin ... begin + n - 1 of the call, rounded up to whole batches; begin is a multiple
/// of 4.
void draw_words(Key key, std::int64_t begin, std::int64_t n, std::uint32_t* words) {
  for (std::int64_t i = 0; i < n; i += batch) philox(key, std::uint64_t(begin + i) / 4, words + i);
}

constexpr int max_words = 2 * chunk + batch;  // of one chunk: two per element, whole batches
/// Uniform on [0, 1): 24 bits of a word for float, 53 bits of two for double. n <= chunk, begin a
/// multiple of 4.
TINYGRAD_INLINE void draw_uniform(Key key, std::int64_t begin, std::int64_t n, float* u) {
  alignas(64) std::uint32_t words[max_words];
  draw_words(key, begin, n, words);
  for (std::int64_t i = 0; i < n; ++i) u[i] = float(std::int32_t(words[i] >> 8)) * 0x1p-24f;
}
TINYGRAD_INLINE std::uint64_t word64(const std::uint32_t* words, std::int64_t i) {
  return std::uint64_t(words[2 * i]) << 32 | words[2 * i + 1];
}
TINYGRAD_INLINE void draw_uniform(Key key, std::int64_t begin, std::int64_t n, double* u) {
  alignas(64) std::uint32_t words[max_words];
  draw_words(key, 2 * begin, 2 * n, words);
  for (std::int64_t i = 0; i < n; ++i)
    u[i] = double(std::int64_t(word64(words, i) >> 11)) * 0x1p-53;
}
/// Box-Muller transform of pairs of uniform numbers; n is even.
template <class T> void draw_normal(Key key, std::int64_t begin, std::int64_t n, T* z) {
  alignas(64) T u[chunk], radius[chunk / 2 + lanes<T>], angle[chunk / 2 + lanes<T>];
  draw_uniform(key, begin, n, u);
  const std::int64_t pairs = n / 2;
  for (std::int64_t i = 0; i < pairs; ++i)
    radius[i] = 1 - u[2 * i], angle[i] = T(6.283185307179586) * u[2 * i + 1];
  for (std::int64_t i = pairs; i < round_up(pairs, lanes<T>); ++i) radius[i] = angle[i] = 1;
  for (std::int64_t i = 0; i < pairs; i += lanes<T>) {
    const Vec<T> r = sqrt(-2 * log(load(radius + i))), t = load(angle + i);
    store(radius + i, r * cos(t)), store(angle + i, r * sin(t));
  }
  for (std::int64_t i = 0; i < pairs; ++i) z[2 * i] = radius[i], z[2 * i + 1] = angle[i];
}
void draw_integers(Key key, Number low, Number high, std::int64_t begin, std::int64_t n,
                   std::int64_t* y) {
  alignas(64) std::uint32_t words[max_words];
  draw_words(key, 2 * begin, 2 * n, words);
  const std::uint64_t range = std::uint64_t(high.integer) - std::uint64_t(low.integer);
  __extension__ typedef unsigned __int128 Product;
  for (std::int64_t i = 0; i < n; ++i)
    y[i] = std::int64_t(std::uint64_t(low.integer) +
                        std::uint64_t(Product(word64(words, i)) * range >> 64));
}
template <class T>
void draw_reals(Distribution distribution, Key key, Number low, Number high, std::int64_t begin,
                std::int64_t n, T* y) {
  if (distribution == Distribution::normal) {
    draw_normal(key, begin, (n + 1) / 2 * 2, y);
    for (std::int64_t i = 0; i < n; ++i) y[i] = T(low.real) + T(high.real) * y[i];
  } else {
    draw_uniform(key, begin, n, y);
    for (std::int64_t i = 0; i < n; ++i) y[i] = T(low.real) + T(high.real - low.real) * y[i];
  }
}

/// Calls part(begin, n), n <= chunk, for all elements in row-major order, in parallel.
template <class Part> void for_each_chunk(std::int64_t count, const Part& part) {
  const auto range = [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; begin += chunk) part(begin, min<std::int64_t>(chunk, end - begin));
  };
  if (count < grain) range(0, count);  // an element costs more than those of an addition
  else parallel_ranges(count, grain / 2, range);
}

/// y = u >= p ? x / (1 - p) : 0.
template <class T> void drop(const T* x, const T* u, T p, std::int64_t n, T* y) {
  const Vec<T> kept = 1 - p;
  for (std::int64_t i = 0; i < n; i += lanes<T>)
    store(y + i, where(load(u + i) >= p, load(x + i) / kept, 0));
}

}  // namespace

namespace TINYGRAD_ISA {

void random(Distribution distribution, const Key& key, Number low, Number high, const Array& out) {
  const Array* arrays[] = {&out};
  const Layout l = make_layout(arrays, 1, false);
  with_compute(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_chunk(l.count, [&](std::int64_t begin, std::int64_t n) {
      alignas(64) T values[chunk];
      if constexpr (std::is_integral_v<T>) draw_integers(key, low, high, begin, n, values);
      else draw_reals(distribution, key, low, high, begin, n, values);
      write(out, l, 0, begin, n, values);
    });
  });
}

bool dropout(const Array& x, double p, const Key& key, const Array& y) {
  const Array* arrays[] = {&y, &x};
  const Layout l = make_layout(arrays, 2, false);
  return with_compute(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_integral_v<T>) return false;
    else {
      for_each_chunk(l.count, [&](std::int64_t begin, std::int64_t n) {
        alignas(64) T values[chunk], u[chunk];
        for (std::int64_t i = n; i < round_up(n, lanes<T>); ++i) values[i] = u[i] = 0;
        draw_uniform(key, begin, n, u);
        read(x, l, 1, begin, n, values);
        drop(values, u, T(p), n, values);
        write(y, l, 0, begin, n, values);
      });
      return true;
    }
  });
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
