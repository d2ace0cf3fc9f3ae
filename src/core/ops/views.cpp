// SPDX-License-Identifier: MIT
// Views: ops whose result shares the memory of x, with another shape and strides. Their derivatives
// are views too, or transposes of views: pad_to for slices, add_windows for windows.
#include <algorithm>

#include "core/check.h"
#include "core/ops/internal.h"
#include "tinygrad/ops.h"

namespace tinygrad {

static Call call_of(const char* op, const In& x) { return {op, x.location}; }

/// Computes the strides with which the elements of x, in place, have the new shape (of the same
/// number of elements). Returns false if there are none. Runs of dimensions of x that lie in memory
/// without gaps are matched with runs of dimensions of the new shape.
static bool strides_for(const View& x, const Shape& shape, Strides& strides) {
  strides = dense_strides(shape);
  if (x.count() == 0 || x.is_dense()) return true;
  int to = shape.rank() - 1;
  for (int from = x.rank() - 1; from >= 0;) {
    std::int64_t count = x.size(from), stride = x.stride(from--);  // of the run of x
    while (from >= 0 && (x.size(from) == 1 || count == 1 || x.stride(from) == stride * count)) {
      if (count == 1) stride = x.stride(from);
      count *= x.size(from--);
    }
    std::int64_t filled = 1;
    while (to >= 0 && filled < count) {
      strides[to] = stride * filled;
      filled *= shape[to--];
    }
    while (to >= 0 && shape[to] == 1) strides[to--] = stride * filled;
    if (filled != count) return false;
  }
  return true;
}

/// The shape with its -1, if any, replaced by the size that follows from the number of elements.
static Shape resolve(const Call& call, const Tensor& x, Shape shape) {
  const std::int64_t count = x.numel(call.location);
  int unknown = -1;
  std::int64_t known = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    require<ShapeError>(shape[i] >= -1, call, "the size ", shape[i], " in ", shape,
                        " is negative; one size may be -1");
    require<ShapeError>(shape[i] >= 0 || unknown < 0, call, "only one size may be -1, got ", shape);
    if (shape[i] < 0) unknown = i;
    else
      require<ShapeError>(checked_mul(known, shape[i], known), call, "the number of elements of ",
                          shape, " does not fit into 63 bits");
  }
  if (unknown >= 0) {
    require<ShapeError>(known > 0 && count % known == 0, call, "the -1 in ", shape,
                        " cannot be inferred from the ", count, " elements of ", x.shape());
    shape[unknown] = count / known;
  }
  require<ShapeError>(shape.count() == count, call, x.shape(), " has ", count, " elements, but ",
                      shape, " has ", shape.count());
  return shape;
}

/// A view with this shape and these strides.   dx = dy, reshaped to the shape of x.
static Tensor reshape_view(const char* name, const In& x, const Shape& shape,
                           const Strides& strides) {
  return apply_view({name, x, shape, strides, view_of(x).offset(),
                     [](Dy dy, Saved s) { return reshape(dy, s.shape(0)); }});
}

/// A view whose dimension i is dimension order[i] of x.   dx = dy, permuted by the inverse order.
static Tensor permute_view(const char* name, const In& x, const Dims& order) {
  Shape shape;
  Strides strides;
  Dims inverse = order;
  for (int i = 0; i < order.rank(); ++i) {
    shape.push_back(x->shape()[int(order[i])]);
    strides.push_back(x->strides()[int(order[i])]);
    inverse[int(order[i])] = i;
  }
  return apply_view({name, x, shape, strides, view_of(x).offset(),
                     [inverse](Dy dy, Saved) { return permute(dy, inverse); }});
}

/// A tensor of this shape with x at start, start + step ... of dimension axis, and zeros elsewhere.
static Tensor pad_axis(const Tensor& x, int axis, std::int64_t start, std::int64_t step,
                       const Shape& shape) {
  Dims starts = Dims::filled(shape.rank(), 0), steps = Dims::filled(shape.rank(), 1);
  starts[axis] = start, steps[axis] = step;
  return pad_to(x, starts, steps, shape, 0);
}

