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

}  // namespace

Rows index_rows() {
  return {{"gather", gather_row},
          {"scatter", scatter_row},
          {"scatter_add", scatter_add_row},
          {"index_select", index_select_row},
          {"nn.functional.one_hot",
           [](Sample& x) { return one_hot(x.input(), x.integer(0, "num_classes", -1)); }},
          {"nn.functional.embedding", embedding_row}};
}

}  // namespace opinfo
