// SPDX-License-Identifier: MIT
// argsort and argselect along one dimension. Elements become unsigned integers of the same order,
// which are sorted together with their positions: by insertion if there are few, else byte by byte.
// If only some ranks are wanted, only elements near them are sorted.
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
template <class K> const Item<K>* sort(Item<K>* items, Item<K>* other, std::uint32_t n) {
  if (n > few) return radix_sort(items, other, n);
  insertion_sort(items, n);
  return items;
}

/// The items among which are all of some ranks, `count` of them; `before`: how many others are
/// less.
struct Candidates {
  std::uint32_t count = 0, before = 0;
};
/// Those of the ranks first ... last of n keys. The keys' range is cut into equal intervals, and
/// the items of the intervals with these ranks are written to `items`.
template <class K>
Candidates candidates(const K* keys, std::uint32_t n, std::uint32_t first, std::uint32_t last,
                      Item<K>* items) {
  constexpr std::uint32_t intervals = 1024;
  K least = keys[0], most = keys[0];
  for (std::uint32_t i = 0; i < n; ++i) least = min(least, keys[i]), most = max(most, keys[i]);
  int shift = 0;
  while ((most - least) >> shift >= intervals) ++shift;
  const auto interval = [=](K key) { return std::uint32_t((key - least) >> shift); };
  std::uint32_t counts[intervals] = {}, low = 0;
  for (std::uint32_t i = 0; i < n; ++i) ++counts[interval(keys[i])];
  Candidates c;
  while (c.before + counts[low] <= first) c.before += counts[low++];
  std::uint32_t high = low;
  for (std::uint32_t sum = c.before + counts[low]; sum <= last;) sum += counts[++high];
  for (std::uint32_t i = 0; i < n; ++i) {
    items[c.count] = {keys[i], i};
    c.count += interval(keys[i]) - low <= high - low;
  }
  return c;
}

/// Ranks first, first + 1 ... of each line of x, as many as index has.
template <class T>
void argsort_lines(const Array& x, int dim, bool descending, std::int64_t first,
                   const Array& index) {
  using K = Key<T>;
  const Sizes s(x, dim), wanted(index, dim);
  const Input<T> from(x);
  Output<std::int64_t> to(index);
  const auto n = std::uint32_t(s.size), rank = std::uint32_t(first);
  const K flip = descending ? ~K(0) : 0;
  const bool is_part = n > 4 * few && wanted.size < s.size / 4;
  parallel_ranges(
      s.outer * s.inner, rows_per_part(s.size), [&](std::int64_t begin, std::int64_t end) {
        const Scratch<Item<K>> room(2 * s.size);
        const Scratch<K> keys(s.size);
        Item<K>* const items = room;
        for (std::int64_t line = begin; line < end; ++line) {
          const T* const values = from + s.first(line);
          for (std::uint32_t i = 0; i < n; ++i) keys[i] = key_of(values[i * s.inner]) ^ flip;
          Candidates c{n, 0};
          if (is_part)
            c = candidates<K>(keys, n, rank, rank + std::uint32_t(wanted.size) - 1, items);
          else
            for (std::uint32_t i = 0; i < n; ++i) items[i] = {keys[i], i};
          const Item<K>* const sorted = sort(items, items + n, c.count) + rank - c.before;
          std::int64_t* const places = to + wanted.first(line);
          for (std::int64_t i = 0; i < wanted.size; ++i) places[i * s.inner] = sorted[i].position;
        }
      });
  to.finish();
}

}  // namespace

bool argselect(const Array& x, int dim, bool descending, std::int64_t first, const Array& index) {
  if (x.shape[dim] > UINT32_MAX) return false;
  if (index.count > 0)
    with_compute(x.dtype, [&](auto zero) {
      argsort_lines<decltype(zero)>(x, dim, descending, first, index);
    });
  return true;
}
bool argsort(const Array& x, int dim, bool descending, const Array& index) {
  return argselect(x, dim, descending, 0, index);
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