/// The positions in memory of the elements of a view with these strides, in row-major order.
static Tensor positions_of(const View& v, const Device& device) {
  const TensorOptions integers{.dtype = DType::int64, .device = device};
  Tensor at = full({}, v.offset(), integers);
  for (int d = 0; d < v.rank(); ++d)
    at = unsqueeze(at, -1) + arange(0, v.size(d), 1, integers) * v.stride(d);
  return flatten(at);
}

Tensor view(In x, const Shape& shape) {
  const Call call = call_of("view", x);
  const Shape resolved = resolve(call, *x, shape);
  Strides strides;
  require<ShapeError>(strides_for(view_of(x), resolved, strides), call, "shape ", x->shape(),
                      " with strides ", x->strides(), " cannot be viewed as ", resolved,
                      " without a copy; use reshape");
  return reshape_view("view", x, resolved, strides);
}

Tensor reshape(In x, const Shape& shape) {
  const Shape resolved = resolve(call_of("reshape", x), *x, shape);
  Strides strides;
  if (strides_for(view_of(x), resolved, strides))
    return reshape_view("reshape", x, resolved, strides);
  const Tensor dense = contiguous({*x, x.location});
  return reshape_view("reshape", {dense, x.location}, resolved, dense_strides(resolved));
}

Tensor flatten(In x, int start, int end) {
  const int first = check_dim("flatten", x, start), last = check_dim("flatten", x, end);
  require<IndexError>(first <= last, call_of("flatten", x), "dimension ", start,
                      " comes after dimension ", end, " of shape ", x->shape());
  Shape shape;
  for (int i = 0; i < first; ++i) shape.push_back(x->shape()[i]);
  Shape merged;
  for (int i = first; i <= last && i < x->dim(); ++i) merged.push_back(x->shape()[i]);
  shape.push_back(merged.count());
  for (int i = last + 1; i < x->dim(); ++i) shape.push_back(x->shape()[i]);
  return reshape({*x, x.location}, shape);
}

Tensor unflatten(In x, int dim, const Shape& shape) {
  const Call call = call_of("unflatten", x);
  require<ShapeError>(x->dim() > 0, call, "a 0-d tensor has no dimension to split");
  const int axis = check_dim("unflatten", x, dim);
  const std::int64_t total = x->shape()[axis];
  std::int64_t known = 1, unknown = 0;  // the product of the sizes, and how many are -1
  bool splits = true;
  for (std::int64_t size : shape) {
    if (size == -1) ++unknown;
    else splits = splits && size >= 0 && checked_mul(known, size, known);
  }
  splits =
      splits && (unknown == 0 ? known == total : unknown == 1 && known > 0 && total % known == 0);
  require<ShapeError>(splits, call, "dimension ", dim, " of ", Marked{x->shape(), axis},
                      " does not split into ", shape);
  Shape result;
  for (int i = 0; i < axis; ++i) result.push_back(x->shape()[i]);
  for (std::int64_t size : shape) result.push_back(size == -1 ? total / known : size, x.location);
  for (int i = axis + 1; i < x->dim(); ++i) result.push_back(x->shape()[i]);
  return reshape({*x, x.location}, result);
}

Tensor permute(In x, const Dims& order) {
  const Call call = call_of("permute", x);
  require<ShapeError>(order.rank() == x->dim(), call, "the order ", order, " has ", order.rank(),
                      " dimensions, but shape ", x->shape(), " has ", x->dim());
  Dims positions;
  for (std::int64_t dim : order) {
    const int position = check_dim(call, *x, dim);
    require(!positions.contains(position), call, "dimension ", dim, " is named twice in ", order);
    positions.push_back(position);
  }
  return permute_view("permute", x, positions);
}

Tensor transpose(In x, int a, int b) {
  const int i = check_dim("transpose", x, a), k = check_dim("transpose", x, b);
  Dims order;
  for (int d = 0; d < x->dim(); ++d) order.push_back(d == i ? k : d == k ? i : d);
  return permute_view("transpose", x, order);
}

Tensor movedim(In x, const Axes& source, const Axes& destination) {
  const Call call = call_of("movedim", x);
  require(source.rank() == destination.rank(), call, "expected as many dimensions in ", source,
          " as in ", destination);
  Dims order = Dims::filled(x->dim(), -1), moved;
  for (int i = 0; i < source.rank(); ++i) {
    const int from = check_dim(call, *x, source[i]), to = check_dim(call, *x, destination[i]);
    if (x->dim() == 0) continue;
    require(!moved.contains(from) && order[to] < 0, call, "a dimension is named twice in ", source,
            " or ", destination);
    order[to] = from, moved.push_back(from);
  }
  int next = 0;
  for (std::int64_t& dim : order) {
    while (dim < 0 && moved.contains(next)) ++next;
    if (dim < 0) dim = next++;
  }
  return permute_view("movedim", x, order);
}

