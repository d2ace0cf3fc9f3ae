// SPDX-License-Identifier: MIT
// Rows: activation functions that are formulas.
#include "elementwise.h"
#include "table.h"

namespace opinfo {
namespace {

Tensor celu_row(Sample& x) {
  x.only(1, "inplace", false);
  return celu(x.input(), x.real(0, "alpha", 1));
}
Tensor threshold_row(Sample& x) {
  x.only(2, "inplace", false);
  return threshold(x.input(), x.scalar(0, "threshold", 0), x.scalar(1, "value", 0));
}
Tensor rrelu_row(Sample& x) {
  x.only(by_name, "training", false), x.only(by_name, "inplace", false);
  return rrelu(x.input(), x.real(0, "lower", 1. / 8), x.real(1, "upper", 1. / 3));
}
Tensor softmin_row(Sample& x) {
  const Tensor t = x.input();
  return softmin(t.to(x.dtype(t.dtype())), x.int_at(0, "dim", 0));
}

}  // namespace

Rows activation_rows() {
  return {
      {"nn.functional.celu", celu_row},
      {"nn.functional.glu", [](Sample& x) { return glu(x.input(), x.int_at(0, "dim", -1)); }},
      {"nn.functional.hardshrink",
       [](Sample& x) { return hardshrink(x.input(), x.real(0, "lambd", 0.5)); }},
      {"nn.functional.hardsigmoid", UNARY(hardsigmoid)},
      {"nn.functional.hardswish", UNARY(hardswish)},
      {"nn.functional.logsigmoid", UNARY(logsigmoid)},
      {"nn.functional.prelu", [](Sample& x) { return prelu(x.input(), x.tensor(0, "weight")); }},
      {"nn.functional.rrelu", rrelu_row},
      {"nn.functional.softmin", softmin_row},
      {"nn.functional.softmin.with_dtype", softmin_row},
      {"nn.functional.softshrink",
       [](Sample& x) { return softshrink(x.input(), x.real(0, "lambd", 0.5)); }},
      {"nn.functional.softsign", UNARY(softsign)},
      {"nn.functional.tanhshrink", UNARY(tanhshrink)},
      {"nn.functional.threshold", threshold_row}};
}

}  // namespace opinfo
