// SPDX-License-Identifier: MIT
// One step of SGD or Adam for up to four parameters. A line (rows.cl) is a part of a parameter:
// PART elements, or fewer at its end.
#include "rows.cl"

/// A scalar parameter: the only element of the view x, or x_scalar if x is null.
#define SCALAR(x) IN(x), const T x##_scalar
#define VALUE(x) (x ? load_scalar(x + x##_start, x##_dtype) : x##_scalar)
T load_scalar(global const uchar* x, int x_dtype) {
  if (!is_floating(x_dtype)) return load_long(x, x_dtype, 0);
#ifdef cl_khr_fp64
  if (x_dtype == DTYPE_float64) return load_double(x, x_dtype, 0);
#endif
  return load_float(x, x_dtype, 0);
}

// LISTS(do, k) calls the macro `do` for each array of parameter k: weight w, gradient g, and the
// moments m and v if the kernel uses them.
#if defined(KERNEL_adam)
#define LISTS(do, k) \
  do (w, k) do(g, k) do(m, k) do(v, k)
#elif defined(MOMENTUM)
#define LISTS(do, k) \
  do (w, k) do(g, k) do(m, k)
#else
#define LISTS(do, k) \
  do (w, k) do(g, k)
#endif
#define ARGUMENT(list, k) global uchar *list##k, const long list##k##_start,
#define PARAMETER(k) LISTS(ARGUMENT, k) const index_t count##k
#define PARAMETERS PARAMETER(0), PARAMETER(1), PARAMETER(2), PARAMETER(3), const int dtype

#define DECLARE(list, k) global uchar* list = 0;
#define SELECT(list, k) list = list##k + list##k##_start;
#define FIND_IN_PARAMETER(k)                                          \
  if (size == 0 && part * PART < count##k) {                          \
    LISTS(SELECT, k)                                                  \
    first = part * PART, size = min((index_t)PART, count##k - first); \
  }                                                                   \
  part -= (count##k + PART - 1) / PART;
/// Finds the part of this work-item or work-group.
#define FIND_PART              \
  index_t part = GROUP_INDEX;  \
  index_t first = 0, size = 0; \
  LISTS(DECLARE, )             \
  FIND_IN_PARAMETER(0) FIND_IN_PARAMETER(1) FIND_IN_PARAMETER(2) FIND_IN_PARAMETER(3)
#define READ(list, i) load_vector(list, dtype, POSITION(i), VALID_LANES(i), 0)
#define WRITE(list, i, x) store_vector(list, dtype, POSITION(i), VALID_LANES(i), x)

#ifdef KERNEL_sgd
LINE_KERNEL void sgd(PARAMETERS, SCALAR(lr), const T momentum, const T decay,
                     const T gradient_factor, const int nesterov, const int is_first) {
  FIND_PART
  const T rate = VALUE(lr);
  FOR_EACH(i) {
    const V weight = READ(w, i);
    V d = READ(g, i);
    if (decay != 0) d += decay * weight;
#ifdef MOMENTUM
    const V velocity = is_first ? d : momentum * READ(m, i) + gradient_factor * d;
    WRITE(m, i, velocity);
    d = nesterov ? d + momentum * velocity : velocity;
#endif
    WRITE(w, i, weight - rate * d);
  }
}
#endif

#ifdef KERNEL_adam
LINE_KERNEL void adam(PARAMETERS, SCALAR(lr), SCALAR(steps), const T beta1, const T complement1,
                      const T log_beta1, const T beta2, const T complement2, const T log_beta2,
                      const T eps, const T decay, const int decoupled) {
  FIND_PART
  // 1 - beta^step is computed by expm1, because a power would lose most digits for beta near 1.
  const T rate = VALUE(lr), t = VALUE(steps), keep = 1 - rate * decay;
  const T scale = rate / -expm1(t * log_beta1), inverse_root = 1 / sqrt(-expm1(t * log_beta2));
  FOR_EACH(i) {
    V weight = READ(w, i), d = READ(g, i);
    if (decoupled) weight *= keep;
    else if (decay != 0) d += decay * weight;
    const V mean = beta1 * READ(m, i) + complement1 * d,
            square = beta2 * READ(v, i) + complement2 * d * d;
    WRITE(m, i, mean);
    WRITE(v, i, square);
    WRITE(w, i, weight - scale * (mean / (sqrt(square) * inverse_root + eps)));
  }
}
#endif
