// SPDX-License-Identifier: MIT
// Computes y = f(a, b, c, d) element by element, for up to four inputs and any functor f. The
// kernels:
// - dense: operands that are all dense and all float32 or all bfloat16, 16 bytes at a time.
// - rows: rows of contiguous elements in vectors of four: float32, bfloat16, float16, and booleans
//   beside them.
// - strided: any strides and dtypes, one element per thread.
// The last two get dtypes as arguments, the same for all threads, so that they are compiled for the
// type of the computation and not for each dtype that is stored.
#pragma once
#include <algorithm>
#include <initializer_list>

#include "backends/cuda/device.cuh"
#include "backends/cuda/launch.h"
#include "backends/cuda/offset_calculator.h"

namespace tinygrad::cuda {

constexpr int elementwise_threads = 256;

/// An operand whose elements are computed in T: an array, or a scalar if `at` is null.
template <class T> struct Array {
  void* at = nullptr;
  DType dtype = DType::float32;
  int step = 0;  ///< along a row: 1, or 0 if one element is repeated
  T number = 0;
};

// ------------------------------------------------------------ one element

/// Is true if an Array<T> may store S: a dtype that is computed in T, or bool (conditions,
/// comparisons).
template <class T, class S>
constexpr bool is_array_of = std::is_same_v<T, computed<S>> || std::is_same_v<S, bool>;

template <class T> __device__ __forceinline__ T load(const Array<T>& x, std::int64_t i) {
  if (!x.at) return x.number;
  switch (x.dtype) {
#define DTYPE(name, text, type, ...)                                                        \
  case DType::name:                                                                         \
    if constexpr (is_array_of<T, type>) return T(load(static_cast<const type*>(x.at) + i)); \
    break;
#include "tinygrad/dtypes.def"
  }
  return T(0);  // not reached
}
template <class T>
__device__ __forceinline__ void store(const Array<T>& y, std::int64_t i, T value) {
  switch (y.dtype) {
#define DTYPE(name, text, type, ...)                                                     \
  case DType::name:                                                                      \
    if constexpr (std::is_same_v<type, bool>) static_cast<bool*>(y.at)[i] = value != 0;  \
    else if constexpr (is_array_of<T, type>) store(static_cast<type*>(y.at) + i, value); \
    break;
#include "tinygrad/dtypes.def"
  }
}

// ------------------------------------------------------------ neighbours of a dtype that is chosen
// once

/// Calls f with x as a pointer to its stored type: float32, float16 or bfloat16. Used around a
/// loop, so that nothing in the loop branches on the dtype.
template <class F> __device__ __forceinline__ void with_stored(const Array<float>& x, const F& f) {
  if (x.dtype == DType::float32) f(static_cast<float*>(x.at));
  else if (x.dtype == DType::bfloat16) f(static_cast<BFloat16*>(x.at));
  else f(static_cast<Half*>(x.at));
}

/// Four neighbours as they lie in memory. They are converted after all loads have been issued: the
/// compiler unpacks a vector of halves right after its load, and would wait there.
template <class S> using Raw = Vector<std::uint32_t, sizeof(S)>;
/// Element k of the neighbours.
template <class S, int words>
__device__ __forceinline__ float number_at(const Vector<std::uint32_t, words>& raw, int k) {
  if constexpr (sizeof(S) == 4) return __uint_as_float(raw.at[k]);
  else {
    S half;
    half.bits = static_cast<std::uint16_t>(raw.at[k / 2] >> 16 * (k % 2));
    return widened(half);
  }
}

// ------------------------------------------------------------ four neighbours of any dtype

/// Four elements of any dtype as they lie in memory, or as floats if they were loaded one by one.
/// They are converted after all loads have been issued.
using Four = Raw<float>;
__device__ __forceinline__ bool is_whole(const Array<float>& x, int lanes) {
  return x.step && lanes == 4;
}
__device__ __forceinline__ Four fetch(const Array<float>& x, std::int64_t row, std::int32_t first,
                                      int lanes) {
  Four four = {};
  const std::int64_t i = row + x.step * first;
  if (!is_whole(x, lanes)) {
#pragma unroll
    for (int k = 0; k < 4; ++k)
      four.at[k] = __float_as_uint(k < lanes ? load(x, i + x.step * k) : 1);
  } else if (x.dtype == DType::float32) {
    four = *reinterpret_cast<const Four*>(static_cast<const float*>(x.at) + i);
  } else if (x.dtype == DType::boolean) {
    four.at[0] = *reinterpret_cast<const std::uint32_t*>(static_cast<const bool*>(x.at) + i);
  } else {
    const auto halves = *reinterpret_cast<const Raw<Half>*>(static_cast<const Half*>(x.at) + i);
    four.at[0] = halves.at[0], four.at[1] = halves.at[1];
  }
  return four;
}
__device__ __forceinline__ void unpack(const Array<float>& x, int lanes, const Four& four,
                                       float (&values)[4]) {
  if (x.dtype == DType::float32 || !is_whole(x, lanes)) {
#pragma unroll
    for (int k = 0; k < 4; ++k) values[k] = number_at<float>(four, k);
  } else if (x.dtype == DType::boolean) {
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t byte = four.at[0] >> 8 * k & 255;
      values[k] = byte ? 1 : 0;
    }
  } else {
#pragma unroll
    for (int k = 0; k < 4; ++k)
      values[k] =
          x.dtype == DType::float16 ? number_at<Half>(four, k) : number_at<BFloat16>(four, k);
  }
}
__device__ __forceinline__ void write(const Array<float>& y, std::int64_t i, int lanes,
                                      const float (&values)[4]) {
  if (lanes < 4) {
#pragma unroll
    for (int k = 0; k < 4; ++k)
      if (k < lanes) store(y, i + k, values[k]);
  } else if (y.dtype == DType::float32) store(static_cast<float*>(y.at) + i, values);
  else if (y.dtype == DType::float16) store(static_cast<Half*>(y.at) + i, values);
  else if (y.dtype == DType::bfloat16) store(static_cast<BFloat16*>(y.at) + i, values);
  else {
    std::uint32_t bytes = 0;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      const std::uint32_t byte =
          values[k] != 0
              ? 1
              : 0;  // of its own: g++ 12 takes shifts of conditions apart wrongly under UBSan
      bytes |= byte << 8 * k;
    }
    *reinterpret_cast<std::uint32_t*>(static_cast<bool*>(y.at) + i) = bytes;
  }
}

