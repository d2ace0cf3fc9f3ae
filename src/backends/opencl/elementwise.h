// SPDX-License-Identifier: MIT
// Runs a formula element by element, with the kernels of elementwise.cl.
#pragma once
#include <initializer_list>

#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

/// A formula that an elementwise kernel is compiled for.
struct Formula {
  std::string text;       ///< in a, b, c, d and p, q, r, s
  DType element;          ///< of p, q, r, s, and of the arguments of rows
  bool uses_rows = true;  ///< true if it calls rows of elementwise.def
};

/// out = formula(inputs).
void elementwise(Runtime& runtime, const Formula& formula, Params params,
                 std::initializer_list<Operand> inputs, const View& out);

}  // namespace tinygrad::opencl
