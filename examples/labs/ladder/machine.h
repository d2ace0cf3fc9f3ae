// SPDX-License-Identifier: MIT
// Declares what the rungs share: vectors, functions compiled for several instruction sets, threads,
// a clock.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

/// The function is compiled three times, and the program takes the best that the machine can run.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(LADDER_ONE_MACHINE)
#define LADDER_MACHINES 3
#define FOR_EACH_MACHINE __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define LADDER_MACHINES 1
#define FOR_EACH_MACHINE
#endif

#define LADDER_INLINE inline __attribute__((always_inline))

namespace ladder {

/// float32 values in one register.
template <int lanes> struct VectorOf {
  typedef float Type __attribute__((vector_size(4 * lanes)));
};
/// From and to any address.
template <class Vector> LADDER_INLINE void load(Vector& to, const float* from) {
  std::memcpy(&to, from, sizeof to);
}
template <class Vector> LADDER_INLINE void store(const Vector& from, float* to) {
  std::memcpy(to, &from, sizeof from);
}

/// Whether there are 32 registers of 16 lanes, rather than 16 of 8.
inline bool has_wide_vectors() {
#if LADDER_MACHINES == 3
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

/// Runs part(0) ... part(parts - 1) on `threads` threads, of which all but the caller are new.
template <class Part> void parallel(int threads, int parts, const Part& part) {
  const auto share = [&part, threads, parts](int thread) {
    for (int i = thread; i < parts; i += threads) part(i);
  };
  std::vector<std::jthread> others;  // the destructor waits for them
  for (int t = 1; t < threads; ++t) others.emplace_back(share, t);
  share(0);
}

/// The shortest time of a call of run() in seconds, of as many calls as `budget` seconds allow. The
/// first call, which warms caches up, counts only if it is the only one.
template <class Run> double shortest(double budget, const Run& run) {
  using clock = std::chrono::steady_clock;
  double best = 1e30, total = 0;
  for (int call = 0; call == 0 || total < budget; ++call) {
    const auto begin = clock::now();
    run();
    const double seconds = std::chrono::duration<double>(clock::now() - begin).count();
    total += seconds;
    best = call == 1 ? seconds : std::min(best, seconds);
  }
  return best;
}

}  // namespace ladder
