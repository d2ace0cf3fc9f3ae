// SPDX-License-Identifier: MIT
// fill and copy take any strides, and copy any dtype to any dtype. Both are elementwise kernels
// whose formula moves a value, or converts it; only transposed copies have a kernel of their own
// (copy.cl).
#include "backends/opencl/elementwise.h"
#include "backends/opencl/kernels.h"

namespace tinygrad::opencl {
namespace {

/// The dtype that elements are computed in.
DType computed(DType dtype) {
  return !is_floating(dtype) ? DType::int64 : size_of(dtype) == 8 ? dtype : DType::float32;
}

/// The formula of a copy, in the value a of one input.
std::string conversion(DType from, DType to) {
  if (kind_of(to) == DTypeKind::boolean) return "TO(long, a != 0)";
  if (computed(from) == computed(to)) return "a";
  if (is_floating(to)) return to == DType::float64 ? "TO(double, a)" : "TO(float, a)";
  if (size_of(to) == 8) return "whole(a)";  // saturates at the limits of int64
  const auto [least, most] = integer_range(to);
  return "saturated(a, " + std::to_string(least) + ", " + std::to_string(most) + ")";
}

// ------------------------------------------------------------ transposed copies
constexpr std::int64_t side = 16;  // elements along each side of a block

/// The dimension along which x is contiguous, if it is not the innermost and out's innermost is
/// contiguous; -1 if there is none.
int transposed_dim(const Layout& l) {
  if (l.rank < 2 || l.inner_stride(0) != 1 || l.inner_stride(1) == 1 || l.inner() < side) return -1;
  for (int d = 0; d < l.rank - 1; ++d)
    if (l.strides[1][d] == 1 && l.shape[d] >= side) return d;
  return -1;
}
/// The layout without dimension d and the innermost.
Layout without(Layout l, int d) {
  for (; d < l.rank - 2; ++d) swap_dims(l, 2, d, d + 1);
  l.rank -= 2;
  if (l.rank == 0) l.rank = 1, l.shape[0] = 1, l.strides[0][0] = l.strides[1][0] = 0;
  return l;
}
const char* word(DType dtype) {
  const std::size_t size = size_of(dtype);
  return size == 1 ? "uchar" : size == 2 ? "ushort" : size == 4 ? "uint" : "ulong";
}

void transpose(Runtime& runtime, const Layout& l, int d, const View& x, const View& out) {
  const std::int64_t rows = l.shape[d], columns = l.inner(), matrices = l.count / (rows * columns);
  const std::int64_t across = ceil_div(columns, side), down = ceil_div(rows, side);
  const bool by_items = runtime.is_cpu_form() || runtime.traits().group < 64;
  Launch launch(runtime, "copy.cl", by_items ? "transpose_by_items" : "transpose_by_groups");
  launch.define("T", word(x.dtype()))
      .indices(fits_32_bits(l, 2))
      .view(out)
      .view(x)
      .index(rows)
      .index(columns);
  launch.index(l.strides[0][d]).index(l.inner_stride(1)).layout("outer", without(l, d), 2);
  if (by_items) launch.run({{down, across, matrices}, {16, 1, 1}}, l.count);
  else launch.run({{across * side, down * 4, matrices}, {side, 4, 1}}, l.count);
}

}  // namespace

void fill(Runtime& runtime, const View& out, Scalar value) {
  if (kind_of(out.dtype()) == DTypeKind::boolean) value = Scalar(value.real() != 0);
  elementwise(runtime, {"(VEC(Y))(p)", out.dtype(), false}, {value}, {}, out);
}

void copy(Runtime& runtime, const View& x, const View& out) {
  if (x.dtype() == out.dtype() && out.count() > 0) {
    const Extents extents[] = {extents_of(out), extents_of(x)};
    const Layout layout = make_layout(extents, 2, true);
    if (const int d = transposed_dim(layout); d >= 0) return transpose(runtime, layout, d, x, out);
  }
  elementwise(runtime, {conversion(x.dtype(), out.dtype()), x.dtype(), false}, {}, {x}, out);
}

}  // namespace tinygrad::opencl
