// SPDX-License-Identifier: MIT
// Softmax, log_softmax and their gradients along one dimension.
//
// x is treated as [outer, size, inner]. If inner is 1, rows are computed one at a time, and stay in
// the L1 cache between their passes; otherwise, a vector of adjacent columns at a time.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// Runs row(i) for each row if inner is 1, otherwise columns(i, n) for each vector of n adjacent
/// columns, in parallel; i is the first element.
template <class T, class Row, class Columns>
void for_each_line(const Sizes& s, const Row& row, const Columns& columns) {
  if (s.outer == 0 || s.size == 0 || s.inner == 0) return;
  if (s.inner == 1) {
    return parallel_ranges(s.outer, rows_per_part(s.size),
                           [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t r = begin; r < end; ++r) row(r * s.size);
                           });
  }
  const std::int64_t vectors = ceil_div(s.inner, lanes<T>);
  parallel_ranges(s.outer * vectors, rows_per_part(s.size * lanes<T>),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t v = begin; v < end; ++v) {
                      const std::int64_t j = v % vectors * lanes<T>;
                      columns(v / vectors * s.size * s.inner + j,
                              min<std::int64_t>(lanes<T>, s.inner - j));
                    }
                  });
}

template <class T> void softmax_row(std::int64_t size, const T* x, T* y) {
  const Vec<T> row_max = max_row(size, x);
  const T sum = T(sum_row<T>(size, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> e = exp(load(x + i, n) - row_max);
    store(y + i, e, n);
    return e;
  }));
  const Vec<T> scale = T(1) / sum;
  map_row<T>(size, y, [&](std::int64_t i, std::int64_t n) { return load(y + i, n) * scale; });
}

template <class T> void log_softmax_row(std::int64_t size, const T* x, T* y) {
  const Vec<T> row_max = max_row(size, x);
  const T sum = T(sum_row<T>(
      size, [&](std::int64_t i, std::int64_t n) { return exp(load(x + i, n) - row_max); }));
  const Vec<T> log_sum = scalar_log(sum);
  map_row<T>(size, y,
             [&](std::int64_t i, std::int64_t n) { return load(x + i, n) - row_max - log_sum; });
}

/// The maxima of n adjacent columns.
template <class T> Vec<T> max_columns(const Sizes& s, const T* x, std::int64_t n) {
  Vec<T> maxima = T(-__builtin_inf());
  for (std::int64_t k = 0; k < s.size; ++k) {
    const Vec<T> v = load(x + k * s.inner, n);
    maxima = where(v > maxima, v, maxima);
  }
  return maxima;
}
template <class T> void softmax_columns(const Sizes& s, const T* x, T* y, std::int64_t n) {
  const Vec<T> maxima = max_columns(s, x, n);
  const Vec<T> sum = sum_columns<T>(s.size, [&](std::int64_t k) {
    const Vec<T> e = exp(load(x + k * s.inner, n) - maxima);
    store(y + k * s.inner, e, n);
    return e;
  });
  const Vec<T> scale = Vec<T>(1) / sum;
  for (std::int64_t k = 0; k < s.size; ++k)
    store(y + k * s.inner, load(y + k * s.inner, n) * scale, n);
}
template <class T> void log_softmax_columns(const Sizes& s, const T* x, T* y, std::int64_t n) {
  const Vec<T> maxima = max_columns(s, x, n);
  const Vec<T> log_sum = log(sum_columns<T>(
      s.size, [&](std::int64_t k) { return exp(load(x + k * s.inner, n) - maxima); }));
  for (std::int64_t k = 0; k < s.size; ++k)
    store(y + k * s.inner, load(x + k * s.inner, n) - maxima - log_sum, n);
}

/// dx = derivative(dy, y, total), where total is the sum of summand(dy, y) over a row or column.
template <class T, class Summand, class Derivative>
void softmax_gradient(const Sizes& s, const T* dy, const T* y, T* dx, const Summand& summand,
                      const Derivative& derivative) {
  for_each_line<T>(
      s,
      [&](std::int64_t at) {
        const Vec<T> total = T(sum_row<T>(s.size, [&](std::int64_t i, std::int64_t n) {
          return summand(load(dy + at + i, n), load(y + at + i, n));
        }));
        map_row<T>(s.size, dx + at, [&](std::int64_t i, std::int64_t n) {
          return derivative(load(dy + at + i, n), load(y + at + i, n), total);
        });
      },
      [&](std::int64_t at, std::int64_t n) {
        const Vec<T> total = sum_columns<T>(s.size, [&](std::int64_t k) {
          return summand(load(dy + at + k * s.inner, n), load(y + at + k * s.inner, n));
        });
        for (std::int64_t k = 0, i = at; k < s.size; ++k, i += s.inner)
          store(dx + i, derivative(load(dy + i, n), load(y + i, n), total), n);
      });
}

}  // namespace

bool softmax(const Array& x, int dim, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Sizes s(x, dim);
    const Input<T> from(x);
    Output<T> to(y);
    for_each_line<T>(
        s, [&](std::int64_t at) { softmax_row<T>(s.size, from + at, to + at); },
        [&](std::int64_t at, std::int64_t n) { softmax_columns<T>(s, from + at, to + at, n); });
    to.finish();
  });
}

bool log_softmax(const Array& x, int dim, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Sizes s(x, dim);
    const Input<T> from(x);
    Output<T> to(y);
    for_each_line<T>(
        s, [&](std::int64_t at) { log_softmax_row<T>(s.size, from + at, to + at); },
        [&](std::int64_t at, std::int64_t n) { log_softmax_columns<T>(s, from + at, to + at, n); });
    to.finish();
  });
}

bool softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Input<T> from(dy), kept(y);
    Output<T> to(dx);
    softmax_gradient<T>(
        Sizes(dx, dim), from, kept, to, [](Vec<T> dy, Vec<T> y) { return dy * y; },
        [](Vec<T> dy, Vec<T> y, Vec<T> dot) { return y * (dy - dot); });
    to.finish();
  });
}

bool log_softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Input<T> from(dy), kept(y);
    Output<T> to(dx);
    softmax_gradient<T>(
        Sizes(dx, dim), from, kept, to, [](Vec<T> dy, Vec<T>) { return dy; },
        [](Vec<T> dy, Vec<T> y, Vec<T> sum) { return dy - exp(y) * sum; });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
