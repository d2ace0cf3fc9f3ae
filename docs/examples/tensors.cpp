// SPDX-License-Identifier: MIT
// Creates and prints tensors, and shows that views share their memory.
#include <tinygrad/tinygrad.h>

#include <iostream>

namespace tg = tinygrad;

int main() {
  tg::Tensor a = tg::arange(12).reshape({3, 4});
  std::cout << a << "\n" << a.t() << "\n";

  // A view shares the memory of its tensor.
  tg::Tensor row = a[1];
  row.fill_(0);
  std::cout << a << "\n";

  // Shapes broadcast from the right: [3, 1] with [4] gives [3, 4]. Dtypes are promoted.
  tg::Tensor column = tg::tensor({{0.5}, {1.5}, {2.5}});
  std::cout << column + tg::arange(4) << "\n";

  std::cout << a.sum(0) << "\n" << a.to(tg::float32).mean().item<float>() << "\n";

  try {
    a + tg::ones({5});
  } catch (const tg::ShapeError& e) { std::cout << e.what() << "\n"; }
}
