// SPDX-License-Identifier: MIT
// Includes data sets, the loaders that yield batches of them, and samplers.
#pragma once
#include "tinygrad/data/dataset.h"
#include "tinygrad/data/loader.h"
#include "tinygrad/data/sampler.h"
