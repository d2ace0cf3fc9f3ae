// SPDX-License-Identifier: MIT
// The hash FNV-1a of a text, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv): the same with
// every standard library, as std::hash is not.
#pragma once
#include <cstdint>
#include <string>

namespace tinygrad {

inline std::uint64_t fnv(const std::string& text) {
  std::uint64_t h = 0xCBF29CE484222325u;
  for (const char c : text) h = (h ^ std::uint8_t(c)) * 0x100000001B3u;
  return h;
}

}  // namespace tinygrad
