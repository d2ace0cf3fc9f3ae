// SPDX-License-Identifier: MIT
// Includes all differentiable functions (ops). The checks, the formula, the kernel and the
// derivative of an op stand together in one file of src/core/ops/.
//
// Rules for all ops:
// - A negative dimension counts from the end.
// - Shapes broadcast as in NumPy, dtypes are promoted as in PyTorch.
// - All tensors of one call must be on one device.
// - An unsuitable shape throws ShapeError, a dtype DTypeError, a dimension or an index out of range
//   IndexError, any other argument ArgumentError, before anything is computed.
// - Empty tensors are allowed if the formula has a value for them.
// - NaN in an input propagates to the output.
#pragma once
#include "tinygrad/ops/conv.h"
#include "tinygrad/ops/copy.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/ops/dropout.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/ops/index.h"
#include "tinygrad/ops/join.h"
#include "tinygrad/ops/loss.h"
#include "tinygrad/ops/matmul.h"
#include "tinygrad/ops/norm.h"
#include "tinygrad/ops/pad.h"
#include "tinygrad/ops/pool.h"
#include "tinygrad/ops/reduce.h"
#include "tinygrad/ops/softmax.h"
#include "tinygrad/ops/views.h"
