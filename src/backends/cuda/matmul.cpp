// Products of matrices: how they are put to cuBLASLt (blas.h). Views that it cannot take are copied
// first, and what it does not multiply at all, integers above all, has a kernel (tiles.cu).
#include "backends/cuda/matmul.h"

#include "backends/common/layout.h"
#include "backends/common/views.h"
#include "backends/cuda/blas.h"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

std::optional<Matrices> last_two(const View& v) {
  return matrices_of(v.shape()[-2], v.shape()[-1], v.strides()[-2], v.strides()[-1]);
}

/// Whether the matrices of v, in order, lie at equal distances, as those of one call must.
bool is_even(const View& v) {
  const Extents batch = {v.rank() - 2, v.shape().begin(), v.strides().begin()};
  return make_layout(&batch, 1, false).rank == 1;
}
/// Whether they can be brought to lie so: some are one and the same otherwise.
bool can_be_even(const View& v) {
  for (int d = 0; d < v.rank() - 2; ++d)
    if (v.size(d) > 1 && v.stride(d) == 0) return is_even(v);
  return true;
}

/// v with matrices that the library takes, and, where asked, at equal distances: itself, or a copy.
/// Batches that repeat stay so.
class Plain {
 public:
  Plain(Runtime& runtime, const View& v, bool evenly = false) : view_(v) {
    if (last_two(v) && (is_even(v) || !evenly)) return;
    Shape once = without_broadcast(v).shape();
    once[-2] = v.shape()[-2], once[-1] = v.shape()[-1];
    copy(runtime, v.reshaped(once, v.strides(), v.offset()),
         copy_.emplace(runtime, v.dtype(), once));
    view_ = (*copy_)->broadcast_to(v.shape());
  }
  const View& view() const { return view_; }

 private:
  std::optional<ScratchView> copy_;
  View view_;
};

/// c = a b, of matrices that the library takes, with c row-major.
class Batches {
 public:
  Batches(const View& a, const View& b, const View& c)
      : operands_{c, a, b}, batch_(batch_of(c, a, b)) {
    product_.dtype = c.dtype(), product_.precision = precision_of(c.dtype());
    product_.m = c.shape()[-2], product_.n = c.shape()[-1], product_.k = a.shape()[-1];
    if (is_strided()) product_.batch = batch_.inner();
    product_.c = matrices(0), product_.a = matrices(1), product_.b = matrices(2);
  }

  /// Whether there are several calls, and each has too few tiles to keep a large GPU's 132
  /// multiprocessors busy.
  bool starve() const {
    return product_.batch < batch_.count &&
           ceil_div(product_.m, 128) * ceil_div(product_.n, 128) * product_.batch < 2 * 132;
  }

  bool multiply(Runtime& runtime, Bias kind, const View& bias) const {
    Product product = product_;
    product.bias = kind;
    const char* bias_at = kind == Bias::of_columns ? address(bias, 0) : nullptr;
    if (bias_at) product.bias_alignment = alignment_of({std::int64_t(std::uintptr_t(bias_at))});
    Blas& blas = Blas::of(runtime);
    for (std::int64_t i = 0; i < batch_.count / product.batch; ++i)
      if (!blas.multiply(product, {at(1, i), at(2, i), bias_at, at(0, i)})) return false;
    return true;
  }

 private:
  /// The batch's dimensions, the longest last: the library walks along that one.
  static Layout batch_of(const View& c, const View& a, const View& b) {
    const int rank = c.rank() - 2;
    const Extents extents[] = {{rank, c.shape().begin(), c.strides().begin()},
                               {rank, c.shape().begin(), a.strides().begin()},
                               {rank, c.shape().begin(), b.strides().begin()}};
    Layout batch = make_layout(extents, 3, true);
    for (int d = 0; d < batch.rank - 1; ++d)
      if (batch.shape[d] > batch.inner()) swap_dims(batch, 3, d, batch.rank - 1);
    return batch;
  }
  bool is_strided() const {
    return batch_.inner() <= INT32_MAX && batch_.inner_stride(0) >= 0 &&
           batch_.inner_stride(1) >= 0 && batch_.inner_stride(2) >= 0;
  }

