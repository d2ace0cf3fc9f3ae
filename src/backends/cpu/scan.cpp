// SPDX-License-Identifier: MIT
// Scans along one dimension: running sums and products, and the positions of running maxima and
// minima. A line is scanned in order on one thread; floats are totalled in double.
#include "backends/cpu/dense.h"
#include "backends/cpu/layout.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

template <class T> using Total = std::conditional_t<std::is_same_v<T, float>, double, T>;

/// Scans n adjacent lines of `size` elements, `step` apart, together.
template <class T, class N, class Op>
TINYGRAD_INLINE void scan_strip(const T* x, T* y, N n, std::int64_t size, std::int64_t step,
                                Total<T> start, const Op& op) {
  Total<T> totals[chunk];
  for (int k = 0; k < n; ++k) totals[k] = start;
  for (std::int64_t i = 0; i < size; ++i, x += step, y += step)
    for (int k = 0; k < n; ++k) {
      totals[k] = op(totals[k], Total<T>(x[k]));
      y[k] = T(totals[k]);
    }
}

/// Calls strip(at, n, step) for strips of up to `chunk` adjacent lines of x: the offset of the
/// first element, the number of lines, and the distance to the next element. n is a constant if it
/// is 1.
template <class F> void each_strip(const Array& x, int dim, bool reverse, const F& strip) {
  const Sizes s(x, dim);
  const std::int64_t width = min<std::int64_t>(s.inner, chunk), strips = ceil_div(s.inner, width),
                     step = reverse ? -s.inner : s.inner;
  parallel_ranges(
      s.outer * strips, rows_per_part(s.size * width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t column = i % strips * width, row = reverse ? s.size - 1 : 0,
                             at = (i / strips * s.size + row) * s.inner + column;
          const int n = int(min(width, s.inner - column));
          if (n == 1) strip(at, std::integral_constant<int, 1>(), step);
          else strip(at, n, step);
        }
      });
}

template <class T, class Op>
void scan_lines(const Array& x, int dim, bool reverse, const Array& y, Total<T> start,
                const Op& op) {
  const Input<T> from(x);
  Output<T> to(y);
  each_strip(x, dim, reverse, [&](std::int64_t at, auto n, std::int64_t step) {
    scan_strip<T>(from + at, to + at, n, x.shape[dim], step, start, op);
  });
  to.finish();
}

/// `better(a, b)`: b replaces the best element a.
template <class T, class N, class Better>
TINYGRAD_INLINE void arg_scan_strip(const T* x, std::int64_t* index, N n, std::int64_t size,
                                    std::int64_t step, const Better& better) {
  if constexpr (!std::is_same_v<N, int>) {  // one line, whose best element rarely changes
    T best = *x;
    for (std::int64_t i = 0, position = 0; i < size; ++i, x += step, index += step) {
      if ((*x != *x) | better(best, *x)) best = *x, position = i;
      *index = position;
    }
    return;
  }
  T best[chunk];
  std::int64_t position[chunk];
  for (int k = 0; k < n; ++k) best[k] = x[k], position[k] = 0;
  for (std::int64_t i = 0; i < size; ++i, x += step, index += step)
    for (int k = 0; k < n; ++k) {
      const bool wins = (x[k] != x[k]) | better(best[k], x[k]);
      best[k] = wins ? x[k] : best[k], position[k] = wins ? i : position[k];
      index[k] = position[k];
    }
}
template <class T, class Better>
void arg_scan_lines(const Array& x, int dim, const Array& index, const Better& better) {
  const Input<T> from(x);
  Output<std::int64_t> to(index);
  each_strip(x, dim, false, [&](std::int64_t at, auto n, std::int64_t step) {
    arg_scan_strip<T>(from + at, to + at, n, x.shape[dim], step, better);
  });
  to.finish();
}

}  // namespace

bool scan(Reduce op, const Array& x, int dim, bool reverse, const Array& y) {
  if (x.count == 0) return true;
  with_compute(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (op == Reduce::sum)
      scan_lines<T>(x, dim, reverse, y, 0, [](Total<T> a, Total<T> b) { return a + b; });
    else scan_lines<T>(x, dim, reverse, y, 1, [](Total<T> a, Total<T> b) { return a * b; });
  });
  return true;
}

bool arg_scan(ArgReduce op, const Array& x, int dim, const Array& index) {
  if (x.count == 0) return true;
  with_compute(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (op == ArgReduce::max)
      arg_scan_lines<T>(x, dim, index, [](T best, T value) { return value >= best; });
    else arg_scan_lines<T>(x, dim, index, [](T best, T value) { return value <= best; });
  });
  return true;
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
