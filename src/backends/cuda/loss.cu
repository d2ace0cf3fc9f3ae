// SPDX-License-Identifier: MIT
// Computes the cross entropy of rows of logits x [N, C] with class indices target [N], and its
// derivative (rows.cuh): the loss is the mean over the rows of logsumexp(x_n) - x_n[target_n].
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

using Online = NormalizerOp<true>;  // an infinite logit stays infinite in the logsumexp

/// lse = logsumexp of each row; losses = lse - the target's logit, NaN if the target is not a
/// class. Bytes: x once. Not measured yet: expected at nine tenths of the bandwidth.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    cross_entropy_rows(const Array<T> x, const std::int64_t* target, const std::int64_t target_step,
                       const Array<T> lse, T* losses, const std::int64_t rows,
                       const std::int64_t size, const bool vec4) {
  const RowThread<lanes> thread;
  const bool is_valid = thread.row < rows;
  const std::int64_t first = thread.row * size, valid = is_valid ? size : 0;
  Row<T, lanes, items> chunk;
  Normalizer<T> total = Online::identity<T>();
  for (std::int64_t i = 0; i < valid; i += chunk.capacity) {
    chunk.read(x, RowOffset{first + i}, valid - i, vec4, T(-INFINITY));
    Online::add(total, chunk);
  }
  total = reduce_lanes<lanes>(total, Online());
  if (thread.lane > 0 || !is_valid) return;
  const T log_sum_exp = Online::shift(total.row_max) + std::log(total.sum);
  const std::int64_t label = target[thread.row * target_step];
  store(lse, thread.row, log_sum_exp);
  losses[thread.row] = label >= 0 && label < size ? log_sum_exp - load(x, first + label) : T(NAN);
}

/// y = the mean of n elements, by one block.
template <class T>
__global__ void __launch_bounds__(row_threads)
    mean(const T* x, const Array<T> y, const std::int64_t n) {
  CompensatedSum<T> sum;
#pragma unroll 4
  for (std::int64_t i = threadIdx.x; i < n; i += row_threads) sum += x[i];
  const T total = reduce_lanes<row_threads>(sum.total, Sum());
  if (threadIdx.x == 0) store(y, 0, total / T(n));
}

/// dx = (softmax(x) - one_hot(target)) dy / N; one_hot is 0 if the target is not a class. Bytes: x
/// and dx once. Not measured yet: expected at nine tenths of the bandwidth.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    cross_entropy_grad_rows(const Array<T> dy, const Array<T> x, const std::int64_t* target,
                            const std::int64_t target_step, const Array<T> lse, const Array<T> dx,
                            const std::int64_t rows, const std::int64_t size, const bool vec4) {
  const RowThread<lanes> thread;
  if (thread.row >= rows) return;
  const std::int64_t first = thread.row * size, label = target[thread.row * target_step];
  const T scale = load(dy, 0) / T(rows), log_sum_exp = load(lse, thread.row);
  Row<T, lanes, items> chunk;
  for (std::int64_t i = 0; i < size; i += chunk.capacity) {
    chunk.read(x, RowOffset{first + i}, size - i, vec4, 0);
#pragma unroll
    for (int item = 0; item < items; ++item)
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        T& v = chunk.values[item][k];
        v = std::exp(v - log_sum_exp) * scale -
            (i + chunk.index(item, k, vec4) == label ? scale : 0);
      }
    chunk.write(dx, RowOffset{first + i}, size - i, vec4);
  }
}

/// Calls f(lanes, items) with the compile-time constants for rows that are read chunk by chunk.
template <class F> void dispatch_chunk(std::int64_t size, const F& f) {
  using std::integral_constant;
  if (size <= 16) f(integral_constant<int, 4>(), integral_constant<int, 1>());
  else if (size <= 1024) f(integral_constant<int, 32>(), integral_constant<int, 2>());
  else f(integral_constant<int, row_threads>(), integral_constant<int, 4>());
}

template <class T>
void forward(Runtime& runtime, const View& x, const View& target, const View& loss,
             const View& lse) {
  const std::int64_t rows = x.size(0), size = x.size(1);
  const Scratch losses(runtime, rows * std::int64_t(sizeof(T)));
  dispatch_chunk(size, [&](auto lanes, auto items) {
    launch(runtime, "cross_entropy", blocks_for_rows(rows, lanes), row_threads,
           cross_entropy_rows<T, lanes, items>, array_of<T>(x), begin_of<std::int64_t>(target),
           target.stride(0), array_of<T>(lse), losses.as<T>(), rows, size, can_use_vec4<T>(size));
  });
  launch(runtime, "cross_entropy", 1, row_threads, mean<T>, losses.as<T>(), array_of<T>(loss),
         rows);
}
template <class T>
void backward(Runtime& runtime, const View& dy, const View& x, const View& target, const View& lse,
              const View& dx) {
  const std::int64_t rows = x.size(0), size = x.size(1);
  dispatch_chunk(size, [&](auto lanes, auto items) {
    launch(runtime, "cross_entropy_grad", blocks_for_rows(rows, lanes), row_threads,
           cross_entropy_grad_rows<T, lanes, items>, array_of<T>(dy), array_of<T>(x),
           begin_of<std::int64_t>(target), target.stride(0), array_of<T>(lse), array_of<T>(dx),
           rows, size, can_use_vec4<T>(size));
  });
}

}  // namespace

bool cross_entropy(Runtime& runtime, const View& x, const View& target, const View& loss,
                   const View& lse) {
  if (x.count() == 0) return false;
  check_index(runtime, target, x.size(1));
  const Input logits(runtime, x);
  const Output output(runtime, lse);
  if (x.dtype() == DType::float64) forward<double>(runtime, logits, target, loss, output);
  else forward<float>(runtime, logits, target, loss, output);
  output.finish();
  return true;
}

bool cross_entropy_grad(Runtime& runtime, const View& dy, const View& x, const View& target,
                        const View& lse, const View& dx) {
  if (x.count() == 0) return true;
  const Input logits(runtime, x), saved_lse(runtime, lse);
  const Output output(runtime, dx);
  if (x.dtype() == DType::float64) backward<double>(runtime, dy, logits, target, saved_lse, output);
  else backward<float>(runtime, dy, logits, target, saved_lse, output);
  output.finish();
  return true;
}

}  // namespace tinygrad::cuda
