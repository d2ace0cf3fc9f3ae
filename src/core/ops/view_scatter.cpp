// SPDX-License-Identifier: MIT
// Writes into a copy of x, through a view: select_scatter, slice_scatter, diagonal_scatter.
#include "core/ops/internal.h"

namespace tinygrad {

/// y = x, except that view(y) = source.   dx = dy, with zeros in that view; dsource = view(dy).
template <class F> static Tensor scatter_view(const char* name, In x, In source, const F& view) {
  const Call call{name, x.location};
  require<DTypeError>(x->dtype() == source->dtype(), call, "x is ", to_string(x->dtype()),
                      ", source ", to_string(source->dtype()), "; convert one with to()");
  const Shape shape = view({x->detach(), x.location}).shape();
  require<ShapeError>(source->shape() == shape, call, "source has shape ", source->shape(),
                      ", expected ", shape);
  return apply({.name = name,
                .inputs = {{*x, *source}, x.location},
                .formula =
                    [view](const Tensors& in) {
                      const Tensor y = clone(in[0]);
                      view(y).copy_(in[1]);
                      return y;
                    },
                .derivatives = {[name, view, shape](Dy dy, Saved) {
                                  return scatter_view(name, dy, expanded_zeros(dy, shape), view);
                                },
                                [view](Dy dy, Saved) { return view(dy); }}});
}

Tensor select_scatter(In x, In source, int dim, std::int64_t index) {
  return scatter_view("select_scatter", {*x, x.location}, *source, [=](In y) {
    return select({*y, y.location}, dim, index);
  });
}

Tensor slice_scatter(In x, In source, int dim, std::int64_t start, std::int64_t end,
                     std::int64_t step) {
  return scatter_view("slice_scatter", {*x, x.location}, *source, [=](In y) {
    return slice({*y, y.location}, dim, start, end, step);
  });
}

Tensor diagonal_scatter(In x, In source, std::int64_t offset, int dim1, int dim2) {
  return scatter_view("diagonal_scatter", {*x, x.location}, *source, [=](In y) {
    return diagonal({*y, y.location}, offset, dim1, dim2);
  });
}

}  // namespace tinygrad
