// Softmax, log_softmax and their derivatives. x is seen as [outer, size, inner]: where inner is 1,
// row by row, each row staying in the first cache between its passes; else a vector of neighbouring
// columns at a time.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

struct Lines {
  std::int64_t outer = 1, size, inner = 1;
  Lines(const Array& x, int dim) : size(x.shape[dim]) {
    for (int d = 0; d < dim; ++d) outer *= x.shape[d];
    for (int d = dim + 1; d < x.rank; ++d) inner *= x.shape[d];
  }
};

/// Runs row(i) for each line where inner is 1, else column(i, n) for each vector of n neighbouring
/// lines; i is the first element.
template <class T, class Row, class Column>
void each_line(const Lines& l, const Row& row, const Column& column) {
  if (l.outer == 0 || l.size == 0 || l.inner == 0) return;
  if (l.inner == 1) {
    return parallel_ranges(l.outer, max<std::int64_t>(1, 8192 / max<std::int64_t>(1, l.size)),
                           [&](std::int64_t begin, std::int64_t end) {
                             for (std::int64_t r = begin; r < end; ++r) row(r * l.size);
                           });
  }
  const std::int64_t across = ceil_div(l.inner, lanes<T>),
                     each = max<std::int64_t>(1, l.size) * lanes<T>;
  parallel_ranges(l.outer * across, max<std::int64_t>(1, 8192 / each),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t v = begin; v < end; ++v) {
                      const std::int64_t j = v % across * lanes<T>;
                      column(v / across * l.size * l.inner + j,
                             min<std::int64_t>(lanes<T>, l.inner - j));
                    }
                  });
}

template <class T> void softmax_row(std::int64_t size, const T* x, T* y) {
  const Vec<T> top = max_row(size, x);
  const T sum = sum_row<T>(size, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> e = exp(take(x + i, n) - top);
    put(y + i, e, n);
    return e;
  });
  const Vec<T> scale = T(1) / sum;
  map_row<T>(size, y, [&](std::int64_t i, std::int64_t n) { return take(y + i, n) * scale; });
}

template <class T> void log_softmax_row(std::int64_t size, const T* x, T* y) {
  const Vec<T> top = max_row(size, x);
  const T sum =
      sum_row<T>(size, [&](std::int64_t i, std::int64_t n) { return exp(take(x + i, n) - top); });
  const Vec<T> log_sum = log_of(sum);
  map_row<T>(size, y,
             [&](std::int64_t i, std::int64_t n) { return take(x + i, n) - top - log_sum; });
}

/// n columns beside each other: the largest of each.
template <class T> Vec<T> max_columns(const Lines& l, const T* x, std::int64_t n) {
  Vec<T> top = T(-__builtin_inf());
  for (std::int64_t k = 0; k < l.size; ++k) {
    const Vec<T> v = take(x + k * l.inner, n);
    top = where(v > top, v, top);
  }
  return top;
}
template <class T> void softmax_columns(const Lines& l, const T* x, T* y, std::int64_t n) {
  const Vec<T> top = max_columns(l, x, n);
  Vec<T> sum = 0;
  for (std::int64_t k = 0; k < l.size; ++k) {
    const Vec<T> e = exp(take(x + k * l.inner, n) - top);
    put(y + k * l.inner, e, n);
    sum = sum + e;
  }
  const Vec<T> scale = Vec<T>(1) / sum;
  for (std::int64_t k = 0; k < l.size; ++k)
    put(y + k * l.inner, take(y + k * l.inner, n) * scale, n);
}
template <class T> void log_softmax_columns(const Lines& l, const T* x, T* y, std::int64_t n) {
  const Vec<T> top = max_columns(l, x, n);
  Vec<T> sum = 0;
  for (std::int64_t k = 0; k < l.size; ++k) sum = sum + exp(take(x + k * l.inner, n) - top);
  const Vec<T> log_sum = log(sum);
  for (std::int64_t k = 0; k < l.size; ++k)
    put(y + k * l.inner, take(x + k * l.inner, n) - top - log_sum, n);
}

/// dx = derivative(dy, y, total), total = the sum over the line of summand(dy, y).
template <class T, class Summand, class Derivative>
void line_grad(const Lines& l, const T* dy, const T* y, T* dx, const Summand& summand,
               const Derivative& derivative) {
  each_line<T>(
      l,
      [&](std::int64_t at) {
        const Vec<T> total = sum_row<T>(l.size, [&](std::int64_t i, std::int64_t n) {
          return summand(take(dy + at + i, n), take(y + at + i, n));
        });
        map_row<T>(l.size, dx + at, [&](std::int64_t i, std::int64_t n) {
          return derivative(take(dy + at + i, n), take(y + at + i, n), total);
        });
      },
      [&](std::int64_t at, std::int64_t n) {
        Vec<T> total = 0;
        for (std::int64_t k = 0, i = at; k < l.size; ++k, i += l.inner)
          total = total + summand(take(dy + i, n), take(y + i, n));
        for (std::int64_t k = 0, i = at; k < l.size; ++k, i += l.inner)
          put(dx + i, derivative(take(dy + i, n), take(y + i, n), total), n);
      });
}

}  // namespace

bool softmax(const Array& x, int dim, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Lines l(x, dim);
    const Input<T> from(x);
    Output<T> to(y);
    each_line<T>(
        l, [&](std::int64_t at) { softmax_row<T>(l.size, from + at, to + at); },
        [&](std::int64_t at, std::int64_t n) { softmax_columns<T>(l, from + at, to + at, n); });
    to.finish();
  });
}

bool log_softmax(const Array& x, int dim, const Array& y) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Lines l(x, dim);
    const Input<T> from(x);
    Output<T> to(y);
    each_line<T>(
        l, [&](std::int64_t at) { log_softmax_row<T>(l.size, from + at, to + at); },
        [&](std::int64_t at, std::int64_t n) { log_softmax_columns<T>(l, from + at, to + at, n); });
    to.finish();
  });
}

bool softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Input<T> from(dy), kept(y);
    Output<T> to(dx);
    line_grad<T>(
        Lines(dx, dim), from, kept, to, [](Vec<T> dy, Vec<T> y) { return dy * y; },
        [](Vec<T> dy, Vec<T> y, Vec<T> dot) { return y * (dy - dot); });
    to.finish();
  });
}

bool log_softmax_grad(const Array& dy, const Array& y, int dim, const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Input<T> from(dy), kept(y);
    Output<T> to(dx);
    line_grad<T>(
        Lines(dx, dim), from, kept, to, [](Vec<T> dy, Vec<T>) { return dy; },
        [](Vec<T> dy, Vec<T> y, Vec<T> sum) { return dy - exp(y) * sum; });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
