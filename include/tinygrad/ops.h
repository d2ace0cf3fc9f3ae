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
#include "tinygrad/ops/activation.h"
#include "tinygrad/ops/attention.h"
#include "tinygrad/ops/conv.h"
#include "tinygrad/ops/copy.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/ops/diagonal.h"
#include "tinygrad/ops/distributions.h"
#include "tinygrad/ops/dropout.h"
#include "tinygrad/ops/einsum.h"
#include "tinygrad/ops/elementwise.h"
#include "tinygrad/ops/fold.h"
#include "tinygrad/ops/grid.h"
#include "tinygrad/ops/histogram.h"
#include "tinygrad/ops/image.h"
#include "tinygrad/ops/index.h"
#include "tinygrad/ops/join.h"
#include "tinygrad/ops/logic.h"
#include "tinygrad/ops/loss.h"
#include "tinygrad/ops/mask.h"
#include "tinygrad/ops/math.h"
#include "tinygrad/ops/matmul.h"
#include "tinygrad/ops/norm.h"
#include "tinygrad/ops/pad.h"
#include "tinygrad/ops/pool.h"
#include "tinygrad/ops/products.h"
#include "tinygrad/ops/rearrange.h"
#include "tinygrad/ops/reduce.h"
#include "tinygrad/ops/scan.h"
#include "tinygrad/ops/segment.h"
#include "tinygrad/ops/softmax.h"
#include "tinygrad/ops/sort.h"
#include "tinygrad/ops/special.h"
#include "tinygrad/ops/split.h"
#include "tinygrad/ops/statistics.h"
#include "tinygrad/ops/unique.h"
#include "tinygrad/ops/view_scatter.h"
#include "tinygrad/ops/views.h"
