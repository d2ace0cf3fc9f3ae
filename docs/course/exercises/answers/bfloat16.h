// SPDX-License-Identifier: MIT
// Answer: adding just under half of the last bit, or half if it is odd, carries where it must.
inline std::uint16_t to_bfloat16(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  if (std::isnan(x)) return std::uint16_t(bits >> 16 | 1);
  return std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
