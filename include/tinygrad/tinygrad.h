// SPDX-License-Identifier: MIT
// Includes the whole core library: tensors, ops, gradients, modules, optimizers, data and files.
// Three more headers are included separately: eigen.h (Eigen::Map of a tensor), op.h (ops of your
// own), backend.h (a backend of your own).
#pragma once
#include "tinygrad/amp.h"
#include "tinygrad/autograd.h"
#include "tinygrad/capture.h"
#include "tinygrad/data.h"
#include "tinygrad/device.h"
#include "tinygrad/error.h"
#include "tinygrad/functional.h"
#include "tinygrad/io.h"
#include "tinygrad/nn.h"
#include "tinygrad/numerics.h"
#include "tinygrad/ops.h"
#include "tinygrad/optim.h"
#include "tinygrad/random.h"
#include "tinygrad/tensor.h"
#include "tinygrad/version.h"
