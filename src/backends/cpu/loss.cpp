// Cross entropy of rows of logits, in one pass over memory, and its derivative.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// Targets wherever they lie.
struct Targets {
  const std::int64_t* at;
  std::int64_t stride;
  explicit Targets(const Array& x)
      : at(static_cast<const std::int64_t*>(x.data)), stride(x.strides[0]) {}
  std::int64_t operator[](std::int64_t n) const { return at[n * stride]; }
};

/// The first target that is not in 0 ... classes - 1.
BadIndex first_bad(const Targets& target, std::int64_t rows, std::int64_t classes) {
  for (std::int64_t n = 0; n < rows; ++n)
    if (target[n] < 0 || target[n] >= classes) return {n, target[n], classes};
  return {-1, 0, classes};
}

std::int64_t rows_together(std::int64_t classes) {
  return max<std::int64_t>(1, 8192 / max<std::int64_t>(1, classes));
}

template <class T> T logsumexp_row(std::int64_t size, const T* x) {
  T top = max_row(size, x);
  if (__builtin_isinf(top)) top = 0;  // infinities go through exp and log
  return top + log_of(sum_row<T>(size, [&](std::int64_t i, std::int64_t n) {
           return exp(take(x + i, n) - Vec<T>(top));
         }));
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
    parallel_ranges(rows, rows_together(classes), [&](std::int64_t begin, std::int64_t end) {
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
    const Input<T> scale(dy), from(x), sums(lse);
    Output<T> to(dx);
    if (rows == 0) return;
    const T share = *scale / T(rows);
    parallel_ranges(rows, rows_together(classes), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t n = begin; n < end; ++n) {
        const T* row = from + n * classes;
        T* out = to + n * classes;
        map_row<T>(classes, out, [&](std::int64_t i, std::int64_t count) {
          return exp(take(row + i, count) - Vec<T>(sums[n])) * Vec<T>(share);
        });
        if (targets[n] >= 0 && targets[n] < classes) out[targets[n]] -= share;
      }
    });
    to.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
