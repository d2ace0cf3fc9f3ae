// SPDX-License-Identifier: MIT
// argsort along the lines of a dense array, by merging. A line has `size` elements, `inner` apart.
// First a thread sorts each run of a few positions by insertion; then neighbouring runs are merged
// until one is left: a thread per element finds its place by a binary search in the other run. Of
// equal elements, those of the left run come first, so that they keep their order.
#include <utility>

#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;
constexpr std::int64_t run = 8;  ///< elements that a thread sorts by insertion

template <class T> struct Lines {
  Array<T> x;
  std::int64_t lines, size, inner;
  bool descending;

  /// The offset of a line's first element.
  __device__ __forceinline__ std::int64_t first(std::int64_t line) const {
    return line / inner * size * inner + line % inner;
  }
  static __device__ __forceinline__ bool less(T a, T b) {  // NaN is the largest
    return a < b || (b != b && a == a);
  }
  __device__ __forceinline__ bool before(T a, T b) const {
    return descending ? less(b, a) : less(a, b);
  }
};

template <class T>
__global__ void __launch_bounds__(threads)
    sort_runs(const Lines<T> l, std::int64_t* order, const std::int64_t runs) {
  const std::int64_t task = std::int64_t(blockIdx.x) * threads + threadIdx.x;
  if (task >= l.lines * runs) return;
  const std::int64_t first = l.first(task / runs), begin = task % runs * run,
                     end = begin + run < l.size ? begin + run : l.size;
  for (std::int64_t i = begin; i < end; ++i) {
    const T value = load(l.x, first + i * l.inner);
    std::int64_t place = i;
    for (; place > begin; --place) {
      const std::int64_t before = order[first + (place - 1) * l.inner];
      if (!l.before(value, load(l.x, first + before * l.inner))) break;
      order[first + place * l.inner] = before;
    }
    order[first + place * l.inner] = i;
  }
}

/// Bytes: the positions once from and once to memory, and log2(length) positions and elements per
/// thread from the cache. Not measured.
template <class T>
__global__ void __launch_bounds__(threads) merge_runs(const Lines<T> l, const std::int64_t* from,
                                                      std::int64_t* to, const std::int64_t length) {
  const std::int64_t task = std::int64_t(blockIdx.x) * threads + threadIdx.x;
  if (task >= l.lines * l.size) return;
  const std::int64_t i = task / l.inner % l.size, first = task - i * l.inner;
  const std::int64_t left = i - i % (2 * length),
                     middle = left + length < l.size ? left + length : l.size;
  const bool is_left = i < middle;
  const std::int64_t position = from[task];
  const T value = load(l.x, first + position * l.inner);
  // The elements of the other run that come before this one: low - begin.
  const std::int64_t begin = is_left ? middle : left;
  std::int64_t low = begin, high = begin + length < l.size ? begin + length : l.size;
  while (low < high) {
    const std::int64_t at = low + (high - low) / 2;
    const T other = load(l.x, first + from[first + at * l.inner] * l.inner);
    if (is_left ? l.before(other, value) : !l.before(value, other)) low = at + 1;
    else high = at;
  }
  const std::int64_t place = (is_left ? i : i - length) + low - begin;
  to[first + place * l.inner] = position;
}

template <class T>
void argsort_as(Runtime& runtime, const Lines<T>& l, std::int64_t* from, std::int64_t* to) {
  for (std::int64_t length = run; length < l.size; length *= 2) std::swap(from, to);
  const std::int64_t runs = ceil_div(l.size, run);
  launch(runtime, "argsort", unsigned(ceil_div(l.lines * runs, threads)), threads, sort_runs<T>, l,
         from, runs);
  for (std::int64_t length = run; length < l.size; length *= 2, std::swap(from, to))
    launch(runtime, "argsort", unsigned(ceil_div(l.lines * l.size, threads)), threads,
           merge_runs<T>, l, from, to, length);
}

}  // namespace

/// The merges alternate between two arrays, and the last one writes to the output.
bool argsort(Runtime& runtime, const View& x, int dim, bool descending, const View& index) {
  if (index.count() == 0) return true;
  const Input input(runtime, x);
  const Output output(runtime, index);
  const ScratchView scratch(runtime, DType::int64, index.shape());
  const Slices slices = slices_along(x, dim);
  with_computed(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    argsort_as<T>(runtime,
                  {array_of<T>(input), slices.count(), slices.size, slices.inner, descending},
                  output.as<std::int64_t>(), begin_of<std::int64_t>(scratch));
  });
  output.finish();
  return true;
}

}  // namespace tinygrad::cuda
