// SPDX-License-Identifier: MIT
// One model on many devices: groups of processes, what they exchange, and data, tensor and pipeline
// parallel training.
#pragma once
#include "tinygrad/distributed/collectives.h"
#include "tinygrad/distributed/conjugate.h"
#include "tinygrad/distributed/data_parallel.h"
#include "tinygrad/distributed/group.h"
#include "tinygrad/distributed/mesh.h"
#include "tinygrad/distributed/pipeline.h"
#include "tinygrad/distributed/schedule.h"
#include "tinygrad/distributed/sharding.h"
#include "tinygrad/distributed/sync_batch_norm.h"
#include "tinygrad/distributed/tensor_parallel.h"
#include "tinygrad/distributed/threads.h"
#include "tinygrad/distributed/zero_redundancy_optimizer.h"
