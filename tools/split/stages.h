// SPDX-License-Identifier: MIT
// Stage: a consecutive part of a model, with its costs for a micro-batch.
#pragma once
#include "predict.h"

namespace tinygrad::simulator {

struct Stage {
  double forward = 0, backward = 0;                // seconds of compute
  double reduce_forward = 0, reduce_backward = 0;  // seconds of sums over the tensor group
  double reduced = 0;                              // bytes that a device sends in them, both ways
  double parameters = 0, saved = 0, working = 0, output = 0;
  std::string first = {};  ///< the name of its first layer, if no layer repeats
};
/// The model in `division.pipeline * division.chunks` parts, in order. The layer that repeats is
/// divided evenly; without one, the slowest part is made as fast as possible.
std::vector<Stage> stages(const Model& model, const Cluster& cluster, const Division& division);

/// Whether a model can be divided into so many parts: the layer that repeats evenly; without one,
/// there must be as many layers.
bool divides(const std::vector<Layer>& layers, int parts);

}  // namespace tinygrad::simulator
