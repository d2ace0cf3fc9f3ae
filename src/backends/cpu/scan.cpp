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

template <class T, class Op>
void scan_lines(const Array& x, int dim, bool reverse, const Array& y, Total<T> start,
                const Op& op) {
  const Sizes s(x, dim);
  const Input<T> from(x);
  Output<T> to(y);
  const T* const x0 = from;
  T* const y0 = to;
  const std::int64_t width = min<std::int64_t>(s.inner, chunk), strips = ceil_div(s.inner, width),
                     step = reverse ? -s.inner : s.inner;
  parallel_ranges(
      s.outer * strips, rows_per_part(s.size * width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t strip = begin; strip < end; ++strip) {
          const std::int64_t column = strip % strips * width, row = reverse ? s.size - 1 : 0,
                             at = (strip / strips * s.size + row) * s.inner + column;
          const int n = int(min(width, s.inner - column));
          if (n == 1)
            scan_strip<T>(x0 + at, y0 + at, std::integral_constant<int, 1>(), s.size, step, start,
                          op);
          else scan_strip<T>(x0 + at, y0 + at, n, s.size, step, start, op);
        }
      });
  to.finish();
}

/// `better(a, b)`: b replaces the best element a.
template <class T, class Better>
void arg_scan_lines(const Array& x, int dim, const Array& index, const Better& better) {
  const Sizes s(x, dim);
  const Input<T> from(x);
  Output<std::int64_t> to(index);
  parallel_ranges(s.outer * s.inner, rows_per_part(s.size),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t line = begin; line < end; ++line) {
                      std::int64_t at = s.first(line), position = 0;
                      T best = from[at];
                      for (std::int64_t i = 0; i < s.size; ++i, at += s.inner) {
                        const T value = from[at];
                        if (value != value || better(best, value)) best = value, position = i;
                        to[at] = position;
                      }
                    }
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