Tensor t(In x) {
  require<ShapeError>(x->dim() <= 2, Call{"t", x.location}, "expected a matrix, got shape ",
                      x->shape(), "; use transpose(a, b) or permute(order)");
  return x->dim() == 2 ? transpose({*x, x.location}, 0, 1) : *x;
}

Tensor squeeze(In x, int dim) {
  const int axis = check_dim("squeeze", x, dim);
  Shape shape = x->shape();
  Strides strides = x->strides();
  if (x->dim() > 0 && shape[axis] == 1) shape.erase(axis), strides.erase(axis);
  return reshape_view("squeeze", x, shape, strides);
}
Tensor squeeze(In x) {
  Shape shape;
  Strides strides;
  for (int i = 0; i < x->dim(); ++i)
    if (x->shape()[i] != 1) shape.push_back(x->shape()[i]), strides.push_back(x->strides()[i]);
  return reshape_view("squeeze", x, shape, strides);
}
Tensor unsqueeze(In x, int dim) {
  const int rank = x->dim() + 1;
  require<IndexError>(dim >= -rank && dim < rank, call_of("unsqueeze", x), "dimension ", dim,
                      " is not in [", -rank, ", ", rank, ") for shape ", x->shape());
  const int axis = dim < 0 ? dim + rank : dim;
  Shape shape = x->shape();
  Strides strides = x->strides();
  const std::int64_t stride = axis < x->dim() && x->numel() > 0
                                  ? shape[axis] * strides[axis]
                                  : 1;  // any stride is valid for an empty tensor
  shape.insert(axis, 1, x.location), strides.insert(axis, stride);
  return reshape_view("unsqueeze", x, shape, strides);
}

/// dx = Σ dy over the repeated dimensions. The backward pass undoes broadcasting for all ops, so
/// the derivative is dy itself.
Tensor expand(In x, const Shape& shape) {
  const Call call = call_of("expand", x);
  Shape resolved = shape;
  const int extra = shape.rank() - x->dim();
  require<ShapeError>(extra >= 0, call, "shape ", shape, " has fewer dimensions than ", x->shape());
  for (int i = 0; i < shape.rank(); ++i) {
    const bool keeps = shape[i] == -1 && i >= extra;
    if (keeps) resolved[i] = x->shape()[i - extra];
    require<ShapeError>(resolved[i] >= 0, call, "the size ", shape[i], " in ", shape,
                        " is negative; -1 keeps an existing size");
  }
  require<ShapeError>(broadcasts_to(x->shape(), resolved), call, "shape ", x->shape(),
                      " does not broadcast to ", resolved, "; only sizes of 1 can be repeated");
  const View v = view_of(x).broadcast_to(resolved);
  return apply_view(
      {"expand", x, resolved, v.strides(), v.offset(), [](Dy dy, Saved) { return dy; }});
}

std::vector<Tensor> broadcast_tensors(const Tensors& xs, SourceLocation location) {
  Shape shape;
  for (auto& x : xs) shape = broadcast_shapes({"broadcast_tensors", location}, shape, x.shape());
  std::vector<Tensor> ys;
  for (auto& x : xs) ys.push_back(expand({x, location}, shape));
  return ys;
}

Tensor atleast_1d(In x) { return x->dim() > 0 ? *x : reshape({*x, x.location}, {1}); }
Tensor atleast_2d(In x) {
  return x->dim() > 1 ? *x : unsqueeze({atleast_1d({*x, x.location}), x.location}, 0);
}
Tensor atleast_3d(In x) {
  return x->dim() > 2 ? *x : unsqueeze({atleast_2d({*x, x.location}), x.location}, -1);
}

