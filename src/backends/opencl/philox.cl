// SPDX-License-Identifier: MIT
// Philox 4x32-10 (tinygrad/random.h) for WIDTH counters at once. It produces exactly the words that
// the other backends produce.
#include "prelude.cl"

/// Computes the 4 WIDTH words of the counters (at, call) ... (at + WIDTH - 1, call) with the key
/// `seed`, in order; `at` must be a multiple of WIDTH.
INLINE void philox(ulong seed, ulong call, ulong at, uint* words) {
  uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
#if WIDTH == 1
  uint a = (uint)at, b = (uint)(at >> 32), c = (uint)call, d = (uint)(call >> 32);
  for (int round_ = 0; round_ < 10; ++round_, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const uint high_a = mul_hi(a, 0xD2511F53u), low_a = a * 0xD2511F53u,
               high_c = mul_hi(c, 0xCD9E8D57u), low_c = c * 0xCD9E8D57u;
    a = high_c ^ b ^ k0, b = low_c, c = high_a ^ d ^ k1, d = low_a;
  }
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
#else  // 64-bit lanes, because CPUs multiply these; bits above 31 are ignored until the end
#define LOW(lanes) ((lanes)&0xFFFFFFFFul)
  ulong lanes[WIDTH];
  for (int i = 0; i < WIDTH; ++i) lanes[i] = at + i;
  VEC(ulong) a = VLOAD(lanes), b = at >> 32, c = call, d = call >> 32;
  for (int round_ = 0; round_ < 10; ++round_, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const VEC(ulong) of_a = LOW(a) * 0xD2511F53ul, of_c = LOW(c) * 0xCD9E8D57ul;
    a = of_c >> 32 ^ b ^ k0, b = of_c, c = of_a >> 32 ^ d ^ k1, d = of_a;
  }
  const VEC(ulong) first = LOW(a) | b << 32, second = LOW(c) | d << 32;
  VEC(ulong) interleaved[2];
  interleaved[0].even = first.lo, interleaved[0].odd = second.lo, interleaved[1].even = first.hi,
  interleaved[1].odd = second.hi;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    VSTORE(AS(uint, interleaved[i].lo), words + 2 * i * WIDTH);
    VSTORE(AS(uint, interleaved[i].hi), words + (2 * i + 1) * WIDTH);
  }
#endif
}
/// A uniform number in [0, 1) from the upper 24 bits of a word, or from the upper 53 bits of two.
#define UNIFORM(word) ((float)((word) >> 8) * 0x1p-24f)
#define WORD64(high, low) ((ulong)(high) << 32 | (low))
#define UNIFORM64(high, low) ((double)(WORD64(high, low) >> 11) * 0x1p-53)
/// The call counter: an argument, or an int64 in device memory.
#define CALL(call) (call ? *CONST_AT(ulong, call + call##_start) : (ulong)call##_number)
