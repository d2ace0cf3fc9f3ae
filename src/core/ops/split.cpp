// SPDX-License-Identifier: MIT
// Splitting along a dimension into views, with one derivative that joins the gradients of the
// parts.
#include <algorithm>

#include "core/ops/internal.h"

namespace tinygrad {
namespace {

using Sizes = std::vector<std::int64_t>;

/// The gradient of an x of shape `shape` that was split along dim into parts of these sizes: the
/// gradients of the parts, concatenated, with zeros for parts that have none.
///
///   x       |  part 0 |  part 1 |  part 2 |  part 3 |      dys[1] and dys[2] are undefined
///   result  | dys[0]  |       zeros       | dys[3]  |
Tensor split_grad(const Tensors& dys, int dim, const Sizes& sizes, Shape shape) {
  const Tensor& any = *std::find_if(dys.begin(), dys.end(), [](auto& dy) { return dy.defined(); });
  Tensors parts;
  std::int64_t gap = 0;  // elements without a gradient since the last part that has one
  const auto fill_gap = [&] {
    shape[dim] = std::exchange(gap, 0);
    if (shape[dim] > 0) parts.push_back(expanded_zeros(any, shape));
  };
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const bool has_gradient = i < dys.size() && dys[i].defined();
    if (has_gradient) fill_gap(), parts.push_back(dys[i]);
    else gap += sizes[i];
  }
  fill_gap();
  return cat(parts, dim);
}

/// Views of x, one after another along an axis.
std::vector<Tensor> split_views(const char* name, const In& x, int axis, const Sizes& sizes) {
  std::vector<View> parts;
  std::int64_t start = 0;
  for (std::int64_t size : sizes) {
    parts.push_back(view_of(x).narrow(axis, start, size));
    start += size;
  }
  return apply_views({name, x, parts, [axis, sizes](const Tensors& dys, Saved s) {
                        return Tensors{split_grad(dys, axis, sizes, s.shape(0))};
                      }});
}

int check_split(const Call& call, const In& x, int dim) {
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be split");
  return check_dim(call, *x, dim);
}

/// tensor_split along an axis; if `equal` is set, a number of sections must divide the size.
std::vector<Tensor> split_at(const char* name, const In& x, int dim, const Sections& sections,
                             bool equal) {
  const Call call{name, x.location};
  const int axis = check_split(call, x, dim);
  if (!sections.count) {
    std::vector<Tensor> parts;
    std::int64_t start = 0;
    for (std::int64_t end : sections.indices)
      parts.push_back(slice({*x, x.location}, axis, std::exchange(start, end), end));
    parts.push_back(slice({*x, x.location}, axis, start));
    return parts;
  }
  const std::int64_t total = x->shape()[axis], n = *sections.count;
  require(n > 0, call, "the number of sections must be positive, got ", n);
  require<ShapeError>(!equal || total % n == 0, call, "dimension ", axis, " of ",
                      Marked{x->shape(), axis}, " does not split into ", n,
                      " equal sections; tensor_split makes unequal ones");
  Sizes sizes(std::size_t(n), total / n);
  for (std::int64_t i = 0; i < total % n; ++i) ++sizes[std::size_t(i)];
  return split_views(name, x, axis, sizes);
}

/// split_at along a fixed axis, which x must have.
std::vector<Tensor> split_axis(const char* name, const In& x, int axis, int rank,
                               const Sections& sections) {
  require<ShapeError>(x->dim() >= rank, Call{name, x.location}, "expected a rank of at least ",
                      rank, ", got shape ", x->shape());
  return split_at(name, x, axis, sections, true);
}

}  // namespace

std::vector<Tensor> split(In x, std::int64_t size, int dim) {
  const Call call{"split", x.location};
  require(size > 0, call, "the size of a chunk must be positive, got ", size);
  const int axis = check_split(call, x, dim);
  const std::int64_t total = x->shape()[axis];
  if (total == 0) return {*x};
  Sizes sizes(std::size_t((total - 1) / size + 1), size);
  sizes.back() = (total - 1) % size + 1;
  return split_views("split", x, axis, sizes);
}

std::vector<Tensor> split(In x, const Sizes& sizes, int dim) {
  const Call call{"split", x.location};
  const int axis = check_split(call, x, dim);
  std::int64_t left = x->shape()[axis];
  for (std::int64_t size : sizes) {
    require(size >= 0, call, "the size of a chunk must not be negative, got ", size);
    left = size > left ? -1 : left - size;
    if (left < 0) break;
  }
  require<ShapeError>(left == 0, call, "the sizes of the chunks must add up to dimension ", dim,
                      " of ", Marked{x->shape(), axis});
  return split_views("split", x, axis, sizes);
}

std::vector<Tensor> chunk(In x, std::int64_t chunks, int dim) {
  const Call call{"chunk", x.location};
  require(chunks > 0, call, "the number of chunks must be positive, got ", chunks);
  const int axis = check_split(call, x, dim);
  const std::int64_t total = x->shape()[axis];
  if (total == 0) return split({*x, x.location}, Sizes(std::size_t(chunks), 0), axis);
  return split({*x, x.location}, (total - 1) / chunks + 1, axis);
}

std::vector<Tensor> tensor_split(In x, const Sections& sections, int dim) {
  return split_at("tensor_split", x, dim, sections, false);
}
std::vector<Tensor> hsplit(In x, const Sections& sections) {
  return split_axis("hsplit", x, x->dim() > 1 ? 1 : 0, 1, sections);
}
std::vector<Tensor> vsplit(In x, const Sections& sections) {
  return split_axis("vsplit", x, 0, 2, sections);
}
std::vector<Tensor> dsplit(In x, const Sections& sections) {
  return split_axis("dsplit", x, 2, 3, sections);
}

std::vector<Tensor> unbind(In x, int dim) {
  const Call call{"unbind", x.location};
  require<IndexError>(x->dim() > 0, call, "a 0-d tensor cannot be unbound");
  const int axis = check_dim(call, *x, dim);
  std::vector<View> slices;
  for (std::int64_t i = 0; i < x->shape()[axis]; ++i) slices.push_back(view_of(x).select(axis, i));
  return apply_views({"unbind", x, slices, [axis](const Tensors& dys, Saved s) {
                        Tensors grads;
                        for (auto& dy : dys)
                          grads.push_back(dy.defined() ? unsqueeze(dy, axis) : Tensor());
                        const Sizes ones(std::size_t(s.shape(0)[axis]), 1);
                        return Tensors{split_grad(grads, axis, ones, s.shape(0))};
                      }});
}

}  // namespace tinygrad
