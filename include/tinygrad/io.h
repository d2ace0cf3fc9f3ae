// SPDX-License-Identifier: MIT
// Includes the functions that load and save tensors.
#pragma once
#include "tinygrad/io/checkpoint.h"
#include "tinygrad/io/file.h"
#include "tinygrad/io/load.h"
#include "tinygrad/io/npy.h"
#include "tinygrad/io/safetensors.h"
