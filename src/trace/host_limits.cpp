// SPDX-License-Identifier: MIT
// Measures what the host's processor does at most. The loops have nothing in common with the
// library's kernels, which are judged by them: multiply-adds of values that stay in registers, and
// the kernels of STREAM (McCalpin 1995) beside a loop that only reads.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>
#include <vector>

#include "tinygrad/device.h"
#include "tinygrad/parallel.h"
#include "tinygrad/trace/profile.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace tinygrad {
namespace {

enum class Loop { multiply_adds, copy, triad, triad_past_cache, read };
/// The part of a loop that a thread runs: elements begin ... end of a, b and c, or as many steps.
struct Part {
  float *a, *b, *c;
  std::int64_t begin, end;
};

#define INLINE [[gnu::always_inline]] inline

/// Enough chains for two units that answer after four or five cycles.
constexpr int chains = 12;

/// Vectors of so many bytes.
template <int bytes> struct Loops {
  typedef float Vector __attribute__((vector_size(bytes)));
  static constexpr std::int64_t lanes = bytes / 4;

  INLINE static void load(const float* x, Vector& v) { std::memcpy(&v, x, bytes); }
  INLINE static float first(const Vector& v) {
    float x;
    return std::memcpy(&x, &v, sizeof x), x;
  }
  template <std::size_t... i>
  INLINE static float multiply_adds(std::int64_t steps, std::index_sequence<i...>) {
    Vector sums[] = {(Vector{} + float(i))...};
    Vector factor = Vector{} + 0.999f, summand = Vector{} + 0.001f;
    asm("" : "+m"(factor), "+m"(summand));  // not known to the compiler
    for (; steps > 0; --steps) ((sums[i] = sums[i] * factor + summand), ...);
    return (first(sums[i]) + ...);
  }
  INLINE static float triad(const Part& p) {
    for (std::int64_t i = p.begin; i < p.end; i += lanes) {
      Vector b, c;
      load(p.b + i, b), load(p.c + i, c);
      b += 3.f * c;
      std::memcpy(p.a + i, &b, bytes);
    }
    return p.a[p.begin];
  }
  /// With stores that do not read the line that they write.
  INLINE static float triad_past_cache(const Part& p) {
#ifdef __x86_64__
    for (std::int64_t i = p.begin; i < p.end; i += 4)
      _mm_stream_ps(p.a + i, _mm_loadu_ps(p.b + i) + 3.f * _mm_loadu_ps(p.c + i));
    _mm_sfence();
    return p.a[p.begin];
#else
    return triad(p);
#endif
  }
  INLINE static float read(const Part& p) {
    Vector sums[4] = {}, x;
    for (std::int64_t i = p.begin; i < p.end; i += 4 * lanes)
      for (int k = 0; k < 4; ++k) load(p.a + i + k * lanes, x), sums[k] += x;
    x = sums[0] + sums[1] + sums[2] + sums[3];
    return first(x);
  }
  INLINE static float run(Loop loop, const Part& p) {
    switch (loop) {
      case Loop::multiply_adds:
        return multiply_adds(p.end - p.begin, std::make_index_sequence<chains>());
      case Loop::copy:
        return std::memcpy(p.a + p.begin, p.b + p.begin, std::size_t(4 * (p.end - p.begin))), 0;
      case Loop::triad: return triad(p);
      case Loop::triad_past_cache: return triad_past_cache(p);
      case Loop::read: break;
    }
    return read(p);
  }
};

// ------------------------------------------------------------ the instruction sets

float on_any(Loop loop, const Part& p) { return Loops<16>::run(loop, p); }
#ifdef __x86_64__
[[gnu::target("avx2,fma")]] float on_avx2(Loop loop, const Part& p) {
  return Loops<32>::run(loop, p);
}
[[gnu::target("avx512f")]] float on_avx512(Loop loop, const Part& p) {
  return Loops<64>::run(loop, p);
}
#endif

/// The loops in the instruction set of the kernels ($TINYGRAD_CPU).
struct Machine {
  float (*run)(Loop, const Part&) = on_any;
  std::int64_t lanes = 4;
};
Machine machine() {
#ifdef __x86_64__
  const std::string set = cpu_info().kernels;
  if (set == "avx512") return {on_avx512, 16};
  if (set == "avx2") return {on_avx2, 8};
#endif
  return {};
}

/// The shortest of some runs of a loop on all threads, each over its part of n elements, in
/// seconds.
double shortest(const Machine& m, Loop loop, Part all, std::int64_t n) {
  const std::int64_t parts = num_threads();
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    parallel_for(parts, [&](std::int64_t part) {
      Part own = all;
      own.begin = part * n, own.end = (part + 1) * n;
      volatile float used = m.run(loop, own);
      (void)used;
    });
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

}  // namespace

HostLimits measure_host_limits(std::int64_t elements) {
  const Machine m = machine();
  // Long enough that it does not matter when the threads wake up.
  const std::int64_t threads = num_threads(), steps = 1 << 19;
  HostLimits limits;
  limits.flops_per_second =
      2. * chains * double(m.lanes * threads * steps) / shortest(m, Loop::multiply_adds, {}, steps);
  const std::int64_t n = std::max<std::int64_t>(elements / threads / 64, 1) * 64;  // of each thread
  std::vector<float> a(std::size_t(n * threads), 1.f), b = a, c = a;
  const Part all = {a.data(), b.data(), c.data(), 0, 0};
  const auto bandwidth = [&](Loop loop, int streams) {
    return 4. * streams * double(n * threads) / shortest(m, loop, all, n);
  };
  limits.copy = bandwidth(Loop::copy, 2);
  limits.triad = std::max(bandwidth(Loop::triad, 3), bandwidth(Loop::triad_past_cache, 3));
  limits.read = bandwidth(Loop::read, 1);
  return limits;
}

}  // namespace tinygrad
