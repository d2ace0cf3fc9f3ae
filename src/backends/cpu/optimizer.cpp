// One optimizer step over lists of parameters in one sweep. Parts are cut from each parameter by
// its size alone.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

constexpr std::int64_t part_size = 16384;

bool all_dense(Arrays list, DType dtype) {
  for (int i = 0; i < list.count; ++i)
    if (list.data[i].dtype != dtype || !is_dense(list.data[i])) return false;
  return true;
}

/// Runs step(i, begin, n) for n elements of parameter i from `begin` on, for all parts of all
/// parameters.
template <class Step> void sweep(Arrays list, const Step& step) {
  const Array* w = list.data;
  std::int64_t parts = 0;
  for (int i = 0; i < list.count; ++i) parts += ceil_div(w[i].count, part_size);
  parallel(parts, [&](std::int64_t p) {
    int i = 0;
    for (std::int64_t here; p >= (here = ceil_div(w[i].count, part_size)); ++i) p -= here;
    step(i, p * part_size, min(part_size, w[i].count - p * part_size));
  });
}
/// Element `begin` of array i; null if the list is empty.
template <class T> T* from(Arrays list, int i, std::int64_t begin) {
  return list.count ? static_cast<T*>(list.data[i].data) + begin : nullptr;
}

template <class T> void sgd_part(std::int64_t size, T* w, const T* g, T* m, const SgdNumbers& s) {
  const Vec<T> lr = T(s.lr), momentum = T(s.momentum), decay = T(s.weight_decay),
               fresh = T(1 - s.dampening);
  each_vector<T>(size, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> at = take(w + i, n);
    Vec<T> d = take(g + i, n);
    if (s.weight_decay != 0) d = d + decay * at;
    if (m) {
      const Vec<T> moved = s.first ? d : momentum * take(m + i, n) + fresh * d;
      put(m + i, moved, n);
      d = s.nesterov ? d + momentum * moved : moved;
    }
    put(w + i, at - lr * d, n);
  });
}

TINYGRAD_INLINE Vec<float> square_root(Vec<float> x) {
#if defined(__AVX512F__)
  return Vec<float>::Raw(_mm512_maskz_sqrt_ps(0xFFFF, __m512(x.raw)));
#else
  for (int i = 0; i < lanes<float>; ++i) x.raw[i] = __builtin_sqrtf(x.raw[i]);
  return x;
#endif
}
TINYGRAD_INLINE Vec<double> square_root(Vec<double> x) {
  for (int i = 0; i < lanes<double>; ++i) x.raw[i] = __builtin_sqrt(x.raw[i]);
  return x;
}

/// What stays the same for all elements of an Adam step: lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t).
struct AdamScale {
  double step, root;
  explicit AdamScale(const AdamNumbers& s)
      : step(s.lr / (1 - __builtin_pow(s.beta1, s.step))),
        root(__builtin_sqrt(1 - __builtin_pow(s.beta2, s.step))) {}
};
template <class T>
void adam_part(std::int64_t size, T* w, const T* g, T* m, T* v, const AdamNumbers& s,
               const AdamScale& scale) {
  const Vec<T> beta1 = T(s.beta1), rest1 = T(1 - s.beta1), beta2 = T(s.beta2),
               rest2 = T(1 - s.beta2);
  const Vec<T> decay = T(s.weight_decay), keep = T(1 - s.lr * s.weight_decay), eps = T(s.eps),
               step = T(scale.step), root = T(scale.root);
  each_vector<T>(size, [&](std::int64_t i, std::int64_t n) {
    Vec<T> at = take(w + i, n), d = take(g + i, n);
    if (s.decoupled) at = at * keep;
    else if (s.weight_decay != 0) d = d + decay * at;
    const Vec<T> first = beta1 * take(m + i, n) + rest1 * d,
                 second = beta2 * take(v + i, n) + rest2 * (d * d);
    put(m + i, first, n);
    put(v + i, second, n);
    put(w + i, at - step * (first / (square_root(second) / root + eps)), n);
  });
}

bool in_float_or_double(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

}  // namespace

bool sgd(Arrays w, Arrays g, Arrays m, const SgdNumbers& step) {
  if (w.count == 0 || step.overflow) return true;
  const DType dtype = w.data[0].dtype;
  if (step.momentum == 0) m = {};
  if (!in_float_or_double(dtype)) return false;
  for (Arrays list : {w, g, m})
    if (!all_dense(list, dtype)) return false;
  return in_real(dtype, [&]<class T>(T) {
    sweep(w, [&](int i, std::int64_t at, std::int64_t n) {
      sgd_part<T>(n, from<T>(w, i, at), from<T>(g, i, at), from<T>(m, i, at), step);
    });
  });
}

bool adam(Arrays w, Arrays g, Arrays m, Arrays v, const AdamNumbers& step) {
  if (w.count == 0 || step.overflow) return true;
  const DType dtype = w.data[0].dtype;
  if (!in_float_or_double(dtype)) return false;
  for (Arrays list : {w, g, m, v})
    if (!all_dense(list, dtype)) return false;
  return in_real(dtype, [&]<class T>(T) {
    const AdamScale scale(step);
    sweep(w, [&](int i, std::int64_t at, std::int64_t n) {
      adam_part<T>(n, from<T>(w, i, at), from<T>(g, i, at), from<T>(m, i, at), from<T>(v, i, at),
                   step, scale);
    });
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
