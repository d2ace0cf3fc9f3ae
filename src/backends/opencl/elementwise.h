// How a formula reaches the kernel of elementwise.cl, for all that runs element by element.
#pragma once
#include <initializer_list>

#include "backends/opencl/launch.h"

namespace tinygrad::opencl {

/// What an elementwise kernel is compiled for.
struct Formula {
  std::string text;   ///< in a, b, c, p, q
  DType element;      ///< what p and q are computed in, and T where lines are used
  bool lines = true;  ///< whether it uses those of elementwise.def
};

/// out = formula(inputs).
void elementwise(Runtime& runtime, const Formula& formula, Params params,
                 std::initializer_list<Operand> inputs, const View& out);

}  // namespace tinygrad::opencl