// ------------------------------------------------------------ the kernels

template <class T> struct Inputs { Array<T> a, b, c, d; };
template <int operands, class F, class T>
__device__ __forceinline__ auto call(const F& f, [[maybe_unused]] T a, [[maybe_unused]] T b,
                                     [[maybe_unused]] T c, [[maybe_unused]] T d) {
  if constexpr (operands == 1) return f();
  else if constexpr (operands == 2) return f(a);
  else if constexpr (operands == 3) return f(a, b);
  else if constexpr (operands == 4) return f(a, b, c);
  else return f(a, b, c, d);
}

using Sixteen = Vector<std::uint32_t, 4>;  ///< 16 bytes of a dense operand

/// All operands are dense, of S; the last of two or more may be a scalar, and is null then. A
/// thread has two vectors of 16 bytes, a block's width apart: all loads are issued before one is
/// used. Bytes: each input and y once. Expected at nine tenths of the memory's bandwidth; not
/// measured.
template <class S, int operands, class F>
__global__ void __launch_bounds__(elementwise_threads)
    elementwise_dense(const F f, S* y, const Sixteen* a, const Sixteen* b, const Sixteen* c,
                      const Sixteen* d, const float number, const std::uint32_t pieces) {
  constexpr int U = 2, N = lanes<S>;
  const std::uint32_t first = blockIdx.x * (elementwise_threads * U) + threadIdx.x;
  Sixteen of_a[U] = {}, of_b[U] = {}, of_c[U] = {}, of_d[U] = {};
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const std::uint32_t i = first + u * elementwise_threads;
    if (i >= pieces) continue;
    if (operands > 1) of_a[u] = a[i];
    if (operands > 3 || (operands == 3 && b)) of_b[u] = b[i];
    if (operands > 4 || (operands == 4 && c)) of_c[u] = c[i];
    if (operands == 5 && d) of_d[u] = d[i];
  }
