// SPDX-License-Identifier: MIT
// Computes matrix products by calls of cuBLASLt (blas.h). Views that it cannot take are copied
// first; products that it does not compute at all, above all those of integers, have a kernel
// (gemm.cu).
#include "backends/cuda/matmul.h"

#include "backends/common/layout.h"
#include "backends/common/views.h"
#include "backends/cuda/blas.h"
#include "backends/cuda/launch.h"

namespace tinygrad::cuda {
namespace {

std::optional<MatrixLayout> layout_of(const View& v) {
  return matrix_layout(v.shape()[-2], v.shape()[-1], v.strides()[-2], v.strides()[-1]);
}

/// Returns whether the matrices of v, in order, are equally far apart, as one call of the library
/// requires.
bool has_batch_stride(const View& v) {
  const Extents batch = {v.rank() - 2, v.shape().begin(), v.strides().begin()};
  return make_layout(&batch, 1, false).rank == 1;
}
/// Returns whether a copy can have one batch stride: not if the batch repeats some matrices (stride
/// 0), but not all.
bool can_have_batch_stride(const View& v) {
  for (int d = 0; d < v.rank() - 2; ++d)
    if (v.size(d) > 1 && v.stride(d) == 0) return has_batch_stride(v);
  return true;
}

/// v, or a copy of it, with matrices that the library takes, and, if asked for, with one batch
/// stride. Dimensions of the batch that repeat (stride 0) stay so.
class LibraryOperand {
 public:
  LibraryOperand(Runtime& runtime, const View& v, bool needs_batch_stride = false) : view_(v) {
    if (layout_of(v) && (has_batch_stride(v) || !needs_batch_stride)) return;
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

/// The batched product c = a b as calls of the library: matrices that it takes, with c row-major.
/// One call covers the innermost dimension of the batch.
class BatchedMatmul {
 public:
  BatchedMatmul(const View& a, const View& b, const View& c)
      : operands_{c, a, b}, batch_(batch_of(c, a, b)) {
    plan_.dtype = c.dtype(), plan_.precision = precision_of(c.dtype());
    plan_.m = c.shape()[-2], plan_.n = c.shape()[-1], plan_.k = a.shape()[-1];
    if (is_strided()) plan_.batch = batch_.inner();
    plan_.c = matrix_layout_of(0), plan_.a = matrix_layout_of(1), plan_.b = matrix_layout_of(2);
  }

  /// Returns whether there are several calls, each of which has too few tiles of 128 x 128 for the
  /// 132 multiprocessors of a large GPU.
  bool underfills_gpu() const {
    return plan_.batch < batch_.count &&
           ceil_div(plan_.m, 128) * ceil_div(plan_.n, 128) * plan_.batch < 2 * 132;
  }

  bool multiply(Runtime& runtime, Bias kind, const View& bias) const {
    MatmulPlan plan = plan_;
    plan.bias = kind;
    const char* bias_at = kind == Bias::epilogue ? address(bias, 0) : nullptr;
    if (bias_at) plan.bias_alignment = alignment_of({std::int64_t(std::uintptr_t(bias_at))});
    Blas& blas = Blas::of(runtime);
    for (std::int64_t i = 0; i < batch_.count / plan.batch; ++i)
      if (!blas.multiply(plan, {at(1, i), at(2, i), bias_at, at(0, i)})) return false;
    return true;
  }

 private:
  /// The dimensions of the batch, the longest last: one call of the library covers that one.
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
  /// Address of the operand's first matrix of call i.
  char* at(int operand, std::int64_t i) const {
    std::int64_t offset = 0;
    for (int d = batch_.rank - (plan_.batch == batch_.inner() ? 2 : 1); d >= 0;
         i /= batch_.shape[d--])
      offset += i % batch_.shape[d] * batch_.strides[operand][d];
    return const_cast<char*>(address(operands_[operand], offset));
  }
  MatrixLayout matrix_layout_of(int operand) const {
    const View& v = operands_[operand];
    const auto bytes = [&](std::int64_t elements) {
      return elements * std::int64_t(size_of(v.dtype()));
    };
    MatrixLayout m = *layout_of(v);
    if (plan_.batch > 1) m.batch_stride = batch_.inner_stride(operand);
    m.alignment = alignment_of({std::int64_t(std::uintptr_t(address(v, 0)))});
    for (int d = 0; d < batch_.rank; ++d)
      if (batch_.shape[d] > 1)
        m.alignment = alignment_of({m.alignment, bytes(batch_.strides[operand][d])});
    return m;
  }

  View operands_[3];
  Layout batch_;
  MatmulPlan plan_;
};

void multiply_batches(Runtime& runtime, const BatchedMatmul& batches, const View& a, const View& b,
                      const View& bias, const View& c) {
  const bool fits_epilogue = bias && c.rank() == 2 && c.dtype() != DType::float64 &&
                             bias.stride(0) == 0 && bias.stride(1) == 1;
  if (fits_epilogue && batches.multiply(runtime, Bias::epilogue, bias)) return;
  if (bias) copy(runtime, bias, c);
  if (!batches.multiply(runtime, bias ? Bias::in_c : Bias::none, {})) gemm(runtime, a, b, bias, c);
}

/// c = a b + bias for a row-major c. The heads of an attention layer are laid out so that every
/// sample would take a call of its own; a copy often costs less.
void multiply_row_major(Runtime& runtime, const View& a, const View& b, const View& bias,
                        const View& c) {
  const LibraryOperand left(runtime, a), right(runtime, b);
  const BatchedMatmul batches(left.view(), right.view(), c);
  if (!batches.underfills_gpu() || !has_batch_stride(c) || !can_have_batch_stride(left.view()) ||
      !can_have_batch_stride(right.view()))
    return multiply_batches(runtime, batches, a, b, bias, c);
  const LibraryOperand copied_left(runtime, left.view(), true),
      copied_right(runtime, right.view(), true);
  multiply_batches(runtime, BatchedMatmul(copied_left.view(), copied_right.view(), c), a, b, bias,
                   c);
}

/// The steps of k in one product of the library if there are very many: it adds them in float32.
constexpr std::int64_t longest_sum = 8192;
void multiply(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c);

/// c = a b + bias as the sum of products of pieces of k.
void multiply_pieces(Runtime& runtime, const View& a, const View& b, const View& bias,
                     const View& c) {
  for (std::int64_t i = 0; c.rank() > 2 && i < c.size(0); ++i)
    multiply_pieces(runtime, a.select(0, i), b.select(0, i), bias, c.select(0, i));
  if (c.rank() > 2) return;
  const std::int64_t m = c.size(0), n = c.size(1), k = a.size(1), pieces = k / longest_sum,
                     rest = k % longest_sum;
  const ScratchView products(runtime, c.dtype(), {pieces + (rest ? 1 : 0) + (bias ? 1 : 0), m, n});
  const View left = a.reshaped({pieces, m, longest_sum},
                               {longest_sum * a.stride(1), a.stride(0), a.stride(1)}, a.offset()),
             right = b.reshaped({pieces, longest_sum, n},
                                {longest_sum * b.stride(0), b.stride(0), b.stride(1)}, b.offset());
  multiply(runtime, left, right, {}, products->narrow(0, 0, pieces));
  if (rest)
    multiply(runtime, a.narrow(1, k - rest, rest), b.narrow(0, k - rest, rest), {},
             products->select(0, pieces));
  if (bias) copy(runtime, bias, products->select(0, products->size(0) - 1));
  reduce(runtime, Reduce::sum, products,
         c.reshaped({1, m, n}, {0, c.stride(0), c.stride(1)}, c.offset()));
}

void multiply(Runtime& runtime, const View& a, const View& b, const View& bias, const View& c) {
  if (c.count() == 0) return;
  if (c.dtype() == DType::float32 && a.shape()[-1] >= 16 * longest_sum)
    return multiply_pieces(runtime, a, b, bias, c);
  if (a.shape()[-1] == 0) return bias ? copy(runtime, bias, c) : fill(runtime, c, Scalar(0));
  if (!is_floating(c.dtype())) return gemm(runtime, a, b, bias, c);
  const auto layout = layout_of(c);
  if (layout && !layout->is_column_major) return multiply_row_major(runtime, a, b, bias, c);
  if (layout && !bias)
    return multiply_row_major(runtime, transposed(b), transposed(a), {}, transposed(c));
  const ScratchView dense(runtime, c.dtype(), c.shape());
  multiply_row_major(runtime, a, b, bias, dense);
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
