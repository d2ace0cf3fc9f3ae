// SPDX-License-Identifier: MIT
// Measures the limits of the machine: its multiply-adds and its memory.
#include "labs/ladder/machine.h"

#include <algorithm>

namespace ladder {
namespace {

constexpr int chains = 12;

/// Independent chains of multiply-adds x = x scale + shift. An instruction waits for the one before
/// it in its chain, four cycles or so; a machine that starts two a cycle needs eight chains or more
/// to be busy, and no more than its registers hold.
template <int lanes> LADDER_INLINE void multiply_adds(long steps, float* values) {
  typename VectorOf<lanes>::Type x[chains], scale, shift;
  load(scale, values), load(shift, values + lanes);
  for (int i = 0; i < chains; ++i) x[i] = scale * float(i);
  for (long step = 0; step < steps; ++step)
#pragma GCC unroll 16
    for (int i = 0; i < chains; ++i) x[i] = x[i] * scale + shift;
  for (int i = 1; i < chains; ++i) x[0] += x[i];
  store(x[0], values);
}
FOR_EACH_MACHINE void narrow(long steps, float* values) { multiply_adds<8>(steps, values); }
FOR_EACH_MACHINE void wide(long steps, float* values) { multiply_adds<16>(steps, values); }

}  // namespace

double peak_gflops(int threads, double budget) {
  const long steps = 1 << 20;
  const int lanes = has_wide_vectors() ? 16 : 8;
  const double seconds = shortest(budget, [&] {
    parallel(threads, threads, [&](int) {
      float values[32];
      std::fill(std::begin(values), std::end(values), 0.5f);
      (lanes == 16 ? wide : narrow)(steps, values);
      volatile float used = values[0];
      (void)used;
    });
  });
  return 2e-9 * threads * double(steps) * chains * lanes / seconds;
}

double copy_gbytes(int threads, double budget) {
  const std::size_t count = 32 << 20;
  std::vector<float> from(count, 1), to(count);
  const double seconds = shortest(budget, [&] {
    parallel(threads, threads, [&](int t) {
      const std::size_t begin = count * t / threads, end = count * (t + 1) / threads;
      std::memcpy(&to[begin], &from[begin], (end - begin) * sizeof(float));
    });
  });
  return 2e-9 * double(count * sizeof(float)) / seconds;
}

}  // namespace ladder
