// What a program allows beyond its dtypes. Read at each call; part of every plan's key.
#pragma once
#include <atomic>

namespace tinygrad::cuda {

/// How float32 is multiplied: as it is, or with factors rounded to the 10 bits of TF32, which is several times as fast.
enum class Precision : unsigned char { full, tf32 };

struct Modes {
  std::atomic<Precision> float32 = Precision::full;
  std::atomic<bool> deterministic = true;  ///< only algorithms that give the same bits every time
};
inline Modes& modes() {
  static Modes instance;
  return instance;
}

}  // namespace tinygrad::cuda
