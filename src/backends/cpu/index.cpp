// SPDX-License-Identifier: MIT
// gather and scatter. Every index is checked before it is used, and the lowest position of a bad
// one is reported. Rows are copied whole if one index serves a whole row, as in an embedding.
//
// scatter adds floats to out one after the other. If an element gets so many that its sum would
// drift, they are added in double.
#include "backends/cpu/dense.h"
#include "backends/cpu/layout.h"

namespace tinygrad::cpu {
namespace {

constexpr BadIndex all_good = {-1, 0, 0};

/// A box of positions in arrays of one rank, which is visited row by row in row-major order. No
/// dimensions are merged, so that `dim` keeps its number.
struct Box {
  int rank;
  std::int64_t shape[8], first[8], count = 1;
  Box(const Array& index, int cut, std::int64_t begin, std::int64_t end) : rank(index.rank) {
    for (int d = 0; d < rank; ++d) shape[d] = index.shape[d], first[d] = 0;
    if (rank) shape[cut] = end - begin, first[cut] = begin;
    for (int d = 0; d < rank; ++d) count *= shape[d];
  }
  std::int64_t row() const { return rank ? shape[rank - 1] : 1; }
};
/// Calls row(position) for the first element of each row; position is that in the whole index.
template <class F> void each_row(const Box& box, const F& row) {
  if (box.count == 0) return;
  std::int64_t position[8];
  for (int d = 0; d < box.rank; ++d) position[d] = box.first[d];
  for (;;) {
    if (!row(position)) return;
    int d = box.rank - 2;
    for (; d >= 0 && ++position[d] == box.first[d] + box.shape[d]; --d) position[d] = box.first[d];
    if (d < 0) return;
  }
}
/// The offset of a position in an array, not counting dimension `skip`.
std::int64_t offset_at(const Array& x, const std::int64_t* position, int skip = -1) {
  std::int64_t offset = 0;
  for (int d = 0; d < x.rank; ++d)
    if (d != skip) offset += position[d] * x.strides[d];
  return offset;
}
std::int64_t row_major(const Array& x, const std::int64_t* position) {
  std::int64_t number = 0;
  for (int d = 0; d < x.rank; ++d) number = number * x.shape[d] + position[d];
  return number;
}
std::int64_t last_stride(const Array& x) { return x.rank ? x.strides[x.rank - 1] : 0; }
std::int64_t size_along(const Array& x, int dim) { return x.rank ? x.shape[dim] : 1; }
std::int64_t stride_along(const Array& x, int dim) { return x.rank ? x.strides[dim] : 0; }

/// The largest dimension other than `dim`, or dim if there is none. Parts along it name different
/// elements along dim.
int dim_to_cut(const Array& index, int dim) {
  int best = dim;
  for (int d = 0; d < index.rank; ++d)
    if (d != dim && (best == dim || index.shape[d] > index.shape[best])) best = d;
  return best;
}
/// Runs part(box) over the whole index, cut along `cut`.
template <class Part> void each_part(const Array& index, int cut, const Part& part) {
  const std::int64_t n = index.rank ? index.shape[cut] : 1,
                     a_slice = max<std::int64_t>(1, index.count / max<std::int64_t>(1, n));
  const std::int64_t slices = round_up(max<std::int64_t>(1, grain / a_slice), 16);
  if (index.count < 2 * grain) part(Box(index, cut, 0, n), 0);
  else
    parallel_ranges(n, slices, [&](std::int64_t begin, std::int64_t end) {
      part(Box(index, cut, begin, end), begin / slices);
    });
}
std::int64_t parts_of(const Array& index, int cut) {
  return index.rank ? index.shape[cut] / 16 + 1 : 1;
}

/// The first bad index of a box.
BadIndex check(const Array& index, const Box& box, std::int64_t size) {
  BadIndex bad = all_good;
  const std::int64_t stride = last_stride(index),
                     n = stride == 0 ? min<std::int64_t>(1, box.row()) : box.row();
  each_row(box, [&](const std::int64_t* position) {
    const std::int64_t* at =
        static_cast<const std::int64_t*>(index.data) + offset_at(index, position);
    std::uint64_t largest = 0;
    for (std::int64_t i = 0; i < n; ++i) largest = max(largest, std::uint64_t(at[i * stride]));
    if (largest < std::uint64_t(size)) return true;
    for (std::int64_t i = 0;; ++i)
      if (std::uint64_t(at[i * stride]) >= std::uint64_t(size)) {
        bad = {row_major(index, position) + i, at[i * stride], size};
        return false;
      }
  });
  return bad;
}
/// The first bad index of the whole index, in row-major order.
BadIndex check(const Array& index, int dim, std::int64_t size) {
  const int cut = dim_to_cut(index, dim);
  const Scratch<BadIndex> found(parts_of(index, cut));
  for (std::int64_t i = 0; i < parts_of(index, cut); ++i) found[i] = all_good;
  each_part(index, cut,
            [&](const Box& box, std::int64_t part) { found[part] = check(index, box, size); });
  BadIndex first = all_good;
  for (std::int64_t i = 0; i < parts_of(index, cut); ++i)
    if (found[i].position >= 0 && (first.position < 0 || found[i].position < first.position))
      first = found[i];
  return first;
}

template <class W>
void gather_box(const Array& x, int dim, const Array& index, const Array& out, const Box& box) {
  const bool inner = dim == index.rank - 1;  // otherwise one index may serve a whole row
  const std::int64_t n = box.row(), along = stride_along(x, dim),
                     x_step = inner ? 0 : last_stride(x);
  const std::int64_t index_step = last_stride(index), out_step = last_stride(out);
  each_row(box, [&](const std::int64_t* position) {
    const std::int64_t* at =
        static_cast<const std::int64_t*>(index.data) + offset_at(index, position);
    const W* from = static_cast<const W*>(x.data) + offset_at(x, position, dim);
    W* to = static_cast<W*>(out.data) + offset_at(out, position);
    if (index_step == 0 && x_step == 1 && out_step == 1)
      std::memcpy(to, from + *at * along, std::size_t(n) * sizeof(W));
    else
      for (std::int64_t i = 0; i < n; ++i)
        to[i * out_step] = from[i * x_step + at[i * index_step] * along];
    return true;
  });
}

template <class S> TINYGRAD_INLINE S plus(S a, S b) {
  if constexpr (std::is_same_v<S, Bit>) return {std::uint8_t((a.bits | b.bits) != 0)};
  else if constexpr (std::is_integral_v<S>) return S(std::uint64_t(a) + std::uint64_t(b));
  else if constexpr (std::is_same_v<S, Compute<S>>) return a + b;
  else {
    S sum;
    store_some(&sum, load_some(&a, 1) + load_some(&b, 1), 1);
    return sum;
  }
}
/// Calls write(at, from, to) for each row of the index: its indices, its elements of x, and the
/// elements of out that index 0 names.
template <class From, class To, class F>
void each_source_row(const Array& out, int dim, const Array& index, const Array& x, const Box& box,
                     const F& write) {
  each_row(box, [&](const std::int64_t* position) {
    write(static_cast<const std::int64_t*>(index.data) + offset_at(index, position),
          static_cast<const From*>(x.data) + offset_at(x, position),
          static_cast<To*>(out.data) + offset_at(out, position, dim));
    return true;
  });
}
/// Of the elements of x with one index, out gets the last, moved as words.
template <class W>
void scatter_set(const Array& out, int dim, const Array& index, const Array& x, const Box& box) {
  const std::int64_t n = box.row(), along = stride_along(out, dim), index_step = last_stride(index),
                     x_step = last_stride(x),
                     out_step = dim == index.rank - 1 ? 0 : last_stride(out);
  each_source_row<W, W>(out, dim, index, x, box, [&](const std::int64_t* at, const W* from, W* to) {
    for (std::int64_t i = 0; i < n; ++i)
      to[i * out_step + at[i * index_step] * along] = from[i * x_step];
  });
}

constexpr std::int64_t many = 1024;  // elements of x that are added to one of out in its own type

/// The elements along dim that get many of x, if all lines have one index.
struct Frequent {
  Scratch<std::int32_t> slots;     // of each element along dim: -1 if it gets few
  Scratch<std::int64_t> elements;  // of each slot
  std::int64_t count = 0;
  Frequent(const Array& index, int dim, std::int64_t size)
      : slots(size), elements(index.shape[dim] / many) {
    const auto* at = static_cast<const std::int64_t*>(index.data);
    std::memset(slots, 0, std::size_t(size) * sizeof(std::int32_t));
    for (std::int64_t k = 0; k < index.shape[dim]; ++k) {
      std::int32_t& hits = slots[at[k * index.strides[dim]]];
      hits += hits <= many;
    }
    for (std::int64_t i = 0; i < size; ++i)
      if (slots[i] > many) elements[count] = i, slots[i] = std::int32_t(count++);
      else slots[i] = -1;
  }
};

/// out, computed in To, gets the sum, in order, of its element and those of x with its index; but
/// not those that are frequent.
template <class From, class To>
void scatter_add(const Array& out, int dim, const Array& index, const Array& x, const Box& box,
                 const Frequent* frequent) {
  const std::int64_t n = box.row(), along = stride_along(out, dim), index_step = last_stride(index),
                     x_step = last_stride(x),
                     out_step = dim == index.rank - 1 ? 0 : last_stride(out);
  const auto is_left_out = [&](std::int64_t at) { return frequent && frequent->slots[at] >= 0; };
  each_source_row<From, To>(out, dim, index, x, box,
                            [&](const std::int64_t* at, const From* from, To* to) {
                              if (index_step == 0 && out_step == 1) {
                                if (is_left_out(*at)) return;
                                To* row = to + *at * along;
                                for (std::int64_t i = 0; i < n; ++i)
                                  row[i] = plus(row[i], To(from[i * x_step]));
                              } else
                                for (std::int64_t i = 0; i < n; ++i) {
                                  if (is_left_out(at[i * index_step])) continue;
                                  To& y = to[i * out_step + at[i * index_step] * along];
                                  y = plus(y, To(from[i * x_step]));
                                }
                            });
}
/// Adds the elements of x that scatter_add() leaves out. `lines`: the box of positions, of size 1
/// along dim.
template <class S>
void add_frequent(const Array& out, int dim, const Array& index, const Array& x, Box lines,
                  const Frequent& frequent) {
  lines.count /= lines.shape[dim], lines.shape[dim] = 1;
  const std::int64_t n = lines.row(), x_step = last_stride(x), out_step = last_stride(out);
  const auto* at = static_cast<const std::int64_t*>(index.data);
  const Scratch<double> sums(frequent.count * n);
  each_row(lines, [&](const std::int64_t* position) {
    const S* from = static_cast<const S*>(x.data) + offset_at(x, position);
    S* to = static_cast<S*>(out.data) + offset_at(out, position, dim);
    std::memset(sums, 0, std::size_t(frequent.count * n) * sizeof(double));
    for (std::int64_t k = 0; k < index.shape[dim]; ++k) {
      const std::int32_t slot = frequent.slots[at[k * index.strides[dim]]];
      for (std::int64_t i = 0; slot >= 0 && i < n; ++i)
        sums[slot * n + i] += double(from[k * x.strides[dim] + i * x_step]);
    }
    for (std::int64_t slot = 0; slot < frequent.count; ++slot)
      for (std::int64_t i = 0; i < n; ++i) {
        S& y = to[frequent.elements[slot] * out.strides[dim] + i * out_step];
        y = S(double(y) + sums[slot * n + i]);
      }
    return true;
  });
}

/// Returns whether all lines along dim have one index, by strides of 0.
bool is_shared(const Array& index, int dim) {
  for (int d = 0; d < index.rank; ++d)
    if (d != dim && index.shape[d] > 1 && index.strides[d] != 0) return false;
  return true;
}

}  // namespace

namespace TINYGRAD_ISA {

void gather(const Array& x, int dim, const Array& index, const Array& out) {
  if (index.count == 0) return;
  throw_if_bad(index, check(index, dim, size_along(x, dim)));
  each_part(index, dim_to_cut(index, -1), [&](const Box& box, std::int64_t) {
    with_word(bytes_of(x.dtype),
              [&](auto word) { gather_box<decltype(word)>(x, dim, index, out, box); });
  });
}

void scatter(const Array& out, int dim, const Array& index, const Array& x, Write how) {
  if (index.count == 0) return;
  throw_if_bad(index, check(index, dim, size_along(out, dim)));
  const int cut = dim_to_cut(index, dim);
  const auto run = [&](const auto& part) {
    if (cut == dim) part(Box(index, cut, 0, size_along(index, cut)), 0);  // in order, on one thread
    else each_part(index, cut, part);
  };
  if (how == Write::set)
    return run([&](const Box& box, std::int64_t) {
      with_word(bytes_of(x.dtype),
                [&](auto word) { scatter_set<decltype(word)>(out, dim, index, x, box); });
    });
  visit_arithmetic(x.dtype, [&](auto zero) {
    using S = Stored<decltype(zero)>;
    const auto add = [&]<class To>(To, const Array& to, const Frequent* frequent) {
      run([&](const Box& box, std::int64_t) {
        scatter_add<S, To>(to, dim, index, x, box, frequent);
        if constexpr (std::is_floating_point_v<S>)
          if (frequent) add_frequent<S>(to, dim, index, x, box, *frequent);
      });
    };
    if constexpr (std::is_floating_point_v<S>) {
      if (size_along(index, dim) > many && is_shared(index, dim)) {
        const Frequent frequent(index, dim, size_along(out, dim));
        return add(S{}, out, frequent.count > 0 ? &frequent : nullptr);
      }
      if (size_along(index, dim) > many && !std::is_same_v<S, double>) {
        const Scratch<double> sums(out.count);
        const Array wide = dense_like(out, sums, DType::float64);
        copy(out, wide);
        add(double{}, wide, nullptr);
        return copy(wide, out);
      }
    }
    add(S{}, out, nullptr);
  });
}

}  // namespace TINYGRAD_ISA
}  // namespace tinygrad::cpu