  static const char* address(const View& v, std::int64_t offset) {
    return static_cast<const char*>(v.memory().handle) +
           (v.offset() + offset) * std::int64_t(size_of(v.dtype()));
  }
  /// The operand's first matrix of call i.
  char* at(int operand, std::int64_t i) const {
    std::int64_t offset = 0;
    for (int d = batch_.rank - (product_.batch == batch_.inner() ? 2 : 1); d >= 0;
         i /= batch_.shape[d--])
      offset += i % batch_.shape[d] * batch_.strides[operand][d];
    return const_cast<char*>(address(operands_[operand], offset));
  }
  Matrices matrices(int operand) const {
    const View& v = operands_[operand];
    const auto bytes = [&](std::int64_t elements) {
      return elements * std::int64_t(size_of(v.dtype()));
    };
    Matrices m = *last_two(v);
    if (product_.batch > 1) m.step = batch_.inner_stride(operand);
    m.alignment = alignment_of({std::int64_t(std::uintptr_t(address(v, 0)))});
    for (int d = 0; d < batch_.rank; ++d)
      if (batch_.shape[d] > 1)
        m.alignment = alignment_of({m.alignment, bytes(batch_.strides[operand][d])});
    return m;
  }

  View operands_[3];
  Layout batch_;
  Product product_;
};

void multiply_batches(Runtime& runtime, const Batches& batches, const View& a, const View& b,
                      const View& bias, const View& c) {
  const bool bias_is_of_columns = bias && c.rank() == 2 && c.dtype() != DType::float64 &&
                                  bias.stride(0) == 0 && bias.stride(1) == 1;
  if (bias_is_of_columns && batches.multiply(runtime, Bias::of_columns, bias)) return;
  if (bias) copy(runtime, bias, c);
  if (!batches.multiply(runtime, bias ? Bias::in_c : Bias::none, {}))
    multiply_tiles(runtime, a, b, bias, c);
}

/// As multiply_tiles, for c that is row-major. Heads of attention lie so that there is a call for
/// each sample; often a copy costs less.
void multiply_rows(Runtime& runtime, const View& a, const View& b, const View& bias,
                   const View& c) {
  const Plain left(runtime, a), right(runtime, b);
  const Batches batches(left.view(), right.view(), c);
  if (!batches.starve() || !is_even(c) || !can_be_even(left.view()) || !can_be_even(right.view()))
    return multiply_batches(runtime, batches, a, b, bias, c);
  const Plain even_left(runtime, left.view(), true), even_right(runtime, right.view(), true);
  multiply_batches(runtime, Batches(even_left.view(), even_right.view(), c), a, b, bias, c);
}

void multiply(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c) {
  if (c.count() == 0) return;
  if (a.shape()[-1] == 0) return bias ? copy(runtime, bias, c) : fill(runtime, c, Scalar(0));
  if (!is_floating(c.dtype())) return multiply_tiles(runtime, a, b, bias, c);
  const auto rows = last_two(c);
  if (rows && !rows->turned) return multiply_rows(runtime, a, b, bias, c);
  if (rows && !bias) return multiply_rows(runtime, transposed(b), transposed(a), {}, transposed(c));
  const ScratchView dense(runtime, c.dtype(), c.shape());
  multiply_rows(runtime, a, b, bias, dense);
  copy(runtime, dense, c);
}

}  // namespace

void matmul(Runtime& runtime, const View& a, const View& b, const View& out) {
  multiply(runtime, a, b, {}, out);
}

bool linear(Runtime& runtime, const View& x, const View& w, const View& b, const View& y) {
  multiply(runtime, x, transposed(w), b ? b.broadcast_to(y.shape()) : b, y);
  return true;
}

}  // namespace tinygrad::cuda
