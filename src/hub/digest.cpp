// SPDX-License-Identifier: MIT
// SHA-1 and SHA-256 as FIPS 180-4 defines them: the text, padded to blocks of 64 bytes, is mixed
// into a state block by block; the state at the end is the digest.
#include "digest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tinygrad::hub {
namespace {

using Bytes = std::span<const std::byte>;
using Word = std::uint32_t;

Word word_at(const std::byte* block, std::size_t i) {
  Word word = 0;
  std::memcpy(&word, block + 4 * i, 4);
  return __builtin_bswap32(word);
}

struct Sha1 {
  std::array<Word, 5> state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};

  void mix(const std::byte* block) {
    Word w[80];
    for (std::size_t t = 0; t < 16; ++t) w[t] = word_at(block, t);
    for (std::size_t t = 16; t < 80; ++t)
      w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    auto [a, b, c, d, e] = state;
    for (std::size_t t = 0; t < 80; ++t) {
      const Word f = t < 20   ? (b & c) | (~b & d)
                     : t < 40 ? b ^ c ^ d
                     : t < 60 ? (b & c) | (b & d) | (c & d)
                              : b ^ c ^ d;
      constexpr Word k[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
      const Word next = std::rotl(a, 5) + f + e + k[t / 20] + w[t];
      e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
  }
};

/// The first 32 bits of the fractional parts of square or cube roots of the first primes, which are
/// the constants of SHA-256. A double has 53 bits, of which the integer part takes 5.
template <std::size_t Count> std::array<Word, Count> fractions_of_roots(double (*root)(double)) {
  std::array<Word, Count> fractions;
  int candidate = 2;
  const auto is_prime = [&] {
    for (int d = 2; d * d <= candidate; ++d)
      if (candidate % d == 0) return false;
    return true;
  };
  for (Word& fraction : fractions) {
    while (!is_prime()) ++candidate;
    const double value = root(candidate++);
    fraction = Word((value - std::floor(value)) * 0x1p32);
  }
  return fractions;
}

struct Sha256 {
  std::array<Word, 8> state = fractions_of_roots<8>([](double x) { return std::sqrt(x); });

  void mix(const std::byte* block) {
    static const auto k = fractions_of_roots<64>([](double x) { return std::cbrt(x); });
    Word w[64];
    for (std::size_t t = 0; t < 16; ++t) w[t] = word_at(block, t);
    for (std::size_t t = 16; t < 64; ++t)
      w[t] = (std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10)) + w[t - 7] +
             (std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3)) + w[t - 16];
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t t = 0; t < 64; ++t) {
      const Word choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
      const Word first =
          h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + choice + k[t] + w[t];
      const Word second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + majority;
      h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
    }
    const Word mixed[] = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) state[i] += mixed[i];
  }
};

/// The digest of `head`, of less than 64 bytes, followed by `body`.
template <class Algorithm> std::string digest(std::string_view head, Bytes body) {
  Algorithm algorithm;
  std::byte block[128] = {};  // what is left over, the padding
  std::memcpy(block, head.data(), head.size());
  std::size_t filled = head.size();
  const std::uint64_t bits = 8 * std::uint64_t(head.size() + body.size());
  while (filled + body.size() >= 64) {
    const std::byte* next = body.data();
    const std::size_t taken = 64 - filled;
    if (filled > 0) {
      std::memcpy(block + filled, body.data(), taken);
      next = block;
    }
    algorithm.mix(next);
    body = body.subspan(taken), filled = 0;
  }
  std::fill(block + filled, block + 128, std::byte(0));
  if (!body.empty()) std::memcpy(block + filled, body.data(), body.size());
  filled += body.size();
  block[filled] = std::byte(0x80);
  const std::size_t end = filled < 56 ? 64 : 128;  // the last 8 bytes are the number of bits
  for (std::size_t i = 0; i < 8; ++i) block[end - 1 - i] = std::byte(bits >> (8 * i) & 255);
  for (std::size_t at = 0; at < end; at += 64) algorithm.mix(block + at);
  std::string hex;
  for (const Word word : algorithm.state)
    for (int shift = 28; shift >= 0; shift -= 4) hex += "0123456789abcdef"[word >> shift & 15];
  return hex;
}

}  // namespace

std::string sha256(Bytes bytes) { return digest<Sha256>("", bytes); }

std::string git_sha1(Bytes bytes) {
  const std::string head = "blob " + std::to_string(bytes.size()) + '\0';
  return digest<Sha1>(head, bytes);
}

}  // namespace tinygrad::hub