#pragma unroll
  for (int u = 0; u < U; ++u) {
    const std::uint32_t i = first + u * elementwise_threads;
    if (i >= pieces) continue;
    float results[N];
#pragma unroll
    for (int k = 0; k < N; ++k)
      results[k] = call<operands>(f, number_at<S>(of_a[u], k),
                                  operands == 3 && !b ? number : number_at<S>(of_b[u], k),
                                  operands == 4 && !c ? number : number_at<S>(of_c[u], k),
                                  operands == 5 && !d ? number : number_at<S>(of_d[u], k));
    store(y + std::int64_t(i) * N, results);
  }
}

template <int operands> struct Rows {
  std::uint32_t size = 0;     ///< elements of a row
  std::uint32_t vectors = 0;  ///< of all rows, four elements each; the only row may end in fewer
  Divisor per_row;            ///< vectors of a row
  OffsetCalculator<operands> starts;  ///< the offset of each row, in elements
  bool is_one = true;                 ///< there is one row
};

/// The number of vectors of a thread, a block's width apart: all loads are issued before one is
/// used, 32 bytes or more of float32.
template <int operands> constexpr int vectors_of_thread = operands <= 2 ? 2 : 1;

/// Bytes: each input and y once. Expected at nine tenths of the memory's bandwidth; not measured.
template <int operands, class F>
__global__ void __launch_bounds__(elementwise_threads)
    elementwise_rows(const F f, const Array<float> y, const Inputs<float> x,
                     const Rows<operands> rows) {
  constexpr int U = vectors_of_thread<operands>;
  std::int32_t at[U][operands] = {}, first[U] = {};
  int lanes[U] = {};
  Four a[U], b[U], c[U], d[U];
#pragma unroll
  for (int u = 0; u < U; ++u) {
    std::uint32_t vector =
        blockIdx.x * (elementwise_threads * U) + u * elementwise_threads + threadIdx.x;
    if (vector >= rows.vectors) continue;
    if (!rows.is_one) {
      const std::uint32_t row = rows.per_row.quotient(vector);
      vector -= row * rows.per_row.divisor;
      rows.starts.offsets(row, at[u]);
    }
    first[u] = std::int32_t(vector * 4);
    lanes[u] = rows.size - vector * 4 < 4 ? int(rows.size - vector * 4) : 4;
    if constexpr (operands > 1) a[u] = fetch(x.a, at[u][1], first[u], lanes[u]);
    if constexpr (operands > 2) b[u] = fetch(x.b, at[u][2], first[u], lanes[u]);
    if constexpr (operands > 3) c[u] = fetch(x.c, at[u][3], first[u], lanes[u]);
    if constexpr (operands > 4) d[u] = fetch(x.d, at[u][4], first[u], lanes[u]);
  }
#pragma unroll
  for (int u = 0; u < U; ++u) {
    if (lanes[u] == 0) continue;
    float of_a[4] = {}, of_b[4] = {}, of_c[4] = {}, of_d[4] = {}, results[4];
    if constexpr (operands > 1) unpack(x.a, lanes[u], a[u], of_a);
    if constexpr (operands > 2) unpack(x.b, lanes[u], b[u], of_b);
    if constexpr (operands > 3) unpack(x.c, lanes[u], c[u], of_c);
    if constexpr (operands > 4) unpack(x.d, lanes[u], d[u], of_d);
#pragma unroll
    for (int k = 0; k < 4; ++k) results[k] = call<operands>(f, of_a[k], of_b[k], of_c[k], of_d[k]);
    write(y, at[u][0] + first[u], lanes[u], results);
  }
}

