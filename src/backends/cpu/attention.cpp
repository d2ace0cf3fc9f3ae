// SPDX-License-Identifier: MIT
// Attention, and its gradients, a block of queries at a time: the scores of a block, which are all
// that is kept of the [L, S] scores, stay in the caches between the products. (Rabe and Staats
// 2021; Dao et al. 2022.)
//
// The gradients compute the weights again: first for blocks of queries, which give dq, then for
// blocks of keys, which give dk and dv. So every output is written by one block, and nothing is
// added up across threads.
#include "backends/cpu/gemm.h"
#include "backends/cpu/rows.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

struct Problem {
  std::int64_t batches, heads, queries, keys, features, values;
  double scale;
  bool is_causal;
  Problem(const Array& q, const Array& v, double scale, bool is_causal)
      : batches(q.shape[0]),
        heads(q.shape[1]),
        queries(q.shape[2]),
        keys(v.shape[2]),
        features(q.shape[3]),
        values(v.shape[3]),
        scale(scale),
        is_causal(is_causal) {}
};

/// A matrix of x [B, H, rows, columns], which is dense.
template <class T>
Matrix<const T> head(const T* x, std::int64_t n, std::int64_t rows, std::int64_t columns) {
  return {x + n * rows * columns, columns, 1};
}
/// The mask [L, S] of a head, or null.
template <class T> Matrix<const T> mask_of(const Array& mask, const Problem& p, std::int64_t n) {
  if (!mask.data) return {};
  return {static_cast<const T*>(mask.data) + n / p.heads * mask.strides[0] +
              n % p.heads * mask.strides[1],
          mask.strides[2], mask.strides[3]};
}
/// n elements of a row from column j on.
template <class T>
TINYGRAD_INLINE Vec<T> load_row(Matrix<const T> x, std::int64_t i, std::int64_t j, std::int64_t n) {
  if (x.column == 1) return load(x.at(i, j), n);
  Vec<T> v = 0;
  for (std::int64_t lane = 0; lane < n; ++lane) v.raw[lane] = *x.at(i, j + lane);
  return v;
}

/// Rows of a block: its scores are at most 2^16 elements, or 48 rows.
std::int64_t rows_of_block(std::int64_t rows, std::int64_t columns) {
  return min(rows, max<std::int64_t>(48, (1 << 16) / max<std::int64_t>(1, columns)));
}
/// Runs block(n, begin, end) for blocks of rows of each head.
template <class Block>
void for_each_block(const Problem& p, std::int64_t rows, std::int64_t columns, const Block& block) {
  if (rows == 0) return;
  const std::int64_t size = rows_of_block(rows, columns), blocks = ceil_div(rows, size);
  parallel(p.batches * p.heads * blocks, [&](std::int64_t i) {
    const std::int64_t begin = i % blocks * size;
    block(i / blocks, begin, min(rows, begin + size));
  });
}

/// Of each query: its weights are exp(score - largest) factor. (From their logsumexp, weights of
/// large scores would lose digits.)
template <class T> struct Softmax { T *largest, *factor; };
/// n scores of a row from column `first + j` on, of the products at j.
template <class T>
TINYGRAD_INLINE Vec<T> scores_at(const T* products, std::int64_t first, std::int64_t j,
                                 std::int64_t n, T scale, Matrix<const T> mask, std::int64_t row) {
  const Vec<T> s = load(products + j, n) * Vec<T>(scale);
  return mask.data ? s + load_row(mask, row, first + j, n) : s;
}
/// scores = softmax(scores scale + mask) for the first n columns.
template <class T>
void softmax_scores(T* scores, std::int64_t n, T scale, Matrix<const T> mask, std::int64_t row,
                    T& largest_score, T& factor) {
  largest_score = factor = 0;
  map_row<T>(n, scores, [&](std::int64_t j, std::int64_t count) {
    return scores_at<T>(scores, 0, j, count, scale, mask, row);
  });
  const T largest = max_row(n, scores);
  if (n == 0 || largest == -T(__builtin_inf())) {
    map_row<T>(n, scores, [](std::int64_t, std::int64_t) { return Vec<T>(0); });
    return;
  }
  const T sum = T(sum_row<T>(n, [&](std::int64_t j, std::int64_t count) {
    const Vec<T> e = exp(load(scores + j, count) - Vec<T>(largest));
    store(scores + j, e, count);
    return e;
  }));
  largest_score = largest, factor = T(1) / sum;
  map_row<T>(n, scores, [&](std::int64_t j, std::int64_t count) {
    return load(scores + j, count) * Vec<T>(factor);
  });
}

template <class T>
void attend(const Problem& p, const T* q, const T* k, const T* v, const Array& mask, T* y,
            const Softmax<T>& softmax) {
  for_each_block(p, p.queries, p.keys, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
    const std::int64_t rows = end - begin, columns = p.is_causal ? min(p.keys, end) : p.keys;
    Scratch<T> scores(rows * columns);
    multiply<T>(rows, columns, p.features, head(q, n, p.queries, p.features).from(begin, 0),
                head(k, n, p.keys, p.features).transposed(), {}, {scores, columns, 1});
    for (std::int64_t i = begin; i < end; ++i) {
      T* const row = scores + (i - begin) * columns;
      const std::int64_t seen = p.is_causal ? min(columns, i + 1) : columns;
      const std::int64_t query = n * p.queries + i;
      softmax_scores<T>(row, seen, T(p.scale), mask_of<T>(mask, p, n), i, softmax.largest[query],
                        softmax.factor[query]);
      for (std::int64_t j = seen; j < columns; ++j) row[j] = 0;
    }
    multiply<T>(rows, p.values, columns, {scores, columns, 1}, head(v, n, p.keys, p.values), {},
                {y + (n * p.queries + begin) * p.values, p.values, 1});
  });
}

