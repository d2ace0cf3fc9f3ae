// Philox 4x32-10, word for word as in tinygrad/random.h: counter (at, call), key seed.
uint4 philox(ulong seed, ulong call, ulong at) {
  uint4 c = (uint4)((uint)at, (uint)(at >> 32), (uint)call, (uint)(call >> 32));
  uint k0 = (uint)seed, k1 = (uint)(seed >> 32);
  for (int round_ = 0; round_ < 10; ++round_, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
    c = (uint4)(mul_hi(0xCD9E8D57u, c.z) ^ c.y ^ k0, 0xCD9E8D57u * c.z, mul_hi(0xD2511F53u, c.x) ^ c.w ^ k1, 0xD2511F53u * c.x);
  return c;
}
/// Uniform on [0, 1): the upper 24 bits of a word, or the upper 53 of two.
#define UNIFORM(word) ((float)((word) >> 8) * 0x1p-24f)
#define WORD64(high, low) ((ulong)(high) << 32 | (low))
#define UNIFORM64(high, low) ((double)(WORD64(high, low) >> 11) * 0x1p-53)
/// The number of the call: given, or an int64 on the device.
#define CALL(call) (call ? *CONST_AT(ulong, call + call##_start) : (ulong)call##_number)
