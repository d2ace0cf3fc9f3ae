// SPDX-License-Identifier: MIT
// Random numbers from a counter-based generator: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw:
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Element i of call number c under seed s
// is a pure function of (s, c, i). Masks and shuffles are therefore bit-identical on every backend
// and with any number of threads, and a resumed run draws the same values as an uninterrupted one.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "tinygrad/detail/export.h"

namespace tinygrad {

/// The ten rounds of Philox: maps counter and key to four words of 32 bits. It agrees with the
/// published known-answer vectors.
constexpr std::array<std::uint32_t, 4> philox_block(std::array<std::uint32_t, 4> c,
                                                    std::uint32_t k0, std::uint32_t k1) {
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const std::uint64_t a = std::uint64_t(0xD2511F53u) * c[0],
                        b = std::uint64_t(0xCD9E8D57u) * c[2];
    c = {std::uint32_t(b >> 32) ^ c[1] ^ k0, std::uint32_t(b), std::uint32_t(a >> 32) ^ c[3] ^ k1,
         std::uint32_t(a)};
  }
  return c;
}
/// Word i of a call: word i mod 4 of the block of counter (i / 4, call) under key seed.
constexpr std::uint32_t philox_word(std::uint64_t seed, std::uint64_t call, std::uint64_t i) {
  const std::uint64_t block = i / 4;
  return philox_block({std::uint32_t(block), std::uint32_t(block >> 32), std::uint32_t(call),
                       std::uint32_t(call >> 32)},
                      std::uint32_t(seed), std::uint32_t(seed >> 32))[i % 4];
}
/// A 64-bit word consists of two words: word 2 i is its high half, word 2 i + 1 its low half.
constexpr std::uint64_t philox_word64(std::uint64_t seed, std::uint64_t call, std::uint64_t i) {
  return std::uint64_t(philox_word(seed, call, 2 * i)) << 32 | philox_word(seed, call, 2 * i + 1);
}
/// An integer uniform on 0 ... range - 1: floor(word range / 2^64), with the 64-bit word i of a
/// call.
constexpr std::uint64_t philox_integer(std::uint64_t seed, std::uint64_t call, std::uint64_t i,
                                       std::uint64_t range) {
  const std::uint64_t word = philox_word64(seed, call, i), mask = 0xFFFFFFFF;
  const std::uint64_t low = (word & mask) * (range & mask),
                      middle = (word >> 32) * (range & mask) + (low >> 32),
                      rest = (word & mask) * (range >> 32) + (middle & mask);
  return (word >> 32) * (range >> 32) + (middle >> 32) + (rest >> 32);
}
/// A float32 uniform on [0, 1), from the upper 24 bits of a word.
constexpr float philox_uniform(std::uint64_t seed, std::uint64_t call, std::uint64_t i) {
  return float(philox_word(seed, call, i) >> 8) * 0x1p-24f;
}
/// A float64 uniform on [0, 1), from the upper 53 bits of a 64-bit word.
constexpr double philox_uniform64(std::uint64_t seed, std::uint64_t call, std::uint64_t i) {
  return double(philox_word64(seed, call, i) >> 11) * 0x1p-53;
}

/// The state of a random generator: a seed and the number of the next call. Each call of a random
/// op takes one number.
struct Generator {
  std::uint64_t seed = 0;
  std::uint64_t call = 0;
  friend bool operator==(const Generator&, const Generator&) = default;
};

/// Seeds the calling thread's generator and sets its call number to 0. On the main thread it also
/// seeds the process: threads that have not drawn yet derive their own seeds from it, with their
/// number (1, 2, ...) in the order of their first draw, so that no two draw the same values. Before
/// any call the seed is 0.
TINYGRAD_API void manual_seed(std::uint64_t seed);
/// Gives the calling thread the stream of this name, derived from the process's seed: unlike the
/// number of a thread, a name such as "worker 3" is the same in each run. DataLoader needs none:
/// random ops in its augmentation depend on its seed, the epoch and the batch.
TINYGRAD_API void set_thread_stream(std::string_view name);
/// The calling thread's generator, which can be read, saved and restored.
TINYGRAD_API Generator& generator();

/// Gives the calling thread another generator as long as the object lives.
class ThreadStream {
 public:
  explicit ThreadStream(Generator g) : before_(generator()) { generator() = g; }
  ~ThreadStream() { generator() = before_; }
  ThreadStream(const ThreadStream&) = delete;
  ThreadStream& operator=(const ThreadStream&) = delete;

 private:
  Generator before_;
};

}  // namespace tinygrad
