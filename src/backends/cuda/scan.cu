// SPDX-License-Identifier: MIT
// Running sums and products along the lines of a dense array. Lines are cut into chunks, each of
// which belongs to a thread: `totals` computes the totals of the chunks, which are scanned
// themselves, and `scan` begins each chunk with the total of those before it.
// Element i of a line is at first + i step: the first is its last one if the scan is reversed.
#include <cmath>

#include "backends/cuda/formulas.cuh"
#include "backends/cuda/rows.cuh"

namespace tinygrad::cuda {
namespace {

constexpr int threads = 256;
/// The threads that keep a device busy.
constexpr std::int64_t busy = 1 << 16;

template <class T> struct Chunks {
  Array<T> x;
  std::int64_t lines, chunks, chunk, size, inner, origin, step;
};
/// The elements of a thread's chunk: `end - begin` of them, the first at `first`.
template <class T> struct Part {
  std::int64_t task = std::int64_t(blockIdx.x) * threads + threadIdx.x, begin, end, first;
  bool is_there;
  __device__ __forceinline__ explicit Part(const Chunks<T>& c) {
    const std::int64_t line = task / c.chunks;
    is_there = line < c.lines;
    begin = task % c.chunks * c.chunk, end = begin + c.chunk < c.size ? begin + c.chunk : c.size;
    first = line / c.inner * c.size * c.inner + line % c.inner + c.origin;
  }
};

/// A running sum or product. Of sums of floats the rounding error is carried along (Kahan).
template <class T, bool is_sum> struct Total {
  T value = is_sum ? 0 : 1, carry = 0;
  __device__ __forceinline__ void add(T x) {
    if constexpr (!is_sum) value = plain(Word<T>(value) * Word<T>(x));
    else if constexpr (std::is_integral_v<T>) value = plain(Word<T>(value) + Word<T>(x));
    else {
      const T next = x - carry, now = value + next;
      carry = (now - value) - next;
      if (carry != carry) carry = 0;  // the total is infinite
      value = now;
    }
  }
};

template <class T, bool is_sum>
__global__ void __launch_bounds__(threads) totals(const Chunks<T> c, T* y) {
  const Part<T> part(c);
  if (!part.is_there) return;
  Total<T, is_sum> total;
  for (std::int64_t i = part.begin; i < part.end; ++i)
    total.add(load(c.x, part.first + i * c.step));
  y[part.task] = total.value;
}
/// starts: the scanned totals, null if lines are whole.
template <class T, bool is_sum>
__global__ void __launch_bounds__(threads)
    scan_chunks(const Chunks<T> c, const T* starts, const Array<T> y) {
  const Part<T> part(c);
  if (!part.is_there) return;
  Total<T, is_sum> total;
  if (part.begin > 0) total.value = starts[part.task - 1];
  for (std::int64_t i = part.begin; i < part.end; ++i) {
    total.add(load(c.x, part.first + i * c.step));
    store(y, part.first + i * c.step, total.value);
  }
}

template <class T, bool is_sum>
void scan_as(Runtime& runtime, const View& x, const Slices& s, bool reverse, const View& y) {
  // All of a line if there are enough lines, otherwise about as many elements as there are chunks.
  const std::int64_t chunk =
      s.count() >= busy || s.size < 256 ? s.size : std::int64_t(std::sqrt(double(s.size)));
  const std::int64_t chunks = ceil_div(s.size, chunk);
  const Chunks<T> c = {array_of<T>(x),
                       s.count(),
                       chunks,
                       chunk,
                       s.size,
                       s.inner,
                       reverse ? (s.size - 1) * s.inner : 0,
                       reverse ? -s.inner : s.inner};
  const auto blocks = unsigned(ceil_div(s.count() * chunks, threads));
  if (chunks == 1)
    return launch(runtime, "scan", blocks, threads, scan_chunks<T, is_sum>, c, nullptr,
                  array_of<T>(y));
  const ScratchView sums(runtime, dtype_of<T>(), {s.count(), chunks}),
      starts(runtime, dtype_of<T>(), {s.count(), chunks});
  launch(runtime, "scan", blocks, threads, totals<T, is_sum>, c, begin_of<T>(sums));
  scan_as<T, is_sum>(runtime, sums, slices_along(sums, 1), false, starts);
  launch(runtime, "scan", blocks, threads, scan_chunks<T, is_sum>, c, begin_of<T>(starts),
         array_of<T>(y));
}

}  // namespace

bool scan(Runtime& runtime, Reduce op, const View& x, int dim, bool reverse, const View& y) {
  if (y.count() == 0) return true;
  const Input input(runtime, x);
  const Output output(runtime, y);
  with_computed(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto run = op == Reduce::sum ? scan_as<T, true> : scan_as<T, false>;
    run(runtime, input, slices_along(x, dim), reverse, output);
  });
  output.finish();
  return true;
}

}  // namespace tinygrad::cuda