/// Any strides.
template <class T, int operands, class F>
__global__ void __launch_bounds__(elementwise_threads)
    elementwise_strided(const F f, const Array<T> y, const Inputs<T> x,
                        const OffsetCalculator<operands> calculator, const std::uint32_t count) {
  const std::uint32_t i = blockIdx.x * elementwise_threads + threadIdx.x;
  if (i >= count) return;
  std::int32_t at[operands];
  calculator.offsets(i, at);
  T a = 0, b = 0, c = 0, d = 0;
  if constexpr (operands > 1) a = load(x.a, at[1]);
  if constexpr (operands > 2) b = load(x.b, at[2]);
  if constexpr (operands > 3) c = load(x.c, at[3]);
  if constexpr (operands > 4) d = load(x.d, at[4]);
  store(y, at[0], T(call<operands>(f, a, b, c, d)));
}

// ------------------------------------------------------------ the host's side

class ElementwiseLaunch {
 public:
  /// name: the op's, for messages.
  ElementwiseLaunch(Runtime& runtime, const char* name, std::initializer_list<Operand> inputs,
                    const View& out)
      : runtime_(runtime), name_(name), out_(out), operands_(int(inputs.size()) + 1) {
    std::copy(inputs.begin(), inputs.end(), inputs_);
    Extents extents[max_operands] = {extents_of(out)};
    for (int k = 1; k < operands_; ++k)
      if (!input(k).is_scalar()) extents[k] = extents_of(input(k).view);
    layout_ = make_layout(extents, operands_, true);
  }
  /// Calls rows(part, starts) for parts of the layout that consist of rows of vectors of four, and
  /// others(part, starts) for the others; one call, nearly always.
  template <class F, class G> void each(const F& rows, const G& others) const {
    each_part(layout_, operands_, [&](const Layout& part, const std::int64_t* starts) {
      if (goes_by_rows(part, starts)) rows(part, starts);
      else others(part, starts);
    });
  }
  template <int inputs, class F>
  void by_rows(const F& f, const Layout& part, const std::int64_t* starts) const {
    if constexpr (!std::is_same_v<decltype(call<1 + inputs>(f, 0.f, 0.f, 0.f, 0.f)),
                                  bool>)  // a comparison has two dtypes
      if (is_dense(part, starts)) {
        if (out_.dtype() == DType::float32) return dense<float, 1 + inputs>(f, part, starts);
        if (out_.dtype() == DType::bfloat16) return dense<BFloat16, 1 + inputs>(f, part, starts);
      }
    Rows<1 + inputs> rows;
    Layout outer = part;
    --outer.rank;
    const std::int64_t per_row = ceil_div(part.inner(), 4), height = part.count / part.inner();
    rows.size = std::uint32_t(part.inner()), rows.vectors = std::uint32_t(per_row * height),
    rows.per_row = Divisor(per_row);
    rows.starts = OffsetCalculator<1 + inputs>(outer), rows.is_one = height == 1;
    launch(runtime_, name_, blocks(rows.vectors, vectors_of_thread<1 + inputs>),
           elementwise_threads, elementwise_rows<1 + inputs, F>, f, array<float>(0, part, starts),
           arrays<float>(part, starts), rows);
  }
  template <class S, int operands, class F>
  void dense(const F& f, const Layout& part, const std::int64_t* starts) const {
    const auto sixteen = [&](int k) {
      return k < operands && !input(k).is_scalar()
                 ? reinterpret_cast<const Sixteen*>(address(k, starts[k]))
                 : nullptr;
    };
    const float number = operands > 1 && input(operands - 1).is_scalar()
                             ? scalar_as<float>(input(operands - 1).scalar)
                             : 0;
    const std::int64_t pieces = part.count / lanes<S>;
    launch(runtime_, name_, blocks(pieces, 2), elementwise_threads,
           elementwise_dense<S, operands, F>, f, reinterpret_cast<S*>(address(0, starts[0])),
           sixteen(1), sixteen(2), sixteen(3), sixteen(4), number, std::uint32_t(pieces));
  }
  template <class T, int inputs, class F>
  void strided(const F& f, const Layout& part, const std::int64_t* starts) const {
    launch(runtime_, name_, blocks(part.count, 1), elementwise_threads,
           elementwise_strided<T, 1 + inputs, F>, f, array<T>(0, part, starts),
           arrays<T>(part, starts), OffsetCalculator<1 + inputs>(part), std::uint32_t(part.count));
  }

