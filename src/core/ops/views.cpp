// Views: other looks at the same memory. Their derivatives are views too, or transposes of them:
// pad_to for slices, fold for windows.
#include <algorithm>

#include "core/check.h"
#include "core/ops/internal.h"
#include "tinygrad/ops.h"

namespace tinygrad {
namespace {

Call call_of(const char* op, const In& x) { return {op, x.location}; }

/// The strides under which x's elements, unmoved, have the new shape (of the same count); false
/// where there are none. Runs of dimensions that lie in memory without gaps are matched with runs
/// of the new shape.
bool strides_for(const View& x, const Shape& shape, Strides& strides) {
  strides = dense_strides(shape);
  if (x.count() == 0 || x.is_dense()) return true;
  int to = shape.rank() - 1;
  for (int from = x.rank() - 1; from >= 0;) {
    std::int64_t count = x.size(from), stride = x.stride(from--);  // of one run of x
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

/// shape with its one -1 replaced by what is left.
Shape complete(const Call& call, const Tensor& x, Shape shape) {
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
    require<ShapeError>(known > 0 && x.numel() % known == 0, call, "the -1 in ", shape,
                        " cannot be found from the ", x.numel(), " elements of ", x.shape());
    shape[unknown] = x.numel() / known;
  }
  require<ShapeError>(shape.count() == x.numel(), call, x.shape(), " has ", x.numel(),
                      " elements, ", shape, " takes ", shape.count());
  return shape;
}

/// dx = dy in x's shape.
Tensor reshaped(const char* name, const In& x, const Shape& shape, const Strides& strides) {
  return apply_view({.name = name,
                     .input = x,
                     .shape = shape,
                     .strides = strides,
                     .offset = view_of(x).offset(),
                     .derivatives = [](Dy dy, Saved s) { return reshape(dy, s.shape(0)); }});
}

/// A view whose dimension i is x's dimension order[i].   dx = dy with the dimensions back in place.
Tensor reordered(const char* name, const In& x, const Dims& order) {
  Shape shape;
  Strides strides;
  Dims back = order;
  for (int i = 0; i < order.rank(); ++i) {
    shape.push_back(x->shape()[int(order[i])]);
    strides.push_back(x->strides()[int(order[i])]);
    back[int(order[i])] = i;
  }
  return apply_view({.name = name,
                     .input = x,
                     .shape = shape,
                     .strides = strides,
                     .offset = view_of(x).offset(),
                     .derivatives = [back](Dy dy, Saved) { return permute(dy, back); }});
}

/// The gradient of an x of shape `whole` that was cut along dim into pieces of `size`: those of the
/// pieces, joined, with zeros where nothing needed a piece.
Tensor joined_gradient(const Tensors& dys, int dim, std::int64_t size, const Shape& whole) {
  Tensors parts;
  std::int64_t end = 0;  // of what is there so far
  const auto fill_up_to = [&](const Tensor& beside, std::int64_t place) {
    Shape gap = whole;
    gap[dim] = place - end;
    if (gap[dim] > 0) parts.push_back(zeros_beside(beside, gap));
  };
  const Tensor* last = nullptr;
  for (std::size_t i = 0; i < dys.size(); ++i) {
    if (!dys[i].defined()) continue;
    fill_up_to(dys[i], std::int64_t(i) * size);
    parts.push_back(dys[i]);
    end = std::min(std::int64_t(i + 1) * size, whole[dim]), last = &dys[i];
  }
  fill_up_to(*last, whole[dim]);
  return cat(parts, dim);
}

}  // namespace

Tensor view(In x, const Shape& shape) {
  const Call call = call_of("view", x);
  const Shape whole = complete(call, *x, shape);
  Strides strides;
  require<ShapeError>(strides_for(view_of(x), whole, strides), call, "shape ", x->shape(),
                      " with strides ", x->strides(), " cannot be seen as ", whole,
                      " without a copy; use reshape");
  return reshaped("view", x, whole, strides);
}

Tensor reshape(In x, const Shape& shape) {
  const Shape whole = complete(call_of("reshape", x), *x, shape);
  Strides strides;
  if (strides_for(view_of(x), whole, strides)) return reshaped("reshape", x, whole, strides);
  const Tensor dense = contiguous({*x, x.location});
  return reshaped("reshape", {dense, x.location}, whole, dense_strides(whole));
}

Tensor flatten(In x, int start, int end) {
  const int first = check_dim("flatten", x, start), last = check_dim("flatten", x, end);
  require<IndexError>(first <= last, call_of("flatten", x), "dimension ", start,
                      " lies behind dimension ", end, " of shape ", x->shape());
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
  const int at = check_dim("unflatten", x, dim);
  require<ShapeError>(shape.count() == x->shape()[at], call, "dimension ", dim, " of ",
                      Marked{x->shape(), at}, " does not split into ", shape);
  Shape whole;
  for (int i = 0; i < at; ++i) whole.push_back(x->shape()[i]);
  for (std::int64_t size : shape) whole.push_back(size);
  for (int i = at + 1; i < x->dim(); ++i) whole.push_back(x->shape()[i]);
  return reshape({*x, x.location}, whole);
}

Tensor permute(In x, const Dims& order) {
  const Call call = call_of("permute", x);
  require<ShapeError>(order.rank() == x->dim(), call, "the order ", order, " names ", order.rank(),
                      " dimensions, shape ", x->shape(), " has ", x->dim());
  Dims positions;
  for (std::int64_t dim : order) {
    const int position = check_dim(call, *x, dim);
    require(!positions.contains(position), call, "dimension ", dim, " is named twice in ", order);
    positions.push_back(position);
  }
  return reordered("permute", x, positions);
}

Tensor transpose(In x, int a, int b) {
  const int i = check_dim("transpose", x, a), k = check_dim("transpose", x, b);
  Dims order;
  for (int d = 0; d < x->dim(); ++d) order.push_back(d == i ? k : d == k ? i : d);
  return reordered("transpose", x, order);
}

Tensor squeeze(In x, int dim) {
  const int at = check_dim("squeeze", x, dim);
  Shape shape = x->shape();
  Strides strides = x->strides();
  if (x->dim() > 0 && shape[at] == 1) shape.erase(at), strides.erase(at);
  return reshaped("squeeze", x, shape, strides);
}
Tensor squeeze(In x) {
  Shape shape;
  Strides strides;
  for (int i = 0; i < x->dim(); ++i)
    if (x->shape()[i] != 1) shape.push_back(x->shape()[i]), strides.push_back(x->strides()[i]);
  return reshaped("squeeze", x, shape, strides);
}
Tensor unsqueeze(In x, int dim) {
  const int rank = x->dim() + 1;
  require<IndexError>(dim >= -rank && dim < rank, call_of("unsqueeze", x), "dimension ", dim,
                      " is not in [", -rank, ", ", rank, ") for shape ", x->shape());
  const int at = dim < 0 ? dim + rank : dim;
  Shape shape = x->shape();
  Strides strides = x->strides();
  const std::int64_t stride = at < x->dim() && x->numel() > 0
                                  ? shape[at] * strides[at]
                                  : 1;  // of nothing, strides are whatever they are
  shape.insert(at, 1), strides.insert(at, stride);
  return reshaped("unsqueeze", x, shape, strides);
}

/// dx = Σ dy over what was repeated: the walk undoes broadcasting, so the derivative is dy itself.
Tensor expand(In x, const Shape& shape) {
  const Call call = call_of("expand", x);
  Shape whole = shape;
  const int extra = shape.rank() - x->dim();
  require<ShapeError>(extra >= 0, call, "shape ", shape, " has fewer dimensions than ", x->shape());
  for (int i = 0; i < shape.rank(); ++i) {
    const bool keeps = shape[i] == -1 && i >= extra;
    if (keeps) whole[i] = x->shape()[i - extra];
    require<ShapeError>(whole[i] >= 0, call, "the size ", shape[i], " in ", shape,
                        " is negative; -1 keeps a size that is there");
  }
  require<ShapeError>(broadcasts_to(x->shape(), whole), call, "shape ", x->shape(),
                      " does not broadcast to ", whole, "; only sizes of 1 repeat");
  const View v = view_of(x).broadcast_to(whole);
  return apply_view({.name = "expand",
                     .input = x,
                     .shape = whole,
                     .strides = v.strides(),
                     .offset = v.offset(),
                     .derivatives = [](Dy dy, Saved) { return dy; }});
}

Tensor select(In x, int dim, std::int64_t index) {
  const Call call = call_of("select", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor has no elements to select; use item()");
  const int at = check_dim("select", x, dim);
  const std::int64_t size = x->shape()[at];
  require<IndexError>(index >= -size && index < size, call, "index ", index, " is not in [", -size,
                      ", ", size, ") of dimension ", dim, " of ", Marked{x->shape(), at});
  const std::int64_t i = index < 0 ? index + size : index;
  const View v = view_of(x).select(at, i);
  return apply_view({.name = "select",
                     .input = x,
                     .shape = v.shape(),
                     .strides = v.strides(),
                     .offset = v.offset(),
                     .derivatives = [at, i](Dy dy, Saved s) {
                       Dims start = Dims::filled(s.shape(0).rank(), 0),
                            step = Dims::filled(s.shape(0).rank(), 1);
                       start[at] = i;
                       return pad_to(unsqueeze(dy, at), start, step, s.shape(0), 0);
                     }});
}

Tensor slice(In x, int dim, std::int64_t start, std::int64_t end, std::int64_t step) {
  const Call call = call_of("slice", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be sliced");
  require(step >= 1, call, "the step ", step, " is not positive");
  const int at = check_dim("slice", x, dim);
  const std::int64_t size = x->shape()[at];
  auto place = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = place(start), last = std::max(first, place(end));
  Shape shape = x->shape();
  Strides strides = x->strides();
  shape[at] = last == first ? 0 : (last - first - 1) / step + 1;
  const std::int64_t offset = view_of(x).offset() + (shape.count() ? first * strides[at] : 0);
  if (shape[at] > 1 && x->numel() > 0) strides[at] *= step;
  return apply_view({.name = "slice",
                     .input = x,
                     .shape = shape,
                     .strides = strides,
                     .offset = offset,
                     .derivatives = [at, first, step](Dy dy, Saved s) {
                       Dims starts = Dims::filled(s.shape(0).rank(), 0),
                            steps = Dims::filled(s.shape(0).rank(), 1);
                       starts[at] = first, steps[at] = step;
                       return pad_to(dy, starts, steps, s.shape(0), 0);
                     }});
}

Tensor narrow(In x, int dim, std::int64_t start, std::int64_t length) {
  const Call call = call_of("narrow", x);
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be narrowed");
  const int at = check_dim("narrow", x, dim);
  const std::int64_t size = x->shape()[at];
  require<IndexError>(start >= 0 && start <= size && length >= 0 && length <= size - start, call,
                      length, " elements from ", start, " on do not lie in dimension ", dim, " of ",
                      Marked{x->shape(), at});
  return slice({*x, x.location}, at, start, start + length);
}

std::vector<Tensor> split(In x, std::int64_t size, int dim) {
  const Call call = call_of("split", x);
  require(size > 0, call, "the size of a piece, ", size, ", is not positive");
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be split");
  const int at = check_dim("split", x, dim);
  const std::int64_t whole = x->shape()[at];
  if (whole == 0) return {*x};
  std::vector<View> pieces;
  for (std::int64_t start = 0; start < whole; start += std::min(size, whole - start))
    pieces.push_back(view_of(x).narrow(at, start, std::min(size, whole - start)));
  return apply_views({.name = "split",
                      .input = x,
                      .views = pieces,
                      .derivatives = [at, size](const Tensors& dys, Saved s) {
                        return Tensors{joined_gradient(dys, at, size, s.shape(0))};
                      }});
}

std::vector<Tensor> unbind(In x, int dim) {
  require<IndexError>(x->dim() > 0, call_of("unbind", x), "a 0-d tensor cannot be taken apart");
  const int at = check_dim("unbind", x, dim);
  const std::int64_t count = x->shape()[at];
  std::vector<View> pieces;
  for (std::int64_t i = 0; i < count; ++i) pieces.push_back(view_of(x).select(at, i));
  return apply_views({.name = "unbind",
                      .input = x,
                      .views = pieces,
                      .derivatives = [at](const Tensors& dys, Saved s) {
                        Tensors slices;
                        for (auto& dy : dys)
                          slices.push_back(dy.defined() ? unsqueeze(dy, at) : Tensor());
                        return Tensors{joined_gradient(slices, at, 1, s.shape(0))};
                      }});
}

/// dx = fold(dy): overlapping elements add up.
Tensor windows(In x, std::int64_t kh, std::int64_t kw, const Dims& stride, const Dims& dilation) {
  const Call call = call_of("windows", x);
  require<ShapeError>(x->dim() == 4, call, "takes [N, C, H, W], got shape ", x->shape());
  require(stride.rank() == 2 && dilation.rank() == 2, call, "stride and dilation are {y, x} pairs");
  const std::int64_t kernel[2] = {kh, kw};
  const Shape& size = x->shape();
  std::int64_t places[2], by[2], within[2];
  for (int i = 0; i < 2; ++i) {
    require(kernel[i] > 0 && stride[i] > 0 && dilation[i] > 0, call,
            "kernel, stride and dilation must be positive");
    const std::int64_t room = size[2 + i] - 1;  // kernel - 1 steps of dilation have to fit into it
    require<ShapeError>(room >= 0 && kernel[i] - 1 <= room / dilation[i], call, "windows of ", kh,
                        " x ", kw, " do not fit into ", Marked{size, 2 + i});
    places[i] = (room - dilation[i] * (kernel[i] - 1)) / stride[i] + 1;
    by[i] = x->strides()[2 + i] * (places[i] > 1 ? stride[i] : 1);
    within[i] = x->strides()[2 + i] * (kernel[i] > 1 ? dilation[i] : 1);
  }
  return apply_view(
      {.name = "windows",
       .input = x,
       .shape = {size[0], size[1], places[0], places[1], kh, kw},
       .strides = {x->strides()[0], x->strides()[1], by[0], by[1], within[0], within[1]},
       .offset = view_of(x).offset(),
       .derivatives = [stride, dilation](Dy dy, Saved s) {
         return fold(dy, s.shape(0), stride, dilation);
       }});
}

Tensor Tensor::reshape(const Shape& shape, SourceLocation location) const {
  return tinygrad::reshape({*this, location}, shape);
}
Tensor Tensor::view(const Shape& shape, SourceLocation location) const {
  return tinygrad::view({*this, location}, shape);
}
Tensor Tensor::flatten(int start, int end, SourceLocation location) const {
  return tinygrad::flatten({*this, location}, start, end);
}
Tensor Tensor::transpose(int a, int b, SourceLocation location) const {
  return tinygrad::transpose({*this, location}, a, b);
}
Tensor Tensor::permute(const Dims& order, SourceLocation location) const {
  return tinygrad::permute({*this, location}, order);
}
Tensor Tensor::t(SourceLocation location) const {
  require<ShapeError>(dim() <= 2, Call{"t", location}, "takes a matrix, got shape ", shape(),
                      "; use transpose(a, b) or permute(order)");
  return dim() == 2 ? tinygrad::transpose({*this, location}, 0, 1) : *this;
}
Tensor Tensor::squeeze(int dim, SourceLocation location) const {
  return tinygrad::squeeze({*this, location}, dim);
}
Tensor Tensor::squeeze(SourceLocation location) const {
  return tinygrad::squeeze({*this, location});
}
Tensor Tensor::unsqueeze(int dim, SourceLocation location) const {
  return tinygrad::unsqueeze({*this, location}, dim);
}
Tensor Tensor::expand(const Shape& shape, SourceLocation location) const {
  return tinygrad::expand({*this, location}, shape);
}
Tensor Tensor::select(int dim, std::int64_t index, SourceLocation location) const {
  return tinygrad::select({*this, location}, dim, index);
}
Tensor Tensor::slice(int dim, std::int64_t start, std::int64_t end, std::int64_t step,
                     SourceLocation location) const {
  return tinygrad::slice({*this, location}, dim, start, end, step);
}
Tensor Tensor::operator[](Subscript i) const {
  return tinygrad::select({*this, i.location}, 0, i.value);
}

}  // namespace tinygrad
