// SPDX-License-Identifier: MIT
// Optimizers and learning-rate schedules, with PyTorch's formulas and defaults. An optimizer of
// your own is written against optim/optimizer.h (examples/custom_optimizer.cpp).
#pragma once
#include "tinygrad/optim/adagrad.h"
#include "tinygrad/optim/adam.h"
#include "tinygrad/optim/clip.h"
#include "tinygrad/optim/lbfgs.h"
#include "tinygrad/optim/lion.h"
#include "tinygrad/optim/lr_scheduler.h"
#include "tinygrad/optim/muon.h"
#include "tinygrad/optim/nadam.h"
#include "tinygrad/optim/optimizer.h"
#include "tinygrad/optim/rmsprop.h"
#include "tinygrad/optim/sgd.h"
#include "tinygrad/optim/swa.h"
