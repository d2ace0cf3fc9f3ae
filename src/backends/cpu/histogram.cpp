// SPDX-License-Identifier: MIT
// Binary search in sorted sequences.
#include "backends/cpu/dense.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// a < b, where NaN is the largest.
template <class T> TINYGRAD_INLINE bool less(T a, T b) { return a < b || (b != b && a == a); }

/// For `some` values at once, so that their reads of the sequence do not wait for each other.
template <int some, class T>
TINYGRAD_INLINE void search(const T* sequence, std::int64_t n, const T* values, bool right,
                            std::int64_t* index) {
  const auto lies_before = [&](std::int64_t i, T value) {
    return right ? !less(value, sequence[i]) : less(sequence[i], value);
  };
  std::int64_t first[some] = {};  // index is in [first, first + length]
  std::int64_t length = n;
  for (; length > 1; length -= length / 2)
    for (int k = 0; k < some; ++k)
      first[k] += lies_before(first[k] + length / 2 - 1, values[k]) ? length / 2 : 0;
  for (int k = 0; k < some; ++k)
    index[k] = first[k] + (length > 0 && lies_before(first[k], values[k]));
}

}  // namespace

bool searchsorted(const Array& sequence, const Array& values, bool right, const Array& index) {
  if (values.count == 0) return true;
  const std::int64_t n = sequence.shape[sequence.rank - 1],
                     each = sequence.rank == 1 ? values.count : values.shape[values.rank - 1];
  with_compute(values.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Input<T> sorted(sequence), wanted(values);
    Output<std::int64_t> to(index);
    parallel_ranges(values.count, grain / 8, [&](std::int64_t begin, std::int64_t end) {
      constexpr int some = 8;
      for (std::int64_t i = begin, left; i < end;) {
        const T* const sequence_i = sorted + i / each * n;
        left = min(end, (i / each + 1) * each) - i;  // values with this sequence
        if (left >= some) search<some>(sequence_i, n, wanted + i, right, to + i), i += some;
        else search<1>(sequence_i, n, wanted + i, right, to + i), ++i;
      }
    });
    to.finish();
  });
  return true;
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
