// SPDX-License-Identifier: MIT
// Cross entropy of logits [rows, classes] with class indices, averaged over the rows, and its
// gradient. One pass over memory: logsumexp of a row, which the gradient uses again.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// The class of each row, of any stride.
struct Targets {
  const std::int64_t* data;
  std::int64_t stride;
  explicit Targets(const Array& x)
      : data(static_cast<const std::int64_t*>(x.data)), stride(x.strides[0]) {}
  std::int64_t operator[](std::int64_t n) const { return data[n * stride]; }
};

/// The first target outside 0 ... classes - 1; position -1 if there is none.
BadIndex first_bad(const Targets& target, std::int64_t rows, std::int64_t classes) {
  for (std::int64_t n = 0; n < rows; ++n)
    if (target[n] < 0 || target[n] >= classes) return {n, target[n], classes};
  return {-1, 0, classes};
}

/// log Σ exp(x_i), less the row maximum before exp, which may overflow.
template <class T> T logsumexp_row(std::int64_t size, const T* x) {
  T row_max = max_row(size, x);
  if (__builtin_isinf(row_max)) row_max = 0;  // infinities go through exp and log
  return row_max + scalar_log(T(sum_row<T>(size, [&](std::int64_t i, std::int64_t n) {
           return exp(load(x + i, n) - Vec<T>(row_max));
         })));
}

}  // namespace

bool cross_entropy(const Array& x, const Array& target, const Array& loss, const Array& lse) {
  return in_real(x.dtype, [&]<class T>(T) {
    const std::int64_t rows = x.shape[0], classes = x.shape[1];
    const Targets targets(target);
    throw_if_bad(target, first_bad(targets, rows, classes));
    const Input<T> from(x);
    Output<T> sums(lse), to(loss);
    Scratch<T> losses(rows);
    parallel_ranges(rows, rows_per_part(classes), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        sums[n] = logsumexp_row<T>(classes, from + n * classes);
        losses[n] = sums[n] - from[n * classes + targets[n]];
      }
    });
    double total = 0;
    for (std::int64_t n = 0; n < rows; ++n) total += double(losses[n]);
    *to = T(total / double(rows));
    sums.finish();
    to.finish();
  });
}

bool cross_entropy_grad(const Array& dy, const Array& x, const Array& target, const Array& lse,
                        const Array& dx) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const std::int64_t rows = x.shape[0], classes = x.shape[1];
    const Targets targets(target);
    const Input<T> dy_scalar(dy), from(x), sums(lse);
    Output<T> to(dx);
    if (rows == 0) return;
    const T scale = *dy_scalar / T(rows);
    parallel_ranges(rows, rows_per_part(classes), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const T* row = from + n * classes;
        T* out = to + n * classes;
        map_row<T>(classes, out, [&](std::int64_t i, std::int64_t count) {
          return exp(load(row + i, count) - Vec<T>(sums[n])) * Vec<T>(scale);
        });
        if (targets[n] >= 0 && targets[n] < classes) out[targets[n]] -= scale;
      }
    });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
