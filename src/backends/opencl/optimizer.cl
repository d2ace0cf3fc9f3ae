// One optimizer step over up to four parameters. A line is a part of one of them, PART elements or
// what is left.
#include "rows.cl"

/// A number that is given, or is the one element of a view.
#define NUMBER(x) IN(x), const T x##_number
#define VALUE(x) (x ? one(x + x##_start, x##_dtype) : x##_number)
T one(global const uchar* x, int x_dtype) {
  if (!is_floating(x_dtype)) return load_long(x, x_dtype, 0);
#ifdef cl_khr_fp64
  if (x_dtype == DTYPE_float64) return load_double(x, x_dtype, 0);
#endif
  return load_float(x, x_dtype, 0);
}

// The lists of arrays that a parameter stands in are LISTS of a macro: w and g, and where there are
// such, m and v.
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
#define CHOOSE(list, k) list = list##k + list##k##_start;
#define FIND_IN(k)                                                    \
  if (size == 0 && part * PART < count##k) {                          \
    LISTS(CHOOSE, k)                                                  \
    first = part * PART, size = min((index_t)PART, count##k - first); \
  }                                                                   \
  part -= (count##k + PART - 1) / PART;
/// The part of this work-item or group.
#define FIND_PART               \
  index_t part = SHARED_NUMBER; \
  index_t first = 0, size = 0;  \
  LISTS(DECLARE, )              \
  FIND_IN(0) FIND_IN(1) FIND_IN(2) FIND_IN(3)
#define READ(list, i) take(list, dtype, PLACE(i), LANES(i), 0)
#define WRITE(list, i, x) put(list, dtype, PLACE(i), LANES(i), x)

#ifdef KERNEL_sgd
LINE_KERNEL void sgd(PARAMETERS, NUMBER(lr), const T momentum, const T decay, const T fresh,
                     const int nesterov, const int is_first) {
  FIND_PART
  const T rate = VALUE(lr);
  EACH(i) {
    const V at = READ(w, i);
    V d = READ(g, i);
    if (decay != 0) d += decay * at;
#ifdef MOMENTUM
    const V moved = is_first ? d : momentum * READ(m, i) + fresh * d;
    WRITE(m, i, moved);
    d = nesterov ? d + momentum * moved : moved;
#endif
    WRITE(w, i, at - rate * d);
  }
}
#endif

#ifdef KERNEL_adam
LINE_KERNEL void adam(PARAMETERS, NUMBER(lr), NUMBER(steps), const T beta1, const T rest1,
                      const T log_beta1, const T beta2, const T rest2, const T log_beta2,
                      const T eps, const T decay, const int decoupled) {
  FIND_PART
  // 1 - beta^step by expm1: with beta near 1 a power would leave few digits
  const T rate = VALUE(lr), t = VALUE(steps), keep = 1 - rate * decay;
  const T scale = rate / -expm1(t * log_beta1), to_root = 1 / sqrt(-expm1(t * log_beta2));
  EACH(i) {
    V at = READ(w, i), d = READ(g, i);
    if (decoupled) at *= keep;
    else if (decay != 0) d += decay * at;
    const V mean = beta1 * READ(m, i) + rest1 * d, square = beta2 * READ(v, i) + rest2 * (d * d);
    WRITE(m, i, mean);
    WRITE(v, i, square);
    WRITE(w, i, at - scale * (mean / (sqrt(square) * to_root + eps)));
  }
}
#endif
