// Batch norm: mean and variance in two passes (the difference of mean square and squared mean loses
// all digits where the mean is large), partial sums added in float64 and in one order.
#include "backends/cpu/dense.h"
#include "backends/cpu/norm.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// x [N, C, ...] as [N, C, S], or where S is 1, as [1, C, N]: a channel's numbers are then adjacent
/// (after a copy).
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
struct Channels {
  std::int64_t images, channels, size;
  explicit Channels(const Array& x) : images(x.shape[0]), channels(x.shape[1]), size(1) {
    for (int d = 2; d < x.rank; ++d) size *= x.shape[d];
  }
  double count() const { return double(images * size); }
  std::int64_t at(std::int64_t n, std::int64_t c) const { return (n * channels + c) * size; }
  std::int64_t together() const {
    return max<std::int64_t>(1, 8192 / max<std::int64_t>(1, images * size));
  }
};

/// Runs f(c) for all channels.
template <class F> void each_channel(const Channels& s, const F& f) {
  parallel_ranges(s.channels, s.together(), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) f(c);
  });
}
/// The sum of f(i, n) over all vectors of a channel; i is the element's number in x.
template <class T, class F> double sum_channel(const Channels& s, std::int64_t c, const F& f) {
  double sum = 0;
  for (std::int64_t n = 0; n < s.images; ++n)
    sum += double(sum_row<T>(
        s.size, [&](std::int64_t i, std::int64_t count) { return f(s.at(n, c) + i, count); }));
  return sum;
}
template <class T, class F> void map_channel(const Channels& s, std::int64_t c, T* y, const F& f) {
  for (std::int64_t n = 0; n < s.images; ++n)
    map_row<T>(s.size, y + s.at(n, c),
               [&](std::int64_t i, std::int64_t count) { return f(s.at(n, c) + i, count); });
}

template <class T>
void norm_channel(const Channels& s, std::int64_t c, const T* x, Vec<T> weight, Vec<T> bias,
                  double eps, T* y, T* mean, T* rstd) {
  *mean = T(sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) { return take(x + i, n); }) /
            s.count());
  const Vec<T> center = *mean;
  const double squares = sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> d = take(x + i, n) - center;
    return d * d;
  });
  *rstd = inverse_deviation<T>(squares, s.count(), eps);
  const Normal<T> normal = {x, center, *rstd};
  map_channel(s, c, y,
              [&](std::int64_t i, std::int64_t n) { return normal(i, n) * weight + bias; });
}

/// dx = w rstd (dy - mean(dy) - normal mean(dy normal)); returns the sums of dy and dy normal.
template <class T> struct TwoSums { double dy, dy_normal; };
template <class T>
TwoSums<T> norm_grad_channel(const Channels& s, std::int64_t c, const T* dy,
                             const Normal<T>& normal, Vec<T> weight, T* dx) {
  const TwoSums<T> sums = {
      sum_channel<T>(s, c, [&](std::int64_t i, std::int64_t n) { return take(dy + i, n); }),
      sum_channel<T>(
          s, c, [&](std::int64_t i, std::int64_t n) { return take(dy + i, n) * normal(i, n); })};
  const Vec<T> mean_dy = T(sums.dy / s.count()), mean_dy_normal = T(sums.dy_normal / s.count()),
               scale = weight * normal.rstd;
  map_channel(s, c, dx, [&](std::int64_t i, std::int64_t n) {
    return scale * (take(dy + i, n) - mean_dy - normal(i, n) * mean_dy_normal);
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
    each_channel(s, [&](std::int64_t c) {
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
    each_channel(s, [&](std::int64_t c) {
      const auto sums = norm_grad_channel<T>(s, c, from, Normal<T>{kept, means[c], rstds[c]},
                                             Vec<T>(weight ? weight[c] : T(1)), to);
      if (to_w) to_w[c] = T(sums.dy_normal);
      if (to_b) to_b[c] = T(sums.dy);
    });
    to.finish(), to_w.finish(), to_b.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
