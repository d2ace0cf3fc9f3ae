// Philox 4x32-10, word for word as in tinygrad/random.h, for WIDTH counters at once.

/// The upper and the lower half of the product of each lane with a number.
#if WIDTH == 1
#define PRODUCT(high, low, lane, factor) const uint high = mul_hi(lane, factor), low = lane * factor
#else  // by 64 bits, which CPUs multiply faster than they find the upper half of 32
#define PRODUCT(high, low, lane, factor)                \
  const VEC(ulong) low##_64 = TO(ulong, lane) * factor; \
  const VEC(uint) high = TO(uint, low##_64 >> 32), low = TO(uint, low##_64)
#endif
/// The words of the counters (at ... at + WIDTH - 1, call) under key seed, in order, 4 WIDTH of them; at is a multiple of WIDTH.
INLINE void philox(ulong seed, ulong call, ulong at, uint* words) {
  uint lanes[WIDTH];
  for (int i = 0; i < WIDTH; ++i) lanes[i] = (uint)at + i;
  VEC(uint) a = VLOAD(lanes), b = (uint)(at >> 32), c = (uint)call, d = (uint)(call >> 32);
  uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
  for (int turn = 0; turn < 10; ++turn, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    PRODUCT(high_a, low_a, a, 0xD2511F53u);
    PRODUCT(high_c, low_c, c, 0xCD9E8D57u);
    a = high_c ^ b ^ k0, b = low_c, c = high_a ^ d ^ k1, d = low_a;
  }
#if WIDTH == 1
  words[0] = a, words[1] = b, words[2] = c, words[3] = d;
#else  // by turns: a and c, b and d, then both
  VEC(uint) pairs[2][2], all[4];
  pairs[0][0].even = a.lo, pairs[0][0].odd = c.lo, pairs[0][1].even = b.lo, pairs[0][1].odd = d.lo;
  pairs[1][0].even = a.hi, pairs[1][0].odd = c.hi, pairs[1][1].even = b.hi, pairs[1][1].odd = d.hi;
#pragma unroll
  for (int half_ = 0; half_ < 2; ++half_) {
    all[2 * half_].even = pairs[half_][0].lo, all[2 * half_].odd = pairs[half_][1].lo;
    all[2 * half_ + 1].even = pairs[half_][0].hi, all[2 * half_ + 1].odd = pairs[half_][1].hi;
  }
#pragma unroll
  for (int part = 0; part < 4; ++part) VSTORE(all[part], words + part * WIDTH);
#endif
}
/// Uniform on [0, 1): the upper 24 bits of a word, or the upper 53 of two.
#define UNIFORM(word) ((float)((word) >> 8) * 0x1p-24f)
#define WORD64(high, low) ((ulong)(high) << 32 | (low))
#define UNIFORM64(high, low) ((double)(WORD64(high, low) >> 11) * 0x1p-53)
/// The number of the call: given, or an int64 on the device.
#define CALL(call) (call ? *CONST_AT(ulong, call + call##_start) : (ulong)call##_number)
