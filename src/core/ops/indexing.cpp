// SPDX-License-Identifier: MIT
// Indexing as in NumPy. Integers, slices and new axes make a view; what remains, slices with a
// negative step and index tensors, is one flip and one index_select of that view, and an assignment
// does the same backwards.
#include <algorithm>

#include "core/ops/internal.h"
#include "tinygrad/autograd.h"

namespace tinygrad {

/// Which elements of x were selected: of `view`, flipped along `flipped`, those that the tensors
/// `index` (of one shape) choose in its dimensions `dims`.
struct Selection {
  std::vector<Index> indices;  // as they were given
  Tensor view;
  Dims flipped = {}, dims = {};
  Tensors index = {};
  SourceLocation location = {};
  bool is_view() const { return flipped.empty() && dims.empty(); }
};

namespace {

const char* const name = "index";

/// The elements of dimension d that the slice names, and whether in reverse order.
struct Sliced {
  Tensor view;
  bool reversed;
};
Sliced slice_of(const In& x, int d, const Slice& s) {
  const std::int64_t size = x->shape()[d];
  require(s.step != 0 && s.step != INT64_MIN, Call{name, x.location},
          "the step of a slice must not be 0");
  if (s.step > 0) {
    const std::int64_t start = s.start.value_or(0), stop = s.stop.value_or(INT64_MAX);
    return {slice({*x, x.location}, d, start, stop, s.step), false};
  }
  // first, first + step, ... above last, which are last_taken ... first in steps of -step.
  auto position = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, -1, size - 1);
  };
  const std::int64_t by = -s.step, first = position(s.start.value_or(size - 1)),
                     last = s.stop ? position(*s.stop) : -1;
  if (first <= last) return {slice({*x, x.location}, d, 0, 0), false};
  const std::int64_t last_taken = first - (first - last - 1) / by * by;
  return {slice({*x, x.location}, d, last_taken, first + 1, by), true};
}

/// The dimensions of x that an index uses up.
int used_dims(const Index& i) {
  switch (i.kind) {
    case Index::Kind::integer:
    case Index::Kind::slice: return 1;
    case Index::Kind::tensor: return i.tensor.dtype() == DType::boolean ? i.tensor.dim() : 1;
    default: return 0;
  }
}

Selection select_all(const In& x, std::span<const Index> indices) {
  const Call call{name, x.location};
  int used = 0, ellipses = 0;
  for (const Index& i : indices) {
    used += used_dims(i);
    ellipses += i.kind == Index::Kind::ellipsis;
  }
  require<IndexError>(used <= x->dim(), call, used, " indices are too many for shape ", x->shape());
  require<IndexError>(ellipses <= 1, call, "Ellipsis may stand only once");

  Selection s{.indices = std::vector<Index>(indices.begin(), indices.end()),
              .view = *x,
              .location = x.location};
  int d = 0;
  for (const Index& i : indices) {
    const In view{s.view, x.location};
    switch (i.kind) {
      case Index::Kind::integer: s.view = select({*view, x.location}, d, i.integer); break;
      case Index::Kind::slice: {
        const Sliced sliced = slice_of(view, d, i.slice);
        if (sliced.reversed) s.flipped.push_back(d);
        s.view = sliced.view;
        ++d;
        break;
      }
      case Index::Kind::ellipsis: d += x->dim() - used; break;
      case Index::Kind::new_axis: s.view = unsqueeze({*view, x.location}, d++); break;
      case Index::Kind::tensor:
        const bool is_mask = i.tensor.dtype() == DType::boolean;
        require<ShapeError>(!is_mask || i.tensor.dim() > 0, call,
                            "a mask of rank 0 is not an index; use where()");
        for (const Tensor& index :
             is_mask ? mask_indices(call, i.tensor, view->shape(), d) : std::vector{i.tensor}) {
          s.index.push_back(from_front(call, {index, x.location}, view->shape()[d]));
          s.dims.push_back(d++);
        }
    }
  }
  return s;
}

/// A selection by index tensors as a selection along one dimension: `order` brings the indexed
/// dimensions together, `merged` is the shape in which they are one, at `dim`, and `index` [n]
/// are the positions in it.
struct Along {
  Dims order = {}, back = {};
  Shape permuted = {}, merged = {};
  int dim;
  Tensor index;
  Shape result = {};
};

