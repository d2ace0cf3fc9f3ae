// SPDX-License-Identifier: MIT
// Rows: indexing by tensors, and embeddings.
#include "table.h"

namespace opinfo {
namespace {

Tensor gather_row(Sample& x) {
  x.find(2, "sparse_grad");
  return gather(x.input(), x.int_at(0, "dim", 0), x.tensor(1, "index"));
}
Tensor scatter_row(Sample& x) {
  x.only(by_name, "reduce", nullptr);
  const Tensor t = x.input(), index = x.tensor(1, "index");
  const json& source = x.has(2, "src") ? *x.find(2, "src") : *x.find(2, "value");
  return scatter(t, x.int_at(0, "dim", 0), index,
                 is_tensor(source) ? x.tensor_of(source)
                                   : full(index.shape(), scalar_of(source), {.dtype = t.dtype()}));
}
Tensor scatter_add_row(Sample& x) {
  return scatter_add(x.input(), x.int_at(0, "dim", 0), x.tensor(1, "index"), x.tensor(2, "src"));
}
Tensor index_select_row(Sample& x) {
  return index_select(x.input(), x.int_at(0, "dim", 0), x.tensor(1, "index"));
}
/// op_db has the weight first.
Tensor embedding_row(Sample& x) {
  for (const char* name : {"padding_idx", "max_norm"})
    if (x.has(by_name, name)) throw Skip{name};
  x.only(by_name, "scale_grad_by_freq", false);
  x.only(by_name, "sparse", false);
  x.ignore("norm_type");
  return embedding(x.tensor(0, "indices"), x.input());
}

int dim_of(Sample& x) { return x.int_at(0, "dim", 0); }
Tensor index_add_row(Sample& x) {
  return index_add(x.input(), dim_of(x), x.tensor(1, "index"), x.tensor(2, "source"),
                   x.scalar(by_name, "alpha", 1));
}
ScatterReduce reduction_of(Sample& x, const char* name) {
  using enum ScatterReduce;
  const string how = x.text(3, name, "");
  if (how == "sum") return sum;
  if (how == "prod") return prod;
  if (how == "mean") return mean;
  return how == "amax" ? amax : amin;
}
Tensor scatter_reduce_row(Sample& x) {
  return scatter_reduce(x.input(), dim_of(x), x.tensor(1, "index"), x.tensor(2, "src"),
                        reduction_of(x, "reduce"), x.flag(by_name, "include_self", true));
}
Tensor index_reduce_row(Sample& x) {
  return index_reduce(x.input(), dim_of(x), x.tensor(1, "index"), x.tensor(2, "source"),
                      reduction_of(x, "reduce"), x.flag(by_name, "include_self", true));
}
Tensor index_fill_row(Sample& x) {
  const Tensor t = x.input(), index = x.tensor(1, "index");
  return x.has_tensor(2, "value") ? index_fill(t, dim_of(x), index, x.tensor(2, "value"))
                                  : index_fill(t, dim_of(x), index, x.scalar(2, "value", 0));
}
Tensor index_put_row(Sample& x) {
  return index_put(x.input(), x.tensors_of(*x.find(0, "indices")), x.tensor(1, "values"),
                   x.flag(2, "accumulate"));
}
Tensor take_along_dim_row(Sample& x) {
  std::optional<int> dim;
  if (x.has(1, "dim")) dim = x.int_at(1, "dim", 0);
  return take_along_dim(x.input(), x.tensor(0, "indices"), dim);
}
Tensor masked_fill_row(Sample& x) {
  return x.has_tensor(1, "value")
             ? masked_fill(x.input(), x.tensor(0, "mask"), x.tensor(1, "value"))
             : masked_fill(x.input(), x.tensor(0, "mask"), x.scalar(1, "value", 0));
}
Tensors nonzero_row(Sample& x) {
  if (x.flag(by_name, "as_tuple")) return unbind(nonzero(atleast_1d(x.input())), 1);
  return nonzero(x.input());
}
Tensor slice_scatter_row(Sample& x) {
  return slice_scatter(x.input(), x.tensor(0, "src"), x.int_at(1, "dim", 0),
                       x.integer(2, "start", 0), x.integer(3, "end", INT64_MAX),
                       x.integer(4, "step", 1));
}
Tensor diagonal_scatter_row(Sample& x) {
  return diagonal_scatter(x.input(), x.tensor(0, "src"), x.integer(1, "offset", 0),
                          x.int_at(2, "dim1", 0), x.int_at(3, "dim2", 1));
}

}  // namespace

Rows index_rows() {
  return {
      {"scatter_reduce.sum", scatter_reduce_row},
      {"scatter_reduce.prod", scatter_reduce_row},
      {"scatter_reduce.mean", scatter_reduce_row},
      {"scatter_reduce.amax", scatter_reduce_row},
      {"scatter_reduce.amin", scatter_reduce_row},
      {"index_reduce.prod", index_reduce_row},
      {"index_reduce.mean", index_reduce_row},
      {"index_reduce.amax", index_reduce_row},
      {"index_reduce.amin", index_reduce_row},
      {"index_add", index_add_row},
      {"index_copy",
       [](Sample& x) {
         return index_copy(x.input(), dim_of(x), x.tensor(1, "index"), x.tensor(2, "source"));
       }},
      {"index_fill", index_fill_row},
      {"index_put", index_put_row},
      {"put",
       [](Sample& x) {
         return put(x.input(), x.tensor(0, "index"), x.tensor(1, "source"),
                    x.flag(2, "accumulate"));
       }},
      {"take", [](Sample& x) { return take(x.input(), x.tensor(0, "index")); }},
      {"take_along_dim", take_along_dim_row},
      {"select_scatter",
       [](Sample& x) {
         return select_scatter(x.input(), x.tensor(0, "src"), x.int_at(1, "dim", 0),
                               x.integer(2, "index", 0));
       }},
      {"slice_scatter", slice_scatter_row},
      {"diagonal_scatter", diagonal_scatter_row},
      {"masked_fill", masked_fill_row},
      {"masked_select", [](Sample& x) { return masked_select(x.input(), x.tensor(0, "mask")); }},
      {"masked_scatter",
       [](Sample& x) {
         return masked_scatter(x.input(), x.tensor(0, "mask"), x.tensor(1, "source"));
       }},
      {"nonzero", nonzero_row},
      {"argwhere", [](Sample& x) { return argwhere(x.input()); }},
      {"gather", gather_row},
      {"scatter", scatter_row},
      {"scatter_add", scatter_add_row},
      {"index_select", index_select_row},
      {"nn.functional.one_hot",
       [](Sample& x) { return one_hot(x.input(), x.integer(0, "num_classes", -1)); }},
      {"nn.functional.embedding", embedding_row}};
}

}  // namespace opinfo
