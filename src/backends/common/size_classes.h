// SPDX-License-Identifier: MIT
// The size classes in which memory pools keep free blocks for reuse: 4, 5, 6 and 7 quarters of each
// power of two, so that at most a fifth of a block is unused.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <limits>

namespace tinygrad::size_classes {

constexpr int count = 4 * 64;
constexpr std::size_t min_bytes = 64, max_bytes = std::numeric_limits<std::size_t>::max() / 4 + 1;

/// The class of the smallest blocks that hold `bytes`.
constexpr int class_of(std::size_t bytes) {
  bytes = std::max(bytes, min_bytes);
  const int log = std::bit_width(bytes - 1) - 1;  // 2^log < bytes <= 2^(log + 1)
  const std::size_t quarter = std::size_t(1) << (log - 2);
  return 4 * log + int((bytes - 1) / quarter) - 3;
}
/// The size of the blocks of a class.
constexpr std::size_t bytes_of(int size_class) {
  const int log = (size_class - 1) / 4, quarters = (size_class - 1) % 4 + 5;
  return std::size_t(quarters) << std::max(log - 2, 0);  // log is at least 5
}

/// The most that a pool holds before it gives kept blocks back, if blocks of `peak` bytes were in
/// use at once. The rest lets steps that take turns with several sizes keep their blocks.
constexpr std::size_t most_reserved(std::size_t peak) {
  return peak + peak / 4 + (std::size_t(64) << 20);
}

}  // namespace tinygrad::size_classes
