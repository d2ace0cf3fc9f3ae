// SPDX-License-Identifier: MIT
// Batch norm of x [N, C, ...] and its gradients, one channel at a time.
//
// Mean and variance take two passes: if the mean is large, the difference of mean square and
// squared mean would lose all digits. Sums of rows are added in float64, in an order that depends
// on shapes alone.
#include "backends/cpu/dense.h"
#include "backends/cpu/norm.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// x itself; if it has one element per image and channel, x [N, C] as [1, C, N], so that a
/// channel's elements are adjacent (after a copy).
Array by_channel(const Array& x) {
  Array out = x;
  std::int64_t inner = 1;
  for (int d = 2; d < x.rank; ++d) inner *= x.shape[d];
  if (inner != 1) return out;
  out.rank = 3;
  out.shape[0] = 1, out.shape[2] = x.shape[0];
  out.strides[0] = 0, out.strides[2] = x.strides[0];
  return out;
}
/// The sizes of x as [images, channels, size].
struct Channels {
  std::int64_t images, channels, size;
  explicit Channels(const Array& x) : images(x.shape[0]), channels(x.shape[1]), size(1) {
    for (int d = 2; d < x.rank; ++d) size *= x.shape[d];
  }
  double count() const { return double(images * size); }
  std::int64_t offset(std::int64_t n, std::int64_t c) const { return (n * channels + c) * size; }
  std::int64_t channels_per_part() const {
    return max<std::int64_t>(1, 8192 / max<std::int64_t>(1, images * size));
  }
};

/// Runs f(c) for all channels, in parallel.
template <class F> void for_each_channel(const Channels& s, const F& f) {
  parallel_ranges(s.channels, s.channels_per_part(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) f(c);
  });
}
/// The sum of f(i, n) over all vectors of channel c: elements i ... i + n - 1 of x.
template <class T, class F> double sum_channel(const Channels& s, std::int64_t c, const F& f) {
  double sum = 0;
  for (std::int64_t n = 0; n < s.images; ++n)
    sum += sum_row<T>(
        s.size, [&](std::int64_t i, std::int64_t count) { return f(s.offset(n, c) + i, count); });
  return sum;
}
/// y[i ... i + n - 1] = f(i, n) for all vectors of channel c.
template <class T, class F> void map_channel(const Channels& s, std::int64_t c, T* y, const F& f) {
  for (std::int64_t n = 0; n < s.images; ++n)
    map_row<T>(s.size, y + s.offset(n, c),
               [&](std::int64_t i, std::int64_t count) { return f(s.offset(n, c) + i, count); });
}

/// y = (x - mean) rstd weight + bias for channel c.
template <class T>
void norm_channel(const Channels& s, std::int64_t c, const T* x, Vec<T> weight, Vec<T> bias,
                  double eps, T* y, T* mean, T* rstd) {
  *mean = T(sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) { return load(x + i, n); }) /
            s.count());
  const Vec<T> center = *mean;
  *rstd = reciprocal_std<T>(s.count(), eps, [&](const auto& scaled) {
    return sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) {
      const Vec<T> d = scaled(load(x + i, n) - center);
      return d * d;
    });
  });
  const Normalized<T> normalized = {x, center, *rstd};
  map_channel(s, c, y,
              [&](std::int64_t i, std::int64_t n) { return normalized(i, n) * weight + bias; });
}

/// Sums over a channel: the gradients of bias and weight.
template <class T> struct GradSums { double dy, dy_normalized; };
/// dx = weight rstd (dy - mean(dy) - normalized mean(dy normalized)) for channel c; returns the
/// sums of dy and of dy normalized.
template <class T>
GradSums<T> norm_grad_channel(const Channels& s, std::int64_t c, const T* dy,
                              const Normalized<T>& normalized, Vec<T> weight, T* dx) {
  const GradSums<T> sums = {
      sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) { return load(dy + i, n); }),
      sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) {
        return load(dy + i, n) * normalized(i, n);
      })};
  const Vec<T> mean_dy = T(sums.dy / s.count()),
               mean_dy_normalized = T(sums.dy_normalized / s.count()),
               scale = weight * normalized.rstd;
  map_channel(s, c, dx, [&](std::int64_t i, std::int64_t n) {
    return scale * (load(dy + i, n) - mean_dy - normalized(i, n) * mean_dy_normalized);
  });
  return sums;
}

}  // namespace

bool batch_norm(const Array& x, const Array& w, const Array& b, double eps, const Array& y,
                const Array& mean, const Array& rstd) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Array x3 = by_channel(x), y3 = by_channel(y);
    const Input<T> from(x3), weight(w), bias(b);
    Output<T> to(y3), means(mean), rstds(rstd);
    const Channels s(x3);
    for_each_channel(s, [&](std::int64_t c) {
      norm_channel<T>(s, c, from, Vec<T>(weight ? weight[c] : T(1)), Vec<T>(bias ? bias[c] : T(0)),
                      eps, to, means + c, rstds + c);
    });
    to.finish(), means.finish(), rstds.finish();
  });
}

bool batch_norm_grad(const Array& dy, const Array& x, const Array& w, const Array& mean,
                     const Array& rstd, const Array& dx, const Array& dw, const Array& db) {
  return in_real(dx.dtype, [&]<class T>(T) {
    const Array dy3 = by_channel(dy), x3 = by_channel(x), dx3 = by_channel(dx);
    const Input<T> from(dy3), kept(x3), weight(w), means(mean), rstds(rstd);
    Output<T> to(dx3), to_w(dw), to_b(db);
    const Channels s(x3);
    for_each_channel(s, [&](std::int64_t c) {
      const auto sums = norm_grad_channel<T>(s, c, from, Normalized<T>{kept, means[c], rstds[c]},
                                             Vec<T>(weight ? weight[c] : T(1)), to);
      if (to_w) to_w[c] = T(sums.dy_normalized);
      if (to_b) to_b[c] = T(sums.dy);
    });
    to.finish(), to_w.finish(), to_b.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
