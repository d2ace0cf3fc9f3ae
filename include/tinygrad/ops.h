// The differentiable functions. Each is one place in src/core/ops/: its checks, its formula, its
// kernel and its derivative.
//
// Said once: dimensions may be negative and count from the end. Shapes broadcast as in NumPy,
// dtypes are promoted as in PyTorch. Tensors of one call are on one device. A shape that does not
// fit throws ShapeError, a dtype DTypeError, a dimension or an index out of range IndexError, any
// other argument ArgumentError: before anything is computed. Empty tensors are fine wherever the
// formula has a value. NaN in gives NaN out.
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
