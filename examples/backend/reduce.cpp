// SPDX-License-Identifier: MIT
// reduce, arg_reduce and matmul, in plain loops.
#include "reference.h"

namespace reference {

/// True if v replaces the extreme so far: it is greater (or less), or the first NaN. An equal value
/// does not, so that the first one stays.
template <class T> bool beats(bool greater, T v, T best) {
  return (greater ? v > best : v < best) || (v != v && best == best);
}

// The initial value of sum, prod, max and min.
static double start(Reduce op, double) {
  return op == Reduce::sum ? 0 : op == Reduce::prod ? 1 : op == Reduce::max ? -INFINITY : INFINITY;
}
static Int start(Reduce op, Int) {
  return op == Reduce::sum ? 0 : op == Reduce::prod ? 1 : op == Reduce::max ? INT64_MIN : INT64_MAX;
}

template <class T> T combine(Reduce op, T so_far, T v) {
  if (op == Reduce::sum) return so_far + v;
  if (op == Reduce::prod) return so_far * v;
  return beats(op == Reduce::max, v, so_far) ? v : so_far;
}

// Every element of x is combined into the element of out with the same index in the dimensions that
// are kept.
void Reference::reduce(Reduce op, const View& x, const View& out) {
  Strides onto = dense_strides(out.shape());  // 0 in reduced dimensions
  for (int i = 0; i < onto.rank(); ++i)
    if (out.size(i) == 1) onto[i] = 0;
  compute_in(x.dtype(), [&]<class T>(T zero) {
    std::vector<T> result(std::size_t(out.count()), start(op, zero));
    const auto values = read<T>(x);
    auto value = values.begin();
    for_each_offset(x.shape(), onto, 0,
                    [&](std::int64_t i) { result[i] = combine(op, result[i], *value++); });
    write(out, result);
  });
}

void Reference::arg_reduce(ArgReduce op, const View& x, int dim, const View& out) {
  const Strides strides = dense_strides(x.shape());
  const std::int64_t step = strides[dim];
  compute_in(x.dtype(), [&]<class T>(T) {
    const auto values = read<T>(x);
    std::vector<Int> result;
    for_each_offset(out.shape(), strides, 0, [&](std::int64_t first) {
      std::int64_t best = 0;
      for (std::int64_t i = 1; i < x.size(dim); ++i)
        if (beats(op == ArgReduce::max, values[first + i * step], values[first + best * step]))
          best = i;
      result.push_back(best);
    });
    write(out, result);
  });
}

// One matrix product for each index of the batch dimensions.
void Reference::matmul(const View& a, const View& b, const View& out) {
  const std::int64_t M = a.size(-2), K = a.size(-1), N = b.size(-1),
                     batches = out.count() / std::max<std::int64_t>(M * N, 1);
  compute_in(a.dtype(), [&]<class T>(T) {
    const auto A = read<T>(a), B = read<T>(b);         // [batches, M, K], [batches, K, N]
    std::vector<T> C(std::size_t(out.count()), T(0));  // [batches, M, N]
    for (std::int64_t i = 0; i < batches; ++i)
      for (std::int64_t m = 0; m < M; ++m)
        for (std::int64_t k = 0; k < K; ++k)
          for (std::int64_t n = 0; n < N; ++n) {
            T& c = C[(i * M + m) * N + n];
            c = c + A[(i * M + m) * K + k] * B[(i * K + k) * N + n];
          }
    write(out, C);
  });
}

}  // namespace reference
