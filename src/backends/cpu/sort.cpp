// SPDX-License-Identifier: MIT
// argsort along one dimension. Elements become unsigned integers of the same order, which are
// sorted together with their positions: by insertion if there are few, else byte by byte.
#include "backends/cpu/dense.h"
#include "backends/cpu/layout.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

template <class T> using Key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// An integer with x's place in the order: NaN is the largest, and -0 equals 0.
template <class T> TINYGRAD_INLINE Key<T> key_of(T x) {
  constexpr Key<T> sign = Key<T>(1) << (8 * sizeof(T) - 1);
  Key<T> bits = 0;
  if constexpr (std::is_integral_v<T>) {
    return Key<T>(x) ^ sign;
  } else {
    if (x != x) return ~bits;
    if (x != 0) std::memcpy(&bits, &x, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
  }
}

template <class K> struct Item {
  K key;
  std::uint32_t position;
};

template <class K> void insertion_sort(Item<K>* items, std::uint32_t n) {
  for (std::uint32_t i = 1; i < n; ++i) {
    const Item<K> item = items[i];
    std::uint32_t k = i;
    for (; k > 0 && item.key < items[k - 1].key; --k) items[k] = items[k - 1];
    items[k] = item;
  }
}
/// Radix sort, from the lowest byte to the highest; bytes that are equal in all keys are skipped.
/// `other` has room for n items; returns the one of both arrays that has the result.
template <class K> const Item<K>* radix_sort(Item<K>* items, Item<K>* other, std::uint32_t n) {
  std::uint32_t counts[sizeof(K)][256] = {};
  for (std::uint32_t i = 0; i < n; ++i)
    for (std::size_t b = 0; b < sizeof(K); ++b) ++counts[b][items[i].key >> 8 * b & 255];
  for (std::size_t b = 0; b < sizeof(K); ++b) {
    std::uint32_t* places = counts[b];
    if (places[items[0].key >> 8 * b & 255] == n) continue;
    for (std::uint32_t digit = 0, sum = 0; digit < 256; ++digit) {
      const std::uint32_t count = places[digit];
      places[digit] = sum, sum += count;
    }
    for (std::uint32_t i = 0; i < n; ++i) other[places[items[i].key >> 8 * b & 255]++] = items[i];
    Item<K>* const sorted = other;
    other = items, items = sorted;
  }
  return items;
}

constexpr std::uint32_t few = 64;

template <class T>
void argsort_lines(const Array& x, int dim, bool descending, const Array& index) {
  using K = Key<T>;
  const Sizes s(x, dim);
  const Input<T> from(x);
  Output<std::int64_t> to(index);
  const auto n = std::uint32_t(s.size);
  const K flip = descending ? ~K(0) : 0;
  parallel_ranges(s.outer * s.inner, rows_per_part(s.size),
                  [&](std::int64_t begin, std::int64_t end) {
                    const Scratch<Item<K>> room(2 * s.size);
                    for (std::int64_t line = begin; line < end; ++line) {
                      const std::int64_t first = s.first(line);
                      Item<K>* const items = room;
                      for (std::uint32_t i = 0; i < n; ++i)
                        items[i] = {key_of(from[first + i * s.inner]) ^ flip, i};
                      const Item<K>* sorted = items;
                      if (n <= few) insertion_sort(items, n);
                      else sorted = radix_sort(items, items + n, n);
                      for (std::uint32_t i = 0; i < n; ++i)
                        to[first + i * s.inner] = sorted[i].position;
                    }
                  });
  to.finish();
}

}  // namespace

bool argsort(const Array& x, int dim, bool descending, const Array& index) {
  if (x.shape[dim] > UINT32_MAX) return false;
  if (x.count > 0)
    with_compute(x.dtype,
                 [&](auto zero) { argsort_lines<decltype(zero)>(x, dim, descending, index); });
  return true;
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
