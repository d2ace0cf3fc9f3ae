// SPDX-License-Identifier: MIT
// The distinct elements of a tensor, by sorting. Their number is read by the host once.
#include "core/ops/internal.h"

namespace tinygrad {

/// x as elements [n], or as slices [n, ...] along dim.
static Tensor as_items(const Call& call, const Tensor& x, const std::optional<int>& dim) {
  check_arithmetic(call, x);
  if (!dim) return flatten(x);
  const int at = check_dim(call, x, *dim);
  require<ShapeError>(x.dim() > 0, call, "a 0-d tensor has no slices");
  Dims order = {at};
  for (int d = 0; d < x.dim(); ++d)
    if (d != at) order.push_back(d);
  return permute(x, order);
}

/// The order of items: slices are sorted by their last element first, since sorting is stable.
static Tensor order_of(const Tensor& items) {
  if (items.dim() == 1) return argsort(items);
  const std::int64_t n = items.shape()[0];
  const Tensor rows = reshape(items, {n, n > 0 ? items.numel() / n : 0});
  Tensor order = arange(0, n, 1, {.dtype = DType::int64, .device = items.device()});
  for (std::int64_t column = rows.shape()[1]; column-- > 0;)
    order = gather(order, 0, argsort(gather(select(rows, 1, column), 0, order)));
  return order;
}

static Unique unique_as(const Call& call, const Tensor& x, const UniqueOptions& options,
                        bool sorts) {
  const Tensor items = as_items(call, x, options.dim);
  const std::int64_t n = items.shape()[0];
  const Tensor order = sorts ? order_of(items) : Tensor();
  const Tensor sorted = sorts ? index_select(items, 0, order) : items;
  const TensorOptions integers{.dtype = DType::int64, .device = x.device()};
  Tensor group = zeros({n}, integers), counts = group;  // the position of each item's value
  if (n > 0) {
    Tensor changes = narrow(sorted, 0, 1, n - 1) != narrow(sorted, 0, 0, n - 1);
    if (changes.dim() > 1) changes = any(reshape(changes, {n - 1, items.numel() / n}), 1);
    group = cumsum(cat({narrow(group, 0, 0, 1), to(changes, DType::int64)}), 0);
    const std::int64_t values = select(group, 0, -1).item<std::int64_t>() + 1;
    counts = scatter_add(zeros({values}, integers), 0, group, ones({n}, integers));
  }
  const Tensor first = cumsum(counts, 0) - counts;
  Tensor values = index_select(sorted, 0, first);
  if (options.dim) {
    Dims back;
    const int at = check_dim(call, x, *options.dim);
    for (int d = 0; d < x.dim(); ++d) back.push_back(d < at ? d + 1 : d == at ? 0 : d);
    values = contiguous(permute(values, back));
  }
  Unique result = {values, {}, {}};
  if (options.return_counts) result.counts = counts;
  if (options.return_inverse)
    result.inverse = reshape(sorts ? scatter(group, 0, order, group) : group,
                             options.dim ? Shape{n} : x.shape());
  return result;
}

Unique unique(In x, const UniqueOptions& options) {
  return unique_as({"unique", x.location}, x->detach(), options, true);
}
Unique unique_consecutive(In x, const UniqueOptions& options) {
  return unique_as({"unique_consecutive", x.location}, x->detach(), options, false);
}

Tensor isin(In x, In test_elements, bool invert) {
  const Call call{"isin", x.location};
  check_arithmetic(call, *x);
  check_arithmetic(call, *test_elements);
  const DType dtype = promote(call, x->dtype(), test_elements->dtype());
  const Tensor test = sort(to(flatten(*test_elements), dtype)).values, t = to(x->detach(), dtype);
  if (test.numel() == 0)
    return full(t.shape(), invert, {.dtype = DType::boolean, .device = x->device()});
  const Tensor place = minimum(searchsorted(test, t), test.numel() - 1);
  const Tensor found = reshape(gather(test, 0, flatten(place)), t.shape());
  return invert ? found != t : found == t;
}
Tensor isin(In x, Scalar test_element, bool invert) {
  check_arithmetic({"isin", x.location}, *x);
  return invert ? *x != test_element : *x == test_element;
}

}  // namespace tinygrad
