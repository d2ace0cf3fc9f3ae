// SPDX-License-Identifier: MIT
// Decodes blocks to float32. Every element of a block is a scale times an integer code of a few
// bits, plus a minimum in some types; each product and sum is rounded once, as in the Python
// package gguf, so that the values are the same bits (the file is compiled without contraction to
// fma).
#include <algorithm>
#include <cstring>

#include "tinygrad/parallel.h"
#include "types.h"

namespace tinygrad::gguf {
namespace {

using Byte = std::uint8_t;

float half(const Byte* in) {
  Half value;
  std::memcpy(&value.bits, in, 2);
  return value;
}

/// Q4_0, Q4_1, Q5_0, Q5_1, blocks of 32: float16 d, float16 m if there is a minimum, 32 fifth bits
/// if there are five, and 16 bytes of two codes each: element i and element i + 16.
///   w = d q + m,   or d (q - 2^(bits - 1)) without a minimum
template <int bits, bool has_minimum> void decode_32(const Byte* in, float* out) {
  const float d = half(in), m = has_minimum ? half(in + 2) : 0;
  in += has_minimum ? 4 : 2;
  std::uint32_t fifth = 0;
  if (bits == 5) std::memcpy(&fifth, in, 4), in += 4;
  for (int i = 0; i < 32; ++i) {
    const int q = (in[i % 16] >> i / 16 * 4 & 15) | int(fifth >> i & 1) << 4;
    out[i] = has_minimum ? d * float(q) + m : d * float(q - (1 << (bits - 1)));
  }
}

/// Q8_0, blocks of 32: float16 d and 32 signed codes.   w = d q
void decode_q8_0(const Byte* in, float* out) {
  const float d = half(in);
  for (int i = 0; i < 32; ++i) out[i] = d * float(std::int8_t(in[2 + i]));
}

/// The scales and minima of the eight groups of a block of Q4_K or Q5_K, 6 bits each in 12 bytes:
/// those of groups 0 to 3 in bytes 0 to 3 and 4 to 7, whose highest two bits belong to groups 4 to
/// 7, as the two halves of bytes 8 to 11 do.
int scale_code(const Byte* in, int group) {
  return group < 4 ? in[group] & 63 : (in[group + 4] & 15) | (in[group - 4] >> 2 & 48);
}
int minimum_code(const Byte* in, int group) {
  return group < 4 ? in[group + 4] & 63 : in[group + 4] >> 4 | (in[group] >> 2 & 48);
}

/// Q4_K and Q5_K, blocks of 256 in groups of 32: float16 d and dmin, 12 bytes of scales s and
/// minima m, 32 bytes of fifth bits (bit g belongs to group g), 128 bytes of codes: the low halves
/// of 32 bytes are one group, the high halves the next.   w = (d s) q - (dmin m)
template <int bits> void decode_k(const Byte* in, float* out) {
  const float d = half(in), dmin = half(in + 2);
  const Byte *packed = in + 4, *fifth = in + 16, *codes = in + (bits == 5 ? 48 : 16);
  for (int group = 0; group < 8; ++group) {
    const float scale = d * float(scale_code(packed, group)),
                minimum = dmin * float(minimum_code(packed, group));
    for (int i = 0; i < 32; ++i) {
      int q = codes[group / 2 * 32 + i] >> group % 2 * 4 & 15;
      if (bits == 5) q |= (fifth[i] >> group & 1) << 4;
      out[32 * group + i] = scale * float(q) - minimum;
    }
  }
}

/// Q6_K, blocks of 256: 128 bytes of low halves, 64 bytes of upper two bits, a signed scale s for
/// every 16 elements, float16 d.   w = (d s) (q - 32)
void decode_q6_k(const Byte* in, float* out) {
  const Byte *low = in, *high = in + 128, *scales = in + 192;
  const float d = half(in + 208);
  for (int i = 0; i < 256; ++i) {
    const int part = i / 128, within = i % 128;
    const int q = (low[64 * part + within % 64] >> within / 64 * 4 & 15) |
                  (high[32 * part + within % 32] >> within / 32 * 2 & 3) << 4;
    out[i] = d * float(std::int8_t(scales[i / 16])) * float(q - 32);
  }
}

template <Type type, void (*block)(const Byte*, float*)>
void decode_blocks(const std::byte* in, std::int64_t count, float* out) {
  const BlockSize size = block_size(type);
  for (std::int64_t i = 0; i < count; ++i)
    block(reinterpret_cast<const Byte*>(in + i * size.bytes), out + i * size.elements);
}

}  // namespace

Decode decoder(Type type) {
  switch (type) {
    case Type::Q4_0: return decode_blocks<Type::Q4_0, decode_32<4, false>>;
    case Type::Q4_1: return decode_blocks<Type::Q4_1, decode_32<4, true>>;
    case Type::Q5_0: return decode_blocks<Type::Q5_0, decode_32<5, false>>;
    case Type::Q5_1: return decode_blocks<Type::Q5_1, decode_32<5, true>>;
    case Type::Q8_0: return decode_blocks<Type::Q8_0, decode_q8_0>;
    case Type::Q4_K: return decode_blocks<Type::Q4_K, decode_k<4>>;
    case Type::Q5_K: return decode_blocks<Type::Q5_K, decode_k<5>>;
    case Type::Q6_K: return decode_blocks<Type::Q6_K, decode_q6_k>;
    default: return nullptr;
  }
}

void decode_all(Type type, std::span<const std::byte> in, float* out) {
  const BlockSize size = block_size(type);
  const std::int64_t blocks = std::int64_t(in.size()) / size.bytes, part = 4096;
  parallel_for((blocks + part - 1) / part, [&](std::int64_t i) {
    const std::int64_t first = i * part;
    decoder(type)(in.data() + first * size.bytes, std::min(part, blocks - first),
                  out + first * size.elements);
  });
}

}  // namespace tinygrad::gguf
