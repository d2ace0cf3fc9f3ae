// SPDX-License-Identifier: MIT
// An In is a reference that would dangle in a lambda: the compiler shows the line that says what to
// write instead.
#include "tinygrad/tinygrad.h"

namespace tg = tinygrad;
tg::Tensor twice(tg::In x) {
  const auto f = [y = *x] { return y * 2; };
  tg::exp(*x);
#ifdef WRONG
  tg::exp(x);  // says: to pass an In x on, write *x
#endif
  return f();
}