/// The operands of the gradients of one head. The blocks of queries write delta = Σ_j w dy vᵀ, and
/// those of keys read it.
template <class T> struct Head {
  Matrix<const T> q, k, v, dy, mask;
  const T *largest, *factor;
  T* delta;
};

/// For a block of rows, which are queries or, if `by_keys`, keys, and the columns first ... last:
/// w = softmax(q kᵀ scale + mask) and ds = w (dy vᵀ − delta) scale, or their transposes.
template <bool by_keys, class T>
void weights_and_gradients(const Problem& p, const Head<T>& h, std::int64_t begin, std::int64_t end,
                           std::int64_t first, std::int64_t last, T* w, T* ds) {
  const std::int64_t columns = last - first;
  const auto product = [&](Matrix<const T> a, Matrix<const T> b, std::int64_t depth, T* to) {
    const Matrix<const T> left = by_keys ? b : a, right = by_keys ? a : b;
    multiply<T>(end - begin, columns, depth, left.from(begin, 0), right.from(first, 0).transposed(),
                {}, {to, columns, 1});
  };
  product(h.q, h.k, p.features, w), product(h.dy, h.v, p.values, ds);
  const Matrix<const T> mask = by_keys ? h.mask.transposed() : h.mask;
  const Vec<T> scale = T(p.scale);
  for (std::int64_t r = begin; r < end; ++r, w += columns, ds += columns) {
    const std::int64_t seen_first = p.is_causal && by_keys ? max(first, r) : first,
                       seen_last = p.is_causal && !by_keys ? min(last, r + 1) : last;
    const auto at = [&](const T* of_queries, std::int64_t i, std::int64_t n) {
      return by_keys ? load(of_queries + first + i, n) : Vec<T>(of_queries[r]);
    };
    map_row<T>(columns, w, [&](std::int64_t i, std::int64_t n) {
      const Vec<T> score = scores_at<T>(w, first, i, n, T(p.scale), mask, r);
      return exp(score - at(h.largest, i, n)) * at(h.factor, i, n);
    });
    for (std::int64_t c = first; c < min(seen_first, last); ++c) w[c - first] = 0;
    for (std::int64_t c = max(seen_last, first); c < last; ++c) w[c - first] = 0;
    if constexpr (!by_keys)
      h.delta[r] = T(sum_row<T>(columns, [&](std::int64_t i, std::int64_t n) {
        return load(w + i, n) * load(ds + i, n);
      }));
    map_row<T>(columns, ds, [&](std::int64_t i, std::int64_t n) {
      return load(w + i, n) * (load(ds + i, n) - at(h.delta, i, n)) * scale;
    });
  }
}

}  // namespace

bool attention(const Array& q, const Array& k, const Array& v, const Array& mask, double scale,
               bool is_causal, const Array& y, const Array& largest, const Array& factor) {
  return in_real(y.dtype, [&]<class T>(T) {
    const Input<T> queries(q), keys(k), values(v);
    Output<T> to(y), to_largest(largest), to_factor(factor);
    attend<T>(Problem(q, v, scale, is_causal), queries, keys, values, mask, to,
              {to_largest, to_factor});
    to.finish(), to_largest.finish(), to_factor.finish();
  });
}

bool attention_grad(const Array& dy, const Array& q, const Array& k, const Array& v,
                    const Array& mask, const Array&, const Array& largest, const Array& factor,
                    double scale, bool is_causal, const Array& dq, const Array& dk,
                    const Array& dv) {
  return in_real(dq.dtype, [&]<class T>(T) {
    const Problem p(q, v, scale, is_causal);
    const Input<T> grads(dy), queries(q), keys(k), values(v), maxima(largest), factors(factor);
    Output<T> to_q(dq), to_k(dk), to_v(dv);
    Scratch<T> delta(p.batches * p.heads * p.queries);
    const auto at = [&](std::int64_t n) {
      return Head<T>{head<T>(queries, n, p.queries, p.features),
                     head<T>(keys, n, p.keys, p.features),
                     head<T>(values, n, p.keys, p.values),
                     head<T>(grads, n, p.queries, p.values),
                     mask_of<T>(mask, p, n),
                     maxima + n * p.queries,
                     factors + n * p.queries,
                     delta + n * p.queries};
    };
    for_each_block(p, p.queries, p.keys, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
      const Head<T> h = at(n);
      const std::int64_t rows = end - begin, columns = p.is_causal ? min(p.keys, end) : p.keys;
      Scratch<T> w(rows * columns), ds(rows * columns);
      weights_and_gradients<false, T>(p, h, begin, end, 0, columns, w, ds);
      multiply<T>(rows, p.features, columns, {ds, columns, 1}, h.k, {},
                  {to_q + (n * p.queries + begin) * p.features, p.features, 1});
    });
    for_each_block(p, p.keys, p.queries, [&](std::int64_t n, std::int64_t begin, std::int64_t end) {
      const Head<T> h = at(n);
      const std::int64_t rows = end - begin, first = p.is_causal ? min(p.queries, begin) : 0,
                         columns = p.queries - first;
      Scratch<T> w(rows * columns), ds(rows * columns);
      weights_and_gradients<true, T>(p, h, begin, end, first, p.queries, w, ds);
      multiply<T>(rows, p.features, columns, {ds, columns, 1}, h.q.from(first, 0), {},
                  {to_k + (n * p.keys + begin) * p.features, p.features, 1});
      multiply<T>(rows, p.values, columns, {w, columns, 1}, h.dy.from(first, 0), {},
                  {to_v + (n * p.keys + begin) * p.values, p.values, 1});
    });
    to_q.finish(), to_k.finish(), to_v.finish();
  });
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
