// SPDX-License-Identifier: MIT
// Steps of SGD and Adam over lists of parameters, in one parallel loop. Each parameter is cut into
// parts by its size alone.
#include "backends/cpu/dense.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

constexpr std::int64_t part_size = 16384;  // elements

bool all_dense(Arrays list, DType dtype) {
  for (int i = 0; i < list.count; ++i)
    if (list.data[i].dtype != dtype || !is_dense(list.data[i])) return false;
  return true;
}

/// Runs step(i, begin, n) for elements begin ... begin + n - 1 of parameter i, for all parts of all
/// parameters, in parallel.
template <class Step> void for_each_part(Arrays list, const Step& step) {
  const Array* w = list.data;
  std::int64_t parts = 0;
  for (int i = 0; i < list.count; ++i) parts += ceil_div(w[i].count, part_size);
  parallel(parts, [&](std::int64_t p) {
    int i = 0;
    for (std::int64_t own; p >= (own = ceil_div(w[i].count, part_size)); ++i) p -= own;
    step(i, p * part_size, min(part_size, w[i].count - p * part_size));
  });
}
/// Element `begin` of array i; null if the list is empty.
template <class T> T* address(Arrays list, int i, std::int64_t begin) {
  return list.count ? static_cast<T*>(list.data[i].data) + begin : nullptr;
}

/// d = g + weight_decay w;  m = momentum m + (1 - dampening) d (the first time, m = d);
/// w -= lr (nesterov ? d + momentum m : m), or lr d without momentum.
template <class T> void sgd_part(std::int64_t size, T* w, const T* g, T* m, const SgdNumbers& s) {
  const Vec<T> lr = T(s.lr), momentum = T(s.momentum), decay = T(s.weight_decay),
               undamped = T(1 - s.dampening);
  for_each_vector<T>(size, [&](std::int64_t i, std::int64_t n) {
    const Vec<T> weight = load(w + i, n);
    Vec<T> d = load(g + i, n);
    if (s.weight_decay != 0) d = d + decay * weight;
    if (m) {
      const Vec<T> velocity = s.first ? d : momentum * load(m + i, n) + undamped * d;
      store(m + i, velocity, n);
      d = s.nesterov ? d + momentum * velocity : velocity;
    }
    store(w + i, weight - lr * d, n);
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

/// The bias corrections of an Adam step t, the same for all elements: step = lr / (1 - beta1^t),
/// root = sqrt(1 - beta2^t).
struct AdamScale {
  double step, root;
  explicit AdamScale(const AdamNumbers& s)
      : step(s.lr / (1 - __builtin_pow(s.beta1, s.step))),
        root(__builtin_sqrt(1 - __builtin_pow(s.beta2, s.step))) {}
};
/// m = beta1 m + (1 - beta1) d,  v = beta2 v + (1 - beta2) d d (d^2 alone could overflow),  w -=
/// step m / (sqrt(v) / root + eps), where d = g + weight_decay w; or, decoupled (AdamW), d = g and
/// w shrinks by lr weight_decay first.
template <class T>
void adam_part(std::int64_t size, T* w, const T* g, T* m, T* v, const AdamNumbers& s,
               const AdamScale& scale) {
  const Vec<T> beta1 = T(s.beta1), rest1 = T(1 - s.beta1), beta2 = T(s.beta2),
               rest2 = T(1 - s.beta2);
  const Vec<T> decay = T(s.weight_decay), keep = T(1 - s.lr * s.weight_decay), eps = T(s.eps),
               step = T(scale.step), root = T(scale.root);
  for_each_vector<T>(size, [&](std::int64_t i, std::int64_t n) {
    Vec<T> weight = load(w + i, n), d = load(g + i, n);
    if (s.decoupled) weight = weight * keep;
    else if (s.weight_decay != 0) d = d + decay * weight;
    const Vec<T> first = beta1 * load(m + i, n) + rest1 * d,
                 second = beta2 * load(v + i, n) + rest2 * d * d;
    store(m + i, first, n);
    store(v + i, second, n);
    store(w + i, weight - step * (first / (square_root(second) / root + eps)), n);
  });
}

bool is_float_or_double(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

}  // namespace

bool sgd(Arrays w, Arrays g, Arrays m, const SgdNumbers& step) {
  if (w.count == 0 || step.overflow) return true;
  const DType dtype = w.data[0].dtype;
  if (step.momentum == 0) m = {};
  if (!is_float_or_double(dtype)) return false;
  for (Arrays list : {w, g, m})
    if (!all_dense(list, dtype)) return false;
  return in_real(dtype, [&]<class T>(T) {
    for_each_part(w, [&](int i, std::int64_t begin, std::int64_t n) {
      sgd_part<T>(n, address<T>(w, i, begin), address<T>(g, i, begin), address<T>(m, i, begin),
                  step);
    });
  });
}

bool adam(Arrays w, Arrays g, Arrays m, Arrays v, const AdamNumbers& step) {
  if (w.count == 0 || step.overflow) return true;
  const DType dtype = w.data[0].dtype;
  if (!is_float_or_double(dtype)) return false;
  for (Arrays list : {w, g, m, v})
    if (!all_dense(list, dtype)) return false;
  return in_real(dtype, [&]<class T>(T) {
    const AdamScale scale(step);
    for_each_part(w, [&](int i, std::int64_t begin, std::int64_t n) {
      adam_part<T>(n, address<T>(w, i, begin), address<T>(g, i, begin), address<T>(m, i, begin),
                   address<T>(v, i, begin), step, scale);
    });
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
