// SPDX-License-Identifier: MIT
// Layer norm of x [rows, size] and its gradients, one row at a time.
//
// Mean and variance take two passes: if the mean is large, the difference of mean square and
// squared mean would lose all digits.
#include "backends/cpu/dense.h"
#include "backends/cpu/norm.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// 1 if there is no weight.
template <class T> Vec<T> weight_at(const T* w, std::int64_t i, std::int64_t n) {
  return w ? load(w + i, n) : Vec<T>(1);
}

/// y = (x - mean) rstd w + b.
template <class T>
void norm_row(std::int64_t size, const T* x, const T* w, const T* b, double eps, T* y, T* mean,
              T* rstd) {
  const double count = double(size);
  *mean =
      T(sum_row<T>(size, [&](std::int64_t i, std::int64_t n) { return load(x + i, n); }) / count);
  const Vec<T> center = *mean;
  *rstd = reciprocal_std<T>(count, eps, [&](const auto& scaled) {
    return sum_row<T>(size, [&](std::int64_t i, std::int64_t n) {
      const Vec<T> d = scaled(load(x + i, n) - center);
      return d * d;
    });
  });
  const Normalized<T> normalized = {x, center, *rstd};
  map_row<T>(size, y, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> v = normalized(i, n) * weight_at(w, i, n);
    return b ? v + load(b + i, n) : v;
  });
}

/// dx = rstd (dy w - mean(dy w) - normalized mean(dy w normalized)).
template <class T>
void norm_grad_row(std::int64_t size, const T* dy, const Normalized<T>& normalized, const T* w,
                   T* dx) {
  const auto weighted = [&](std::int64_t i, std::int64_t n) {
    return load(dy + i, n) * weight_at(w, i, n);
  };
  const Vec<T> mean = T(sum_row<T>(size, weighted) / double(size));
  const Vec<T> mean_product =
      T(sum_row<T>(size, [&](std::int64_t i,
                             std::int64_t n) { return weighted(i, n) * normalized(i, n); }) /
        double(size));
  map_row<T>(size, dx, [&](std::int64_t i, std::int64_t n) {
    return normalized.rstd * (weighted(i, n) - mean - normalized(i, n) * mean_product);
  });
}

/// dw and db for columns i ... i + n - 1: the sums over all rows of dy normalized and of dy, in
/// groups of 64 rows.
template <class T>
void norm_grad_columns(std::int64_t rows, std::int64_t size, const T* dy, const T* x, const T* mean,
                       const T* rstd, std::int64_t i, std::int64_t n, T* dw, T* db) {
  ColumnSums<T> sum_w, sum_b;
  for (std::int64_t group = 0; group < rows; group += 64) {
    Vec<T> w = 0, b = 0;
    for (std::int64_t r = group; r < min(rows, group + 64); ++r) {
      const Vec<T> d = load(dy + r * size + i, n);
      w = w + d * Normalized<T>{x + r * size, mean[r], rstd[r]}(i, n), b = b + d;
    }
    sum_w.add(w), sum_b.add(b);
  }
  if (dw) store(dw + i, sum_w.total, n);
  if (db) store(db + i, sum_b.total, n);
}

}  // namespace

bool layer_norm(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                const Array& mean, const Array& rstd) {
  return in_real(y.dtype, [&]<class T>(T) {
    const std::int64_t rows = x.shape[0], size = x.shape[1];
    const Input<T> from(x), weight(w), bias(b);
    Output<T> to(y), means(mean), rstds(rstd);
    parallel_ranges(rows, rows_per_part(size), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        norm_row<T>(size, from + r * size, weight, bias, eps, to + r * size, means + r, rstds + r);
    });
    to.finish(), means.finish(), rstds.finish();
  });
}

bool layer_norm_grad(const Array& dy, const Array& x, const Array& w, const Array& mean,
                     const Array& rstd, const Array& dx, const Array& dw, const Array& db) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const std::int64_t rows = x.shape[0], size = x.shape[1];
    const Input<T> from(dy), kept(x), weight(w), means(mean), rstds(rstd);
    Output<T> to(dx), to_w(dw), to_b(db);
    parallel_ranges(rows, rows_per_part(size), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        norm_grad_row<T>(size, from + r * size, Normalized<T>{kept + r * size, means[r], rstds[r]},
                         weight, to + r * size);
    });
    if (to_w || to_b) {
      parallel_ranges(size, lanes<T>, [&](std::int64_t begin, std::int64_t end) {
        norm_grad_columns<T>(rows, size, from, kept, means, rstds, begin, end - begin, to_w, to_b);
      });
    }
    to.finish(), to_w.finish(), to_b.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
