// Cross entropy of rows of logits, and its derivative (rows.cuh).
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

using Sums = OnlineSum<true>;  // infinities go through exp and log

/// lse = logsumexp of each row, losses = lse less the target's logit; NaN for a target that is no
/// class. Bytes: x once. Expected at nine tenths of the bandwidth; not measured.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    cross_entropy_rows(const Array<T> x, const std::int64_t* target, const std::int64_t target_step,
                       const Array<T> lse, T* losses, const std::int64_t rows,
                       const std::int64_t size, const bool fours) {
  const RowPlace<lanes> place;
  const bool is_there = place.row < rows;
  const std::int64_t first = place.row * size, there = is_there ? size : 0;
  Row<T, lanes, items> chunk;
  Online<T> total = {T(-INFINITY), 0};
  for (std::int64_t i = 0; i < there; i += chunk.most) {
    chunk.read(x, From{first + i}, there - i, fours, T(-INFINITY));
    Sums::add(total, chunk);
  }
  total = reduce_lanes<lanes>(total, Sums());
  if (place.lane > 0 || !is_there) return;
  const T logarithm = Sums::base(total.top) + std::log(total.sum);
  const std::int64_t named = target[place.row * target_step];
  store(lse, place.row, logarithm);
  losses[place.row] = named >= 0 && named < size ? logarithm - load(x, first + named) : T(NAN);
}

/// y = the mean of n numbers, by one block.
template <class T>
__global__ void __launch_bounds__(row_threads)
    mean(const T* x, const Array<T> y, const std::int64_t n) {
  T sum = 0;
#pragma unroll 4
  for (std::int64_t i = threadIdx.x; i < n; i += row_threads) sum += x[i];
  sum = reduce_lanes<row_threads>(sum, Sum());
  if (threadIdx.x == 0) store(y, 0, sum / T(n));
}

/// dx = (softmax(x) - one_hot(target)) dy / N. A target that is no class names no element. Bytes: x
/// and dx once. Expected at nine tenths of the bandwidth; not measured.
template <class T, int lanes, int items>
__global__ void __launch_bounds__(row_threads)
    cross_entropy_grad_rows(const Array<T> dy, const Array<T> x, const std::int64_t* target,
                            const std::int64_t target_step, const Array<T> lse, const Array<T> dx,
                            const std::int64_t rows, const std::int64_t size, const bool fours) {
  const RowPlace<lanes> place;
  if (place.row >= rows) return;
  const std::int64_t first = place.row * size, named = target[place.row * target_step];
  const T share = load(dy, 0) / T(rows), logarithm = load(lse, place.row);
  Row<T, lanes, items> chunk;
  for (std::int64_t i = 0; i < size; i += chunk.most) {
    chunk.read(x, From{first + i}, size - i, fours, 0);
#pragma unroll
    for (int item = 0; item < items; ++item)
#pragma unroll
      for (int k = 0; k < 4; ++k) {
        T& v = chunk.at[item][k];
        v = std::exp(v - logarithm) * share -
            (i + chunk.place(item, k, fours) == named ? share : 0);
      }
    chunk.write(dx, From{first + i}, size - i, fours);
  }
}

/// Calls f with the constants for rows that are read chunk by chunk: lanes, and items of a chunk.
template <class F> void with_chunks(std::int64_t size, const F& f) {
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
  with_chunks(size, [&](auto lanes, auto items) {
    launch(runtime, "cross_entropy", blocks_of_rows(rows, lanes), row_threads,
           cross_entropy_rows<T, lanes, items>, array_of<T>(x), begin_of<std::int64_t>(target),
           target.stride(0), array_of<T>(lse), losses.as<T>(), rows, size, in_fours<T>(size));
  });
  launch(runtime, "cross_entropy", 1, row_threads, mean<T>, losses.as<T>(), array_of<T>(loss),
         rows);
}
template <class T>
void backward(Runtime& runtime, const View& dy, const View& x, const View& target, const View& lse,
              const View& dx) {
  const std::int64_t rows = x.size(0), size = x.size(1);
  with_chunks(size, [&](auto lanes, auto items) {
    launch(runtime, "cross_entropy_grad", blocks_of_rows(rows, lanes), row_threads,
           cross_entropy_grad_rows<T, lanes, items>, array_of<T>(dy), array_of<T>(x),
           begin_of<std::int64_t>(target), target.stride(0), array_of<T>(lse), array_of<T>(dx),
           rows, size, in_fours<T>(size));
  });
}

}  // namespace

bool cross_entropy(Runtime& runtime, const View& x, const View& target, const View& loss,
                   const View& lse) {
  if (x.count() == 0) return false;
  check_index(runtime, target, x.size(1));
  const Input from(runtime, x);
  const Output to(runtime, lse);
  if (x.dtype() == DType::float64) forward<double>(runtime, from, target, loss, to);
  else forward<float>(runtime, from, target, loss, to);
  to.finish();
  return true;
}

bool cross_entropy_grad(Runtime& runtime, const View& dy, const View& x, const View& target,
                        const View& lse, const View& dx) {
  if (x.count() == 0) return true;
  const Input from(runtime, x), sums(runtime, lse);
  const Output to(runtime, dx);
  if (x.dtype() == DType::float64) backward<double>(runtime, dy, from, target, sums, to);
  else backward<float>(runtime, dy, from, target, sums, to);
  to.finish();
  return true;
}

}  // namespace tinygrad::cuda
