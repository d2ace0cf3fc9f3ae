// SPDX-License-Identifier: MIT
// The binary tree over rows, block by block, for every dtype.
#include "reduce.h"

#include <algorithm>
#include <vector>

namespace tinygrad::distributed {
namespace {

constexpr std::size_t block = 256;  // elements of each row, which stay in the cache

/// The type in which elements are reduced.
template <class T> using Wide = std::conditional_t<is_half(dtype_of<T>()), float, T>;

template <class A> A combine(Reduce reduce, A a, A b) {
  if (reduce == Reduce::max) return a != a || a > b ? a : b;
  if (reduce == Reduce::min) return a != a || a < b ? a : b;
  if constexpr (std::is_same_v<A, bool>) return a || b;
  else if constexpr (std::is_integral_v<A>) {
    using U = std::make_unsigned_t<A>;
    return A(U(U(a) + U(b)));
  } else return a + b;
}

/// rows [count, n]: row i ends in row 0.
template <class A> void reduce_tree(Reduce reduce, A* rows, std::size_t count, std::int64_t n) {
  for (std::size_t step = 1; step < count; step *= 2)
    for (std::size_t i = 0; i + step < count; i += 2 * step) {
      A *to = rows + i * block, *from = rows + (i + step) * block;
      for (std::int64_t k = 0; k < n; ++k) to[k] = combine(reduce, to[k], from[k]);
    }
}

template <class T>
void reduce_as(Reduce reduce, std::span<const void* const> rows, T* out, std::int64_t count) {
  using A = Wide<T>;
  const auto wide = std::make_unique<A[]>(rows.size() * block);
  for (std::int64_t start = 0; start < count; start += std::int64_t(block)) {
    const std::int64_t n = std::min(std::int64_t(block), count - start);
    for (std::size_t r = 0; r < rows.size(); ++r)
      std::copy_n(static_cast<const T*>(rows[r]) + start, n, wide.get() + r * block);
    reduce_tree(reduce, wide.get(), rows.size(), n);
    for (std::int64_t i = 0; i < n; ++i)
      out[start + i] = T(reduce == Reduce::mean ? A(wide[std::size_t(i)] / A(rows.size()))
                                                : wide[std::size_t(i)]);
  }
}

}  // namespace

void reduce_rows(DType dtype, Reduce reduce, std::span<const void* const> rows, void* out,
                 std::int64_t count) {
  visit(dtype,
        [&](auto zero) { reduce_as(reduce, rows, static_cast<decltype(zero)*>(out), count); });
}

}  // namespace tinygrad::distributed