Along along_one(const Selection& s) {
  const Shape& shape = s.view.shape();
  const int count = s.dims.rank();
  const bool neighbours = s.dims[-1] - s.dims[0] == count - 1;
  Along a{.dim = neighbours ? int(s.dims[0]) : 0, .index = {}};
  for (int d = 0; d < a.dim; ++d) a.order.push_back(d);
  for (std::int64_t d : s.dims) a.order.push_back(d);
  for (int d = a.dim; d < shape.rank(); ++d)
    if (!s.dims.contains(d)) a.order.push_back(d);
  a.back = a.order;
  for (int d = 0; d < shape.rank(); ++d) a.back[int(a.order[d])] = d;

  Shape sizes;
  for (std::int64_t d : s.dims) sizes.push_back(shape[int(d)]);
  const Tensor index = merged_index({name, s.location}, s.index, sizes);
  a.index = flatten(index);
  for (int d = 0; d < shape.rank(); ++d) {
    const std::int64_t n = shape[int(a.order[d])];
    a.permuted.push_back(n);
    if (d == a.dim) {
      a.merged.push_back(sizes.count());
      for (std::int64_t k : index.shape()) a.result.push_back(k);
    }
    if (d < a.dim || d >= a.dim + count) {
      a.merged.push_back(n);
      a.result.push_back(n);
    }
  }
  return a;
}

Tensor merged(const Tensor& flipped, const Along& a) {
  return reshape(permute(flipped, a.order), a.merged);
}
Tensor flipped(const Tensor& x, const Selection& s) {
  return s.flipped.empty() ? x : flip(x, s.flipped);
}

Tensor value_of(const Selection& s) {
  const Tensor x = flipped(s.view, s);
  if (s.dims.empty()) return x;
  const Along a = along_one(s);
  return reshape(index_select({merged(x, a), s.location}, a.dim, a.index), a.result);
}

/// The view with y [shape of the value] in place of the selected elements.
Tensor with_value(const Selection& s, const Tensor& y) {
  if (s.dims.empty()) return flipped(y, s);
  const Along a = along_one(s);
  Shape rows = a.merged;
  rows[a.dim] = a.index.numel();
  const Tensor changed =
      index_copy(merged(flipped(s.view, s), a), a.dim, a.index, reshape(y, rows));
  return flipped(permute(reshape(changed, a.permuted), a.back), s);
}

}  // namespace

IndexedTensor index(const Tensor& x, std::span<const Index> indices) {
  const SourceLocation location = indices.empty() ? SourceLocation{} : indices[0].location;
  auto selection = std::make_shared<const Selection>(select_all({x, location}, indices));
  return {value_of(*selection), location, x, selection};
}

IndexedTensor Tensor::operator[](const Index& i) const {
  if (i.kind == Index::Kind::integer)
    return {tinygrad::select({*this, i.location}, 0, i.integer), i.location, *this, i.integer};
  return index(*this, {&i, 1});
}

// An assignment that is recorded replaces the elements of the whole x: a node of the graph must
// know every tensor that it changes, so that no view of x may be left.

bool IndexedTensor::is_recorded(const Tensor& y) const {
  return grad_enabled() && (base_.requires_grad() || (y.defined() && y.requires_grad()));
}

/// The positions of the selected elements in x in row-major order.
Tensor IndexedTensor::positions() const {
  const TensorOptions integers{.dtype = DType::int64, .device = device()};
  const Tensor all = arange(0, base_.numel(), 1, integers).reshape(base_.shape());
  return selection_ ? index(all, selection_->indices) : tinygrad::select(all, 0, integer_);
}

bool IndexedTensor::is_view() const { return !selection_ || selection_->is_view(); }

void IndexedTensor::write(const Tensor& y) {
  const bool recorded = is_recorded(y);
  if (is_view() && !recorded) {
    copy_(y, location_);
    return;
  }
  const Call call{"copy_", location_};
  const Shape own = shape();
  require<ShapeError>(broadcast_shapes(call, own, y.shape(location_)) == own, call, "shape ",
                      y.shape(), " does not broadcast to ", own);
  const Tensor source = y.to(dtype(), location_).to(device(), location_).expand(own, location_);
  if (recorded) {
    const Tensor at = positions();
    static_cast<Tensor&>(*this) = {};
    selection_.reset();
    base_.copy_(put({base_, location_}, at, source), location_);
  } else {
    Tensor view = selection_->view;
    view.copy_(with_value(*selection_, source), location_);
  }
}

void IndexedTensor::operator=(Scalar value) && {
  if (is_view() && !is_recorded({})) fill_(value, location_);
  else write(full({}, value, {.dtype = dtype(), .device = device()}));
}

// A view that is recorded is copied first: the op may keep what is overwritten.
#define COMPOUND_ASSIGNMENT(symbol, in_place)                   \
  void IndexedTensor::operator symbol##=(const Tensor& y)&& {   \
    if (is_view() && !is_recorded(y)) in_place(y, location_);   \
    else write((is_view() ? clone(location_) : *this)symbol y); \
  }                                                             \
  void IndexedTensor::operator symbol##=(Scalar y)&& {          \
    if (is_view() && !is_recorded({})) in_place(y, location_);  \
    else write((is_view() ? clone(location_) : *this)symbol y); \
  }
COMPOUND_ASSIGNMENT(+, add_)
COMPOUND_ASSIGNMENT(-, sub_)
COMPOUND_ASSIGNMENT(*, mul_)
COMPOUND_ASSIGNMENT(/, div_)
#undef COMPOUND_ASSIGNMENT

}  // namespace tinygrad
