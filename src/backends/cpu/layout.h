// SPDX-License-Identifier: MIT
// Iterates over the operands of one call (backends/common/layout.h), and moves elements between any
// strides and a small contiguous buffer.
#pragma once
#include "backends/common/layout.h"
#include "backends/cpu/parallel.h"
#include "backends/cpu/scratch.h"
#include "backends/cpu/vector.h"

namespace tinygrad::cpu {
namespace {

constexpr std::int64_t grain =
    32768;  // elements of one part: below two of them a call is not worth a second thread
constexpr int chunk =
    512;  // elements of the buffers that strided or converted operands pass through

/// The layout of arrays of one shape. A null one has strides 0.
inline Layout make_layout(const Array* const* arrays, int operands, bool order_is_free) {
  Extents extents[max_operands];
  for (int k = 0; k < operands; ++k)
    extents[k] =
        arrays[k] ? Extents{arrays[k]->rank, arrays[k]->shape, arrays[k]->strides} : Extents{};
  return make_layout(extents, operands, order_is_free);
}

/// A position in the iteration: the index of an element, and the offset of one operand there.
struct IndexIterator {
  const Layout& layout;
  const std::int64_t* strides;
  std::int64_t index[8], offset = 0;
  IndexIterator(const Layout& l, int operand, std::int64_t start)
      : layout(l), strides(l.strides[operand]) {
    for (int d = l.rank - 1; d >= 0; --d) {
      index[d] = d ? start % l.shape[d] : start;
      start /= l.shape[d];
      offset += index[d] * strides[d];
    }
  }
  /// The number of elements of the row from here on.
  std::int64_t left() const { return layout.inner() - index[layout.rank - 1]; }
  /// Moves on by n elements, within the row or to the start of the next.
  void advance(std::int64_t n) {
    int d = layout.rank - 1;
    index[d] += n, offset += n * strides[d];
    for (; d > 0 && index[d] == layout.shape[d]; --d) {
      offset += strides[d - 1] - index[d] * strides[d];
      index[d] = 0, ++index[d - 1];
    }
  }
};

/// Elements start ... start + n - 1 of operand k, whose first element is base, to a contiguous
/// buffer.
template <class W>
void gather_words(const W* base, const Layout& l, int k, std::int64_t start, std::int64_t n,
                  W* to) {
  const std::int64_t stride = l.inner_stride(k);
  for (IndexIterator at(l, k, start); n > 0;) {
    const std::int64_t run = min(n, at.left());
    const W* from = base + at.offset;
    if (stride == 1) std::memcpy(to, from, std::size_t(run) * sizeof(W));
    else
      for (std::int64_t i = 0; i < run; ++i) to[i] = from[i * stride];
    to += run, n -= run;
    if (n > 0) at.advance(run);
  }
}
/// The inverse of gather_words.
template <class W>
void scatter_words(W* base, const Layout& l, int k, std::int64_t start, std::int64_t n,
                   const W* from) {
  const std::int64_t stride = l.inner_stride(k);
  for (IndexIterator at(l, k, start); n > 0;) {
    const std::int64_t run = min(n, at.left());
    W* to = base + at.offset;
    if (stride == 1) std::memcpy(to, from, std::size_t(run) * sizeof(W));
    else
      for (std::int64_t i = 0; i < run; ++i) to[i * stride] = from[i];
    from += run, n -= run;
    if (n > 0) at.advance(run);
  }
}
/// Calls f with a zero of the unsigned type of an element's size.
template <class F> TINYGRAD_INLINE void with_word(int bytes, const F& f) {
  if (bytes == 4) f(std::uint32_t{});
  else if (bytes == 8) f(std::uint64_t{});
  else if (bytes == 2) f(std::uint16_t{});
  else f(std::uint8_t{});
}
inline void gather_elements(const void* base, int bytes, const Layout& l, int k, std::int64_t start,
                            std::int64_t n, void* to) {
  with_word(bytes, [&](auto word) {
    gather_words(static_cast<const decltype(word)*>(base), l, k, start, n,
                 static_cast<decltype(word)*>(to));
  });
}
inline void scatter_elements(void* base, int bytes, const Layout& l, int k, std::int64_t start,
                             std::int64_t n, const void* from) {
  with_word(bytes, [&](auto word) {
    scatter_words(static_cast<decltype(word)*>(base), l, k, start, n,
                  static_cast<const decltype(word)*>(from));
  });
}

/// n stored values to the type they are computed in, and back. bool also becomes float or double
/// (conditions).
template <class T> void to_compute(DType dtype, const void* from, T* to, std::int64_t n) {
  with_stored(dtype, [&](auto zero) {
    using S = decltype(zero);
    const S* x = static_cast<const S*>(from);
    if constexpr (std::is_same_v<Compute<S>, T>) {
      std::int64_t i = 0;
      for (; i + lanes<T> <= n; i += lanes<T>) store(to + i, load(x + i));
      if (i < n) store_some(to + i, load_some(x + i, n - i), n - i);
    } else if constexpr (std::is_same_v<S, Bit>) {
      for (std::int64_t i = 0; i < n; ++i) to[i] = T(x[i].bits != 0);
    }
  });
}
template <class T> void from_compute(DType dtype, const T* from, void* to, std::int64_t n) {
  with_stored(dtype, [&](auto zero) {
    using S = decltype(zero);
    if constexpr (std::is_same_v<Compute<S>, T>) {
      S* y = static_cast<S*>(to);
      std::int64_t i = 0;
      for (; i + lanes<T> <= n; i += lanes<T>) store(y + i, load(from + i));
      if (i < n) store_some(y + i, load_some(from + i, n - i), n - i);
    }
  });
}
/// Elements start ... of operand k of x's memory, computed type, to a buffer; n <= chunk. And back.
template <class T>
void read(const Array& x, const Layout& l, int k, std::int64_t start, std::int64_t n, T* to) {
  alignas(64) std::uint64_t raw[chunk];
  gather_elements(x.data, bytes_of(x.dtype), l, k, start, n, raw);
  to_compute(x.dtype, raw, to, n);
}
template <class T>
void write(const Array& out, const Layout& l, int k, std::int64_t start, std::int64_t n,
           const T* from) {
  alignas(64) std::uint64_t raw[chunk];
  from_compute(out.dtype, from, raw, n);
  scatter_elements(out.data, bytes_of(out.dtype), l, k, start, n, raw);
}

}  // namespace
}  // namespace tinygrad::cpu