 private:
  const Operand& input(int k) const { return inputs_[k - 1]; }
  const View& view(int k) const { return k == 0 ? out_ : input(k).view; }
  static unsigned blocks(std::int64_t items, int a_thread) {
    return unsigned(ceil_div(items, elementwise_threads * a_thread));
  }

  bool goes_by_rows(const Layout& part, const std::int64_t* starts) const {
    if (part.inner_stride(0) != 1 || (part.rank > 1 && part.inner() % 4 != 0)) return false;
    for (int k = 0; k < operands_; ++k) {
      if (k > 0 && input(k).is_scalar()) continue;
      if (!is_short(view(k).dtype())) return false;
      if (k > 0 && part.inner_stride(k) == 0) continue;
      if (part.inner_stride(k) != 1 || !is_aligned(part, k, starts[k])) return false;
    }
    return true;
  }
  /// Returns whether a part that goes by rows has one dtype and consists of aligned vectors of 16
  /// bytes. The last operand may be a scalar if it is not the only one.
  bool is_dense(const Layout& part, const std::int64_t* starts) const {
    const DType dtype = out_.dtype();
    if (part.rank != 1 || part.count * std::int64_t(size_of(dtype)) % 16 != 0) return false;
    for (int k = 0; k < operands_; ++k) {
      if (k > 1 && k == operands_ - 1 && input(k).is_scalar()) continue;
      if (k > 0 && input(k).is_scalar()) return false;
      if (view(k).dtype() != dtype || part.inner_stride(k) != 1 ||
          reinterpret_cast<std::uintptr_t>(address(k, starts[k])) % 16 != 0)
        return false;
    }
    return true;
  }
  static bool is_short(DType dtype) {
    return dtype == DType::boolean || (is_floating(dtype) && dtype != DType::float64);
  }
  /// Returns whether every row of the operand begins at an address that is aligned for vectors.
  bool is_aligned(const Layout& part, int k, std::int64_t start) const {
    bool aligned =
        reinterpret_cast<std::uintptr_t>(address(k, start)) % (4 * size_of(view(k).dtype())) == 0;
    for (int d = 0; d < part.rank - 1; ++d) aligned = aligned && part.strides[k][d] % 4 == 0;
    return aligned;
  }
  char* address(int k, std::int64_t start) const { return begin_of<char>(view(k), start); }
  template <class T> Array<T> array(int k, const Layout& part, const std::int64_t* starts) const {
    if (k >= operands_) return {};
    if (k > 0 && input(k).is_scalar())
      return {nullptr, DType::float32, 0, scalar_as<T>(input(k).scalar)};
    return {address(k, starts[k]), view(k).dtype(), int(part.inner_stride(k)), 0};
  }
  template <class T> Inputs<T> arrays(const Layout& part, const std::int64_t* starts) const {
    return {array<T>(1, part, starts), array<T>(2, part, starts), array<T>(3, part, starts),
            array<T>(4, part, starts)};
  }

  Runtime& runtime_;
  const char* name_;
  Operand inputs_[max_operands - 1] = {Scalar(), Scalar(), Scalar(), Scalar()};
  const View& out_;
  int operands_;
  Layout layout_;
};

}  // namespace tinygrad::cuda
