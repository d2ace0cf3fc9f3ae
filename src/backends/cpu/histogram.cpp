// SPDX-License-Identifier: MIT
// Binary search in sorted sequences.
#include "backends/cpu/dense.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// a < b, where NaN is the largest.
template <class T> TINYGRAD_INLINE bool less(T a, T b) { return a < b || (b != b && a == a); }

template <class T> std::int64_t search(const T* sequence, std::int64_t n, T value, bool right) {
  std::int64_t low = 0;
  for (std::int64_t high = n; low < high;) {
    const std::int64_t middle = low + (high - low) / 2;
    const T element = sequence[middle];
    if (right ? less(value, element) : !less(element, value)) high = middle;
    else low = middle + 1;
  }
  return low;
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
      for (std::int64_t i = begin; i < end; ++i)
        to[i] = search(sorted + i / each * n, n, wanted[i], right);
    });
    to.finish();
  });
  return true;
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
