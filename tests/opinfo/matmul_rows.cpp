// SPDX-License-Identifier: MIT
// Rows: matrix products and contractions.
#include "table.h"

namespace opinfo {
namespace {

/// A product that PyTorch restricts to operands of rank a and b; -1: any rank.
Row product(int a, int b) {
  return [a, b](Sample& x) {
    const char* name = x.has(0, "mat2") ? "mat2" : x.has(0, "vec") ? "vec" : "other";
    const Tensor s = x.input(), t = x.tensor(0, name);
    if ((a >= 0 && s.dim() != a) || (b >= 0 && t.dim() != b))
      throw Skip{"ranks that only the special form refuses"};
    return matmul(s, t);
  };
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
  return {{"matmul", product(-1, -1)},
          {"__rmatmul__", [](Sample& x) { return matmul(x.tensor(0, "other"), x.input()); }},
          {"mm", product(2, 2)},
          {"bmm", product(3, 3)},
          {"mv", product(-1, -1)},
          {"dot", product(1, 1)},
          {"nn.functional.linear",
           [](Sample& x) { return linear(x.input(), x.tensor(0, "weight"), x.tensor(1, "bias")); }},
          {"tensordot", tensordot_row}};
}

}  // namespace opinfo
