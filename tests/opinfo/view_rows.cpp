// SPDX-License-Identifier: MIT
// Rows: views, copies, indexing by integers and slices, and joining.
#include <algorithm>

#include "table.h"

namespace opinfo {
namespace {

/// A list by position or by name, or its integers one by one.
Dims list(Sample& x, const string& name) {
  const json* value = x.find(0, name);
  if (value && value->is_array()) return dims_of(*value);
  Dims dims;
  for (std::size_t i = 0; i < x.count(); ++i) dims.push_back(x.integer(i, name, 0));
  return dims;
}
template <class F> Row with_list(F f, const string& name) {
  return [f, name](Sample& x) { return f(x.input(), list(x, name)); };
}
#define WITH_LIST(op, name) with_list([](const Tensor& x, const Dims& d) { return op(x, d); }, name)

template <class F> Row as_other(F f) {
  return [f](Sample& x) { return f(x.input(), x.tensor(0, "other").shape()); };
}
#define AS_OTHER(op) as_other([](const Tensor& x, const Shape& shape) { return op(x, shape); })

template <class F> Row along_dim(F f) {
  return [f](Sample& x) { return f(x.input(), x.int_at(0, "dim", 0)); };
}
#define ALONG_DIM(op) along_dim([](const Tensor& x, int dim) { return op(x, dim); })

template <class F> Row joining(F f) {
  return [f](Sample& x) { return f(x.inputs(), x.int_at(0, "dim", 0)); };
}
#define JOINING(op) joining([](const Tensors& xs, int dim) { return op(xs, dim); })

Tensor clone_row(Sample& x) {
  x.ignore("memory_format");
  return x.input().clone();
}
Tensor contiguous_row(Sample& x) {
  x.only(by_name, "memory_format", {{"memory_format", "contiguous_format"}});
  return x.input().contiguous();
}

Tensor flatten_row(Sample& x) {
  return flatten(x.input(), x.int_at(0, "start_dim", 0), x.int_at(1, "end_dim", -1));
}
Tensor unflatten_row(Sample& x) {
  return unflatten(x.input(), x.int_at(0, "dim", 0), x.dims(1, "sizes"));
}
Tensor transpose_row(Sample& x) {
  return transpose(x.input(), x.int_at(0, "dim0", 0), x.int_at(1, "dim1", 0));
}
/// The transpose of a matrix; PyTorch's T of a higher rank reverses all dimensions.
Tensor T_row(Sample& x) {
  const Tensor t = x.input();
  if (t.dim() > 2) throw Skip{"T of rank above 2"};
  return t.dim() < 2 ? t : transpose(t, 0, 1);
}
Tensor squeeze_row(Sample& x) {
  return x.has(0, "dim") ? squeeze(x.input(), x.int_at(0, "dim", 0)) : squeeze(x.input());
}
/// From the last dimension to the first, so that their numbers stay valid.
Tensor squeeze_multiple_row(Sample& x) {
  Tensor t = x.input();
  Dims dims = x.dims(0, "dim");
  for (std::int64_t& dim : dims) dim += dim < 0 ? std::max(t.dim(), 1) : 0;
  std::sort(dims.begin(), dims.end(), std::greater<>());
  for (std::int64_t dim : dims) t = squeeze(t, int(dim));
  return t;
}

Tensor select_row(Sample& x) {
  return select(x.input(), x.int_at(0, "dim", 0), x.integer(1, "index", 0));
}
Tensor slice_row(Sample& x) {
  return slice(x.input(), x.int_at(0, "dim", 0), x.integer(1, "start", 0),
               x.integer(2, "end", INT64_MAX), x.integer(3, "step", 1));
}
/// The start of narrow() may be a tensor of one integer in PyTorch.
std::int64_t narrow_start(Sample& x) {
  if (!x.has_tensor(1, "start")) return x.integer(1, "start", 0);
  const Tensor start = x.tensor(1, "start");
  if (start.dim() > 0 || (start.dtype() != int64 && start.dtype() != int32))
    throw Skip{"a start that is no integer"};
  return start.item<std::int64_t>();
}
Tensor narrow_row(Sample& x) {
  const std::int64_t start = narrow_start(x);
  return narrow(x.input(), x.int_at(0, "dim", 0), start, x.integer(2, "length", 0));
}
Tensors split_row(Sample& x) {
  return split(x.input(), x.integer(0, "split_size", 1), x.int_at(1, "dim", 0));
}

Tensor diagonal_row(Sample& x) {
  return diagonal(x.input(), x.integer(0, "offset", 0), x.int_at(1, "dim1", 0),
                  x.int_at(2, "dim2", 1));
}
Tensor unfold_row(Sample& x) {
  return unfold(x.input(), x.int_at(0, "dimension", 0), x.integer(1, "size", 0),
                x.integer(2, "step", 1));
}
Tensor as_strided_row(Sample& x) {
  std::optional<std::int64_t> offset;
  if (x.has(2, "storage_offset")) offset = x.integer(2, "storage_offset", 0);
  return as_strided(x.input(), x.dims(0, "size"), x.dims(1, "stride"), offset);
}

std::int64_t slice_part(const json& slice, int i, std::int64_t otherwise) {
  if (slice[i].is_null()) return otherwise;
  if (!slice[i].is_number_integer()) throw Skip{"a slice of " + slice.dump()};
  return slice[i].get<std::int64_t>();
}
bool indexes_a_dimension(const json& item) {
  return item.is_number_integer() || (item.is_object() && item.contains("slice"));
}
/// x[index], for an index of integers, slices, None and an ellipsis.
Tensor getitem_row(Sample& x) {
  const json& index = *x.find(0, "");
  const json items = index.is_array() ? index : json::array({index});
  const auto indexed = int(std::count_if(items.begin(), items.end(), indexes_a_dimension));
  Tensor y = x.input();
  int dim = 0;
  for (const json& item : items) {
    if (item.is_null()) {
      y = y.unsqueeze(dim++);
    } else if (item.is_number_integer()) {
      y = y.select(dim, item.get<std::int64_t>());
    } else if (item.is_object() && item.contains("slice")) {
      const json& s = item["slice"];
      y = y.slice(dim++, slice_part(s, 0, 0), slice_part(s, 1, INT64_MAX), slice_part(s, 2, 1));
    } else if (item.is_object() && item.contains("ellipsis")) {
      dim += x.input().dim() - indexed;  // over the dimensions that no item indexes
    } else {
      throw Skip{"an index that is " + item.dump().substr(0, 30)};
    }
  }
  return y;
}

}  // namespace

Rows view_rows() {
  return {
      {"clone", clone_row},
      {"contiguous", contiguous_row},
      {"reshape", WITH_LIST(reshape, "shape")},
      {"view", WITH_LIST(view, "size")},
      {"permute", WITH_LIST(permute, "dims")},
      {"expand", WITH_LIST(expand, "size")},
      {"broadcast_to", WITH_LIST(expand, "size")},
      {"reshape_as", AS_OTHER(reshape)},
      {"view_as", AS_OTHER(view)},
      {"expand_as", AS_OTHER(expand)},
      {"flatten", flatten_row},
      {"ravel", [](Sample& x) { return flatten(x.input()); }},
      {"unflatten", unflatten_row},
      {"transpose", transpose_row},
      {"t", [](Sample& x) { return x.input().t(); }},
      {"T", T_row},
      {"mT", [](Sample& x) { return transpose(x.input(), -2, -1); }},
      {"squeeze", squeeze_row},
      {"squeeze.multiple", squeeze_multiple_row},
      {"unsqueeze", ALONG_DIM(unsqueeze)},
      {"select", select_row},
      {"slice", slice_row},
      {"narrow", narrow_row},
      {"split", split_row},
      {"diagonal", diagonal_row},
      {"unfold", unfold_row},
      {"as_strided", as_strided_row},
      {"movedim",
       [](Sample& x) { return movedim(x.input(), x.dims(0, "source"), x.dims(1, "destination")); }},
      {"unbind", ALONG_DIM(unbind)},
      {"__getitem__", getitem_row},
      {"cat", JOINING(cat)},
      {"stack", JOINING(stack)}};
}

}  // namespace opinfo
