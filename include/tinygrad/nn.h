// SPDX-License-Identifier: MIT
// Includes all modules (layers). The names of parameters, the defaults and the initial values are
// PyTorch's. Invalid sizes throw ArgumentError.
#pragma once
#include "tinygrad/nn/container.h"
#include "tinygrad/nn/conv.h"
#include "tinygrad/nn/embedding.h"
#include "tinygrad/nn/init.h"
#include "tinygrad/nn/layers.h"
#include "tinygrad/nn/linear.h"
#include "tinygrad/nn/module.h"
#include "tinygrad/nn/norm.h"
#include "tinygrad/nn/rnn.h"
#include "tinygrad/nn/transformer.h"
