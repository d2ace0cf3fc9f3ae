// SPDX-License-Identifier: MIT
// Tests of elements, and logic, as formulas of comparisons and of bitwise_and, ... on bools.
#include "core/ops/elementwise_rows.h"
#include "tinygrad/ops.h"

namespace tinygrad {

Tensor isnan(In x) { return x.given() != x.given(); }
Tensor isposinf(In x) { return x.given() == infinity; }
Tensor isneginf(In x) { return x.given() == -infinity; }
Tensor isinf(In x) {
  const Tensor& t = x.given();
  return (t == infinity) | (t == -infinity);
}
Tensor isfinite(In x) {
  const Tensor& t = x.given();
  return (t < infinity) & (t > -infinity);
}
Tensor signbit(In x) {
  const Tensor negative = x.given() < 0;
  return is_floating(x->dtype()) ? negative | ((*x == 0) & (1 / *x < 0)) : negative;
}

Tensor logical_not(In x) { return x.given() == 0; }
#define LOGICAL(name, row)                 \
  Tensor name(In a, In b) {                \
    check_pair({#name, a.location}, a, b); \
    return row(*a != 0, *b != 0);          \
  }
LOGICAL(logical_and, bitwise_and)
LOGICAL(logical_or, bitwise_or)
LOGICAL(logical_xor, bitwise_xor)
#undef LOGICAL

Tensor isclose(In a, In b, double rtol, double atol, bool equal_nan) {
  const Call call{"isclose", a.location};
  const DType dtype = real_dtype(check_pair(call, a, b));
  require(rtol >= 0 && atol >= 0, call, "tolerances must not be negative, got rtol ", rtol,
          " and atol ", atol);
  const Tensor x = cast(a, dtype), y = cast(b, dtype), error = abs(x - y);
  const Tensor close = (x == y) | (isfinite(error) & (error <= atol + abs(rtol * y)));
  return equal_nan ? close | (isnan(x) & isnan(y)) : close;
}
bool allclose(In a, In b, double rtol, double atol, bool equal_nan) {
  return all(isclose({*a, a.location}, *b, rtol, atol, equal_nan)).item<bool>();
}
bool equal(In a, In b) {
  check_defined({"equal", a.location}, {&*a, &*b});
  return a->shape() == b->shape() && all(*a == *b).item<bool>();
}

Tensor heaviside(In x, In values) {
  const Call call{"heaviside", x.location};
  const DType dtype = check_pair(call, x, values);
  return where(*x == 0, cast(values, dtype), to(*x > 0, dtype));
}

}  // namespace tinygrad
