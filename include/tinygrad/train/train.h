// SPDX-License-Identifier: MIT
// Includes what the component tinygrad::train declares.
#pragma once
#include "tinygrad/train/metrics.h"
#include "tinygrad/train/progress.h"
#include "tinygrad/train/signals.h"
#include "tinygrad/train/trainer.h"
