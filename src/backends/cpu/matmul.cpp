// SPDX-License-Identifier: MIT
// Matrix products, batched, with a bias for linear layers. The output is cut into parts by its
// shape alone; each part is one call of multiply() in gemm.h, or of a BLAS if the build has one.
#include "backends/cpu/blas.h"

namespace tinygrad::cpu::TINYGRAD_ISA {
namespace {

/// [m, depth] times [depth, n].
struct ProductSizes {
  std::int64_t m, n, depth;
  std::int64_t work() const { return max<std::int64_t>(m * n, 1) * max<std::int64_t>(depth, 1); }
};

/// An output of one matrix is partitioned into parts of `rows` x `columns`. The columns are cut
/// first, since the rows of a are cheaper to read again: into four, or into pieces of 512; then the
/// rows, until there are four parts, or eight if the product is large.
struct Partition {
  std::int64_t rows, columns, parts_per_row, parts;
  explicit Partition(ProductSizes s) : rows(s.m), columns(min<std::int64_t>(s.n, 512)) {
    const std::int64_t wanted = s.work() < 1 << 16 ? 1 : s.work() < 1 << 27 ? 4 : 8;
    if (wanted > 1) columns = min(columns, max<std::int64_t>(32, round_up(ceil_div(s.n, 4), 32)));
    parts_per_row = ceil_div(s.n, columns);
    if (parts_per_row < wanted)
      rows = min(s.m, max<std::int64_t>(24, ceil_div(s.m, wanted / parts_per_row)));
    parts = parts_per_row * ceil_div(s.m, rows);
  }
};

/// Steps of the inner dimension that are added in T; longer sums consist of such pieces, which are
/// added in double.
constexpr std::int64_t max_piece = 4096;

/// The dot product of two dense rows of at most max_piece elements, with four vectors of sums.
template <class T> T dot_piece(std::int64_t n, const T* a, const T* b) {
  Vec<T> sums[4] = {Vec<T>(0), Vec<T>(0), Vec<T>(0), Vec<T>(0)};
  std::int64_t i = 0;
  for (; i + 4 * lanes<T> <= n; i += 4 * lanes<T>)
    for (int v = 0; v < 4; ++v)
      sums[v] = sums[v] + load(a + i + v * lanes<T>) * load(b + i + v * lanes<T>);
  for (; i < n; i += lanes<T>) {
    const std::int64_t count = min<std::int64_t>(lanes<T>, n - i);
    sums[0] = sums[0] + load_masked(a + i, count) * load_masked(b + i, count);
  }
  return sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

template <class T> T dot(std::int64_t n, const T* a, const T* b) {
  double total = 0;
  for (; n > max_piece; n -= max_piece, a += max_piece, b += max_piece)
    total += double(dot_piece(max_piece, a, b));
  return T(total + double(dot_piece(n, a, b)));
}

/// c [1, n] = (w [n, depth] times x [depth])ᵀ (+ bias): a matrix-vector product.
template <class T>
void matrix_times_vector(std::int64_t n, std::int64_t depth, Matrix<const T> w, const T* x,
                         Matrix<const T> bias, Matrix<T> c) {
  for (std::int64_t j = 0; j < n; ++j)
    *c.at(0, j) = dot(depth, w.at(j, 0), x) + (bias.data ? *bias.at(0, j) : T(0));
}

/// One part of one product.
template <class T>
void multiply_part(ProductSizes s, Matrix<const T> a, Matrix<const T> b, Matrix<const T> bias,
                   Matrix<T> c) {
  if (s.m == 1 && b.row == 1 && (a.column == 1 || s.depth == 1))
    return matrix_times_vector(s.n, s.depth, b.transposed(), a.data, bias, c);
  if (!multiply_by_blas(s.m, s.n, s.depth, a, b, bias, c))
    multiply(s.m, s.n, s.depth, a, b, bias, c);
}

/// Split-k, for a long inner dimension: it is cut into pieces, whose partial sums are added in
/// order.
template <class T>
void multiply_split_k(ProductSizes s, std::int64_t piece, Matrix<const T> a, Matrix<const T> b,
                      Matrix<const T> bias, Matrix<T> c) {
  const std::int64_t count = ceil_div(s.depth, piece), size = s.m * s.n;
  Scratch<T> partial(count * size);
  parallel(count, [&](std::int64_t p) {
    const ProductSizes part = {s.m, s.n, min(piece, s.depth - p * piece)};
    multiply_part<T>(part, a.from(0, p * piece), b.from(p * piece, 0), Matrix<const T>{},
                     {partial + p * size, s.n, 1});
  });
  for (std::int64_t i = 0; i < size; ++i) {
    double sum = bias.data ? double(*bias.at(i / s.n, i % s.n)) : 0;
    for (std::int64_t p = 0; p < count; ++p) sum += double(partial[p * size + i]);
    *c.at(i / s.n, i % s.n) = T(sum);
  }
}

/// One product of a batch.
template <class T> struct Product {
  Matrix<const T> a, b;
  Matrix<T> c;
  Matrix<const T> bias = {};
  Product transposed() const {
    return {b.transposed(), a.transposed(), c.transposed(), bias.transposed()};
  }  // cᵀ = bᵀ aᵀ
};

/// Returns whether cᵀ = bᵀ aᵀ is faster: if c is a column, if the elements of its columns are
/// adjacent, or if its rows fill vectors badly.
template <class T> bool better_transposed(ProductSizes s, const Matrix<T>& c) {
  if (s.m == 1 || s.n == 1) return s.m > 1;
  if (c.column != 1 && c.row == 1) return true;
  return s.n < lanes<T> && s.m * round_up(s.n, lanes<T>) * 4 > s.n * round_up(s.m, lanes<T>) * 5;
}

/// All products of a batch; given(batch) returns the matrices of each.
template <class T, class At>
void multiply_all(std::int64_t batches, ProductSizes s, const At& given) {
  if (batches == 0 || s.m == 0 || s.n == 0) return;
  const bool transpose = better_transposed(s, given(0).c);
  if (transpose) s = {s.n, s.m, s.depth};
  const auto at = [&](std::int64_t batch) {
    return transpose ? given(batch).transposed() : given(batch);
  };
  const bool is_small = batches == 1 && s.m * s.n <= 4096;
  if (s.depth >= (is_small ? 2 : 32) * max_piece) {
    const std::int64_t piece = even_piece(s.depth, (is_small ? 1 : 8) * max_piece);
    for (std::int64_t batch = 0; batch < batches; ++batch) {
      const Product<T> one = at(batch);
      multiply_split_k<T>(s, piece, one.a, one.b, one.bias, one.c);
    }
    return;
  }
  const Partition partition(s);
  const std::int64_t batches_per_part =
      partition.parts > 1
          ? 1
          : max<std::int64_t>(1, (1 << 17) / s.work());  // small products share a part
  parallel(ceil_div(batches, batches_per_part) * partition.parts, [&](std::int64_t p) {
    const std::int64_t begin = p / partition.parts * batches_per_part,
                       end = min(batches, begin + batches_per_part);
    const std::int64_t i = p % partition.parts / partition.parts_per_row * partition.rows,
                       j = p % partition.parts % partition.parts_per_row * partition.columns;
    const ProductSizes part = {min(partition.rows, s.m - i), min(partition.columns, s.n - j),
                               s.depth};
    for (std::int64_t batch = begin; batch < end; ++batch) {
      const Product<T> one = at(batch);
      multiply_part<T>(part, one.a.from(i, 0), one.b.from(0, j),
                       one.bias.data ? one.bias.from(i, j) : Matrix<const T>{}, one.c.from(i, j));
    }
  });
}

/// The offset of matrix number `batch` of x, in elements.
std::int64_t batch_offset(const Array& x, std::int64_t batch) {
  std::int64_t offset = 0;
  for (int d = x.rank - 2; d-- > 0; batch /= x.shape[d])
    offset += batch % x.shape[d] * x.strides[d];
  return offset;
}
std::int64_t batches_of(const Array& x) {
  std::int64_t n = 1;
  for (int d = 0; d < x.rank - 2; ++d) n *= x.shape[d];
  return n;
}
template <class T> Matrix<T> matrix(const Array& x, std::int64_t batch) {
  return {static_cast<T*>(x.data) + batch_offset(x, batch), x.strides[x.rank - 2],
          x.strides[x.rank - 1]};
}

template <class T> void matmul_real(const Array& a, const Array& b, const Array& out) {
  const ProductSizes s = {out.shape[out.rank - 2], out.shape[out.rank - 1], a.shape[a.rank - 1]};
  multiply_all<T>(batches_of(out), s, [&](std::int64_t batch) {
    return Product<T>{matrix<const T>(a, batch), matrix<const T>(b, batch), matrix<T>(out, batch)};
  });
}

/// A copy of x as float32; dimensions of stride 0 are copied once and keep stride 0.
class AsFloat {
 public:
  explicit AsFloat(const Array& x) : AsFloat(x, without_broadcast(x)) {}
  operator const Array&() const { return broadcast_; }

 private:
  AsFloat(const Array& x, const Array& once)
      : scratch_(once.count), broadcast_(dense_like(once, scratch_, DType::float32)) {
    copy(once, broadcast_);
    for (int d = 0; d < x.rank; ++d) {
      if (once.shape[d] != x.shape[d]) broadcast_.strides[d] = 0;
      broadcast_.shape[d] = x.shape[d];
    }
    broadcast_.count = x.count;
  }
  static Array without_broadcast(Array x) {
    x.count = 1;
    for (int d = 0; d < x.rank; ++d) {
      if (x.strides[d] == 0 && x.shape[d] > 1) x.shape[d] = 1;
      x.count *= x.shape[d];
    }
    return x;
  }
  Scratch<float> scratch_;
  Array broadcast_;
};

void matmul_half(const Array& a, const Array& b, const Array& out) {
  Output<float> y(out);
  matmul_real<float>(AsFloat(a), AsFloat(b), dense_like(out, y, DType::float32));
  y.finish();
}

/// Integers, one row of the output at a time, in uint64, whose overflow wraps.
template <class T> void matmul_integer(const Array& a, const Array& b, const Array& out) {
  const ProductSizes s = {out.shape[out.rank - 2], out.shape[out.rank - 1], a.shape[a.rank - 1]};
  const std::int64_t rows_per_part =
      max<std::int64_t>(1, (1 << 15) / max<std::int64_t>(1, s.n * s.depth));
  parallel_ranges(batches_of(out) * s.m, rows_per_part, [&](std::int64_t begin, std::int64_t end) {
    Scratch<std::uint64_t> sums(s.n);
    for (std::int64_t r = begin; r < end; ++r) {
      const auto left = matrix<const T>(a, r / s.m), right = matrix<const T>(b, r / s.m);
      const auto to = matrix<T>(out, r / s.m);
      for (std::int64_t j = 0; j < s.n; ++j) sums[j] = 0;
      for (std::int64_t k = 0; k < s.depth; ++k) {
        const std::uint64_t x = std::uint64_t(*left.at(r % s.m, k));
        for (std::int64_t j = 0; j < s.n; ++j) sums[j] += x * std::uint64_t(*right.at(k, j));
      }
      for (std::int64_t j = 0; j < s.n; ++j) *to.at(r % s.m, j) = T(sums[j]);
    }
  });
}

}  // namespace

void matmul(const Array& a, const Array& b, const Array& out) {
  if (out.count == 0) return;
  visit_arithmetic(out.dtype, [&](auto zero) {
    using S = decltype(zero);
    if constexpr (std::is_integral_v<S>) matmul_integer<S>(a, b, out);
    else if constexpr (std::is_floating_point_v<S>) matmul_real<S>(a, b, out);
    else matmul_half(a, b, out);
  });
}

bool linear(const Array& x, const Array& w, const Array& b, const Array& y) {
  const ProductSizes s = {x.shape[0], w.shape[0], x.shape[1]};
  const auto run = [&]<class T>(T, const Array& x, const Array& w, const Array& y) {
    const Input<T> bias(b);
    multiply_all<T>(1, s, [&](std::int64_t) {
      return Product<T>{
          matrix<const T>(x, 0), matrix<const T>(w, 0).transposed(), matrix<T>(y, 0), {bias, 0, 1}};
    });
  };
  if (y.dtype == DType::float32) run(float{}, x, w, y);
  else if (y.dtype == DType::float64) run(double{}, x, w, y);
  else if (y.dtype == DType::float16 || y.dtype == DType::bfloat16) {
    Output<float> out(y);
    run(float{}, AsFloat(x), AsFloat(w), dense_like(y, out, DType::float32));
    out.finish();
  } else {
    return false;
  }
  return true;
}

}  // namespace tinygrad::cpu::TINYGRAD_ISA
