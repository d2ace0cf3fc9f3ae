// Philox 4x32-10, word for word as in tinygrad/random.h, for WIDTH counters at once.

/// The words of the counters (at ... at + WIDTH - 1, call) under key seed, in order, 4 WIDTH of them; at is a multiple of WIDTH.
void philox(ulong seed, ulong call, ulong at, uint* words) {
  uint lanes[WIDTH];
  for (int i = 0; i < WIDTH; ++i) lanes[i] = (uint)at + i;
  VEC(uint) a = VLOAD(lanes), b = (uint)(at >> 32), c = (uint)call, d = (uint)(call >> 32);
  uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
  for (int turn = 0; turn < 10; ++turn, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const VEC(uint) low = a * 0xD2511F53u, high = mul_hi(a, (VEC(uint))(0xD2511F53u));
    a = mul_hi(c, (VEC(uint))(0xCD9E8D57u)) ^ b ^ k0, b = c * 0xCD9E8D57u;
    c = high ^ d ^ k1, d = low;
  }
  uint parts[4][WIDTH];
  VSTORE(a, parts[0]);
  VSTORE(b, parts[1]);
  VSTORE(c, parts[2]);
  VSTORE(d, parts[3]);
  for (int i = 0; i < WIDTH; ++i)
    for (int part = 0; part < 4; ++part) words[4 * i + part] = parts[part][i];
}
/// Uniform on [0, 1): the upper 24 bits of a word, or the upper 53 of two.
#define UNIFORM(word) ((float)((word) >> 8) * 0x1p-24f)
#define WORD64(high, low) ((ulong)(high) << 32 | (low))
#define UNIFORM64(high, low) ((double)(WORD64(high, low) >> 11) * 0x1p-53)
/// The number of the call: given, or an int64 on the device.
#define CALL(call) (call ? *CONST_AT(ulong, call + call##_start) : (ulong)call##_number)
