// SPDX-License-Identifier: MIT
// Rows: matrix products and contractions.
#include "table.h"

namespace opinfo {
namespace {

/// A product of two tensors; PyTorch calls the second one by several names.
Row product(Tensor (*f)(In, In)) {
  return [f](Sample& x) {
    const char* name = x.has(0, "mat2")   ? "mat2"
                       : x.has(0, "vec")  ? "vec"
                       : x.has(0, "vec2") ? "vec2"
                                          : "other";
    return f(x.input(), x.tensor(0, name));
  };
}
/// beta input + alpha (product of two tensors).
Row sum_of_product(Tensor (*f)(In, In, In, Scalar, Scalar)) {
  return [f](Sample& x) {
    return f(x.input(), x.tensor(0, "batch1"), x.tensor(1, "batch2"), x.scalar(by_name, "beta", 1),
             x.scalar(by_name, "alpha", 1));
  };
}

Tensor einsum_row(Sample& x) { return einsum(x.text(0, "equation", ""), x.inputs()); }
Tensor cross_row(Sample& x) {
  const json* dim = x.find(1, "dim");
  if (!dim) throw Skip{"the first dimension of size 3"};
  return cross(x.input(), x.tensor(0, "other"), dim->get<int>());
}

Tensor tensordot_row(Sample& x) {
  const Tensor a = x.input(), b = x.tensor(0, "other");
  const json* dims = x.find(1, "dims");
  if (!dims) return tensordot(a, b, 2);
  if (dims->is_number_integer()) return tensordot(a, b, dims->get<int>());
  return tensordot(a, b, dims_of((*dims)[0]), dims_of((*dims)[1]));
}

}  // namespace

Rows matmul_rows() {
  return {{"matmul", product(matmul)},
          {"__rmatmul__", [](Sample& x) { return matmul(x.tensor(0, "other"), x.input()); }},
          {"mm", product(mm)},
          {"bmm", product(bmm)},
          {"mv", product(mv)},
          {"dot", product(dot)},
          {"outer", product(outer)},
          {"inner", product(inner)},
          {"kron", product(kron)},
          {"cross", cross_row},
          {"trace", [](Sample& x) { return trace(x.input()); }},
          {"linalg.matrix_power",
           [](Sample& x) { return matrix_power(x.input(), x.integer(0, "n", 1)); }},
          {"einsum", einsum_row},
          {"nn.functional.bilinear",
           [](Sample& x) {
             const Tensor b = x.tensor(0, "input2"), weight = x.tensor(1, "weight");
             return bilinear(x.input(), b, weight, x.tensor(2, "bias"));
           }},
          {"addmm", sum_of_product(addmm)},
          {"addmm.decomposed", sum_of_product(addmm)},
          {"addmv", sum_of_product(addmv)},
          {"addr", sum_of_product(addr)},
          {"baddbmm", sum_of_product(baddbmm)},
          {"addbmm", sum_of_product(addbmm)},
          {"nn.functional.linear",
           [](Sample& x) { return linear(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias")); }},
          {"tensordot", tensordot_row}};
}

}  // namespace opinfo
