// SPDX-License-Identifier: MIT
// Rows: splitting, joining, diagonals, and copies in another order.
#include "table.h"

namespace opinfo {
namespace {

std::vector<std::int64_t> integers_of(const json& list) {
  std::vector<std::int64_t> integers;
  for (const json& value : list) {
    if (!value.is_number_integer()) throw Skip{"integers that are " + list.dump()};
    integers.push_back(value.get<std::int64_t>());
  }
  return integers;
}
/// A number of sections, or a list or a tensor of indices.
Sections sections(Sample& x) {
  const json* given = x.find(0, "indices_or_sections");
  if (given && is_tensor(*given)) {
    const Tensor t = x.tensor_of(*given);
    return t.dim() == 0 ? Sections(t.item<std::int64_t>()) : t.to_vector<std::int64_t>();
  }
  return given && given->is_array() ? integers_of(*given)
                                    : Sections(x.integer(0, "indices_or_sections", 0));
}
Tensors split_row(Sample& x) {
  const json* sizes = x.find(0, "split_size");
  if (!sizes) sizes = x.find(0, "split_sizes");
  return split(x.input(), integers_of(*sizes), x.int_at(1, "dim", 0));
}

/// The input and the arguments after it.
Tensors all_tensors(Sample& x) {
  if (x.input_json().is_array()) return x.inputs();
  Tensors all{x.input()};
  for (std::size_t i = 0; i < x.count(); ++i) all.push_back(x.tensor(i, ""));
  return all;
}
template <class F> Row joining(F f) {
  return [f](Sample& x) -> Tensors { return f(all_tensors(x)); };
}
#define JOINING(op) joining([](const Tensors& xs) { return op(xs); })
/// Functions of a tensor, which PyTorch calls for each tensor of a list, too.
template <class F> Row each(F f) {
  return [f](Sample& x) {
    Tensors ys;
    for (auto& t : all_tensors(x)) ys.push_back(f(t));
    return ys;
  };
}
#define EACH(op) each([](const Tensor& x) { return op(x); })
Tensors meshgrid_row(Sample& x) {
  const string indexing = x.text(by_name, "indexing", "ij");
  return meshgrid(all_tensors(x), indexing);
}

template <class F> Row with_offset(F f, const string& name) {
  return [f, name](Sample& x) { return f(x.input(), x.integer(0, name, 0)); };
}
#define WITH_OFFSET(op, name) \
  with_offset([](const Tensor& x, std::int64_t offset) { return op(x, offset); }, name)
Tensor diag_embed_row(Sample& x) {
  return diag_embed(x.input(), x.integer(0, "offset", 0), x.int_at(1, "dim1", -2),
                    x.int_at(2, "dim2", -1));
}

/// The integers as one list or one by one.
Dims list(Sample& x, const string& name) {
  const json* value = x.find(0, name);
  if (value && value->is_array()) return dims_of(*value);
  Dims dims;
  for (std::size_t i = 0; i < x.count(); ++i) dims.push_back(x.integer(i, name, 0));
  return dims;
}
Tensor roll_row(Sample& x) {
  const Dims shifts = x.dims(0, "shifts"), dims = x.dims(1, "dims");
  if (dims.empty() && shifts.rank() == 1) return roll(x.input(), shifts[0]);
  return roll(x.input(), shifts, dims);
}
Tensor rot90_row(Sample& x) {
  const std::int64_t k = x.integer(0, "k", 1);
  return x.has(1, "dims") ? rot90(x.input(), k, x.dims(1, "dims")) : rot90(x.input(), k);
}
Tensor repeat_interleave_row(Sample& x) {
  x.ignore("output_size");
  std::optional<int> dim;
  if (x.has(1, "dim")) dim = x.int_at(1, "dim", 0);
  return x.has_tensor(0, "repeats") ? repeat_interleave(x.input(), x.tensor(0, "repeats"), dim)
                                    : repeat_interleave(x.input(), x.integer(0, "repeats", 1), dim);
}

}  // namespace

Rows arrange_rows() {
  return {{"chunk",
           [](Sample& x) {
             return Tensors(chunk(x.input(), x.integer(0, "chunks", 0), x.int_at(1, "dim", 0)));
           }},
          {"split.list_args", split_row},
          {"split_with_sizes", split_row},
          {"tensor_split",
           [](Sample& x) {
             return Tensors(tensor_split(x.input(), sections(x), x.int_at(1, "dim", 0)));
           }},
          {"hsplit", [](Sample& x) { return Tensors(hsplit(x.input(), sections(x))); }},
          {"vsplit", [](Sample& x) { return Tensors(vsplit(x.input(), sections(x))); }},
          {"dsplit", [](Sample& x) { return Tensors(dsplit(x.input(), sections(x))); }},
          {"hstack", JOINING(hstack)},
          {"vstack", JOINING(vstack)},
          {"dstack", JOINING(dstack)},
          {"column_stack", JOINING(column_stack)},
          {"block_diag", JOINING(block_diag)},
          {"cartesian_prod", JOINING(cartesian_prod)},
          {"broadcast_tensors", JOINING(broadcast_tensors)},
          {"meshgrid.list_of_tensors", meshgrid_row},
          {"meshgrid.variadic_tensors", meshgrid_row},
          {"combinations",
           [](Sample& x) {
             return combinations(x.input(), x.integer(0, "r", 2), x.flag(1, "with_replacement"));
           }},
          {"atleast_1d", EACH(atleast_1d)},
          {"atleast_2d", EACH(atleast_2d)},
          {"atleast_3d", EACH(atleast_3d)},
          {"diag", WITH_OFFSET(diag, "diagonal")},
          {"diagflat", WITH_OFFSET(diagflat, "offset")},
          {"tril", WITH_OFFSET(tril, "diagonal")},
          {"triu", WITH_OFFSET(triu, "diagonal")},
          {"diag_embed", diag_embed_row},
          {"flip", [](Sample& x) { return flip(x.input(), list(x, "dims")); }},
          {"fliplr", [](Sample& x) { return fliplr(x.input()); }},
          {"flipud", [](Sample& x) { return flipud(x.input()); }},
          {"roll", roll_row},
          {"rot90", rot90_row},
          {"repeat", [](Sample& x) { return repeat(x.input(), list(x, "repeats")); }},
          {"tile", [](Sample& x) { return tile(x.input(), list(x, "dims")); }},
          {"repeat_interleave", repeat_interleave_row}};
}

}  // namespace opinfo