Tensor select(In x, int dim, std::int64_t index) {
  const Call call = call_of("select", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor has no elements to select; use item()");
  const int axis = check_dim("select", x, dim);
  const std::int64_t size = x->shape()[axis];
  require<IndexError>(index >= -size && index < size, call, "index ", index, " is not in [", -size,
                      ", ", size, ") of dimension ", dim, " of ", Marked{x->shape(), axis});
  const std::int64_t i = index < 0 ? index + size : index;
  const View v = view_of(x).select(axis, i);
  return apply_view({"select", x, v.shape(), v.strides(), v.offset(), [axis, i](Dy dy, Saved s) {
                       return pad_axis(unsqueeze(dy, axis), axis, i, 1, s.shape(0));
                     }});
}

Tensor slice(In x, int dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  const Call call = call_of("slice", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be sliced");
  require(step >= 1, call, "the step must be positive, got ", step);
  const int axis = check_dim("slice", x, dim);
  const std::int64_t size = x->shape()[axis];
  auto clamped = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = clamped(start), last = std::max(first, clamped(end));
  Shape shape = x->shape();
  Strides strides = x->strides();
  shape[axis] = last == first ? 0 : (last - first - 1) / step + 1;
  const std::int64_t offset = view_of(x).offset() + (shape.count() ? first * strides[axis] : 0);
  if (shape[axis] > 1 && x->numel() > 0) strides[axis] *= step;
  return apply_view({"slice", x, shape, strides, offset, [axis, first, step](Dy dy, Saved s) {
                       return pad_axis(dy, axis, first, step, s.shape(0));
                     }});
}

Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length) {
  const Call call = call_of("narrow", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be narrowed");
  const int axis = check_dim("narrow", x, dim);
  const std::int64_t size = x->shape()[axis];
  const std::int64_t first = start < 0 && start >= -size ? start + size : start;
  require<IndexError>(first >= 0 && first <= size && length >= 0 && length <= size - first, call,
                      length, " elements from ", start, " on do not lie in dimension ", dim, " of ",
                      Marked{x->shape(), axis});
  return slice({*x, x.location}, axis, first, first + length);
}

/// dx = add_windows(dy), which adds overlapping elements.
Tensor windows(In x, const Dims& kernel, const Dims& stride, const Dims& dilation) {
  const Call call = call_of("windows", x);
  const int n = kernel.rank();
  require<ShapeError>(x->dim() == 2 + n, call, "expected shape [N, C, ...] with ", n,
                      " spatial dimensions, got ", x->shape());
  require(stride.rank() == n && dilation.rank() == n, call, "stride and dilation must have ", n,
          " values each");
  const Shape& size = x->shape();
  Shape shape = {size[0], size[1]};
  Strides strides = {x->strides()[0], x->strides()[1]};
  for (int i = 0; i < n; ++i) {
    require(kernel[i] > 0 && stride[i] > 0 && dilation[i] > 0, call,
            "kernel, stride and dilation must be positive");
    const std::int64_t room = size[2 + i] - 1;  // must hold kernel - 1 steps of dilation
    require<ShapeError>(room >= 0 && kernel[i] - 1 <= room / dilation[i], call, "windows of ",
                        kernel, " do not fit into ", Marked{size, 2 + i});
    const std::int64_t places = (room - dilation[i] * (kernel[i] - 1)) / stride[i] + 1;
    shape.push_back(places), strides.push_back(x->strides()[2 + i] * (places > 1 ? stride[i] : 1));
  }
  for (int i = 0; i < n; ++i)
    shape.push_back(kernel[i]),
        strides.push_back(x->strides()[2 + i] * (kernel[i] > 1 ? dilation[i] : 1));
  return apply_view(
      {"windows", x, shape, strides, view_of(x).offset(), [stride, dilation](Dy dy, Saved s) {
         return add_windows(dy, s.shape(0), stride, dilation);
       }});
}
Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride, const Dims& dilation) {
  return windows({*x, x.location}, {kh, kw}, stride, dilation);
}

/// dx = add_windows(dy) of an image with one channel and one column of windows.
Tensor unfold(In x, int dim, std::int64_t size, std::int64_t step) {
  const Call call = call_of("unfold", x);
  const int axis = check_dim(call, *x, dim);
  const Tensor line = atleast_1d({*x, x.location});
  Shape shape = line.shape();
  Strides strides = line.strides();
  const std::int64_t length = shape[axis];
  require<ShapeError>(size >= 0 && size <= length, call, "windows of ", size,
                      " elements do not fit into dimension ", dim, " of ", x->shape());
  require(step > 0, call, "the step must be positive, got ", step);
  shape[axis] = (length - size) / step + 1;
  shape.push_back(size), strides.push_back(strides[axis]);
  if (shape[axis] > 1) strides[axis] *= step;
  const In input{line, x.location};
  const Tensor y = apply_view(
      {"unfold", input, shape, strides, view_of(line).offset(), [axis, size, step](Dy dy, Saved s) {
         if (dy.numel() == 0) return expanded_zeros(dy, s.shape(0));
         Tensor rows = movedim(dy, axis, -2);  // [..., windows, size]
         Shape moved = rows.shape();
         const std::int64_t windows = moved[-2], count = rows.numel() / (windows * size);
         rows = add_windows(reshape(rows, {1, 1, count, windows, 1, size}),
                            {1, 1, count, s.shape(0)[axis]}, {1, step}, {1, 1});
         moved.erase(-1), moved[-1] = s.shape(0)[axis];
         return movedim(reshape(rows, moved), -1, axis);
       }});
  return x->dim() > 0 ? y : select({y, x.location}, 0, 0);
}

/// dx = zeros, with dy on the diagonal.
Tensor diagonal(In x, std::int64_t offset, int dim1, int dim2) {
  const Call call = call_of("diagonal", x);
  require<ShapeError>(x->dim() > 1, call, "expected at least two dimensions, got shape ",
                      x->shape());
  const int a = check_dim(call, *x, dim1), b = check_dim(call, *x, dim2);
  require(a != b, call, "dimension ", dim1, " is named twice");
  const std::int64_t below = std::min<std::int64_t>(offset, 0),
                     above = std::max<std::int64_t>(offset, 0);
  const std::int64_t count = std::min(x->shape()[a] + below, x->shape()[b] - above);
  Shape shape = without(x->shape(), {a, b});
  Strides strides = without(x->strides(), {a, b});
  shape.push_back(std::max<std::int64_t>(count, 0));
  strides.push_back(x->strides()[a] + x->strides()[b]);
  const std::int64_t first = shape.count() ? above * x->strides()[b] - below * x->strides()[a] : 0;
  return apply_view(
      {"diagonal", x, shape, strides, view_of(x).offset() + first, [offset, a, b](Dy dy, Saved s) {
         return diagonal_scatter(expanded_zeros(dy, s.shape(0)), dy, offset, a, b);
       }});
}

/// dy is added up where it lies in memory; elements of x that share a place share the sum.
Tensor as_strided(In x, const Shape& shape, const Strides& strides,
                  std::optional<std::int64_t> offset) {
  const Call call = call_of("as_strided", x);
  require<ShapeError>(shape.rank() == strides.rank(), call,
                      "expected a stride for each dimension of ", shape, ", got ", strides);
  const View& from = view_of(x.given());
  const std::int64_t start = offset.value_or(from.offset()),
                     room = std::int64_t(from.memory().bytes / size_of(x->dtype()));
  std::int64_t last = start, extent = 0;
  for (int i = 0; i < shape.rank(); ++i) {
    require<ShapeError>(shape[i] >= 0 && strides[i] >= 0, call, "sizes and strides must not be ",
                        "negative, got ", shape, " and ", strides);
    if (!checked_mul(shape[i] - 1, strides[i], extent) || !checked_add(last, extent, last))
      last = INT64_MAX;
  }
  require<ShapeError>(shape.count() == 0 || (start >= 0 && last < room), call, "shape ", shape,
                      " with strides ", strides, " from element ", start,
                      " on does not lie in the memory of x, which has ", room, " elements");
  const View to = from.reshaped(shape, strides, start);
  return apply_view(
      {"as_strided", x, shape, strides, start, [from, to, room](Dy dy, Saved s) {
         const Tensor memory = expanded_zeros(dy, {room}), at = positions_of(from, dy.device());
         const Tensor sums = scatter_add(memory, 0, positions_of(to, dy.device()), flatten(dy)),
                      uses = scatter_add(memory, 0, at, expanded_zeros(dy, at.shape()) + 1);
         return reshape(gather(sums / maximum(uses, 1), 0, at), s.shape(0));
       }});
}

}  // namespace tinygrad
