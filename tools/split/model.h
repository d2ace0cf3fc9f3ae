// SPDX-License-Identifier: MIT
// Model: the layers of a network with what each costs, for any micro-batch and any division of its
// matrices.
#pragma once
#include <functional>
#include <vector>

#include "cluster.h"

namespace tinygrad::simulator {

/// What a layer costs one device for one micro-batch.
struct Layer {
  std::string name;
  double parameters = 0;  ///< elements
  std::vector<Cost> forward = {}, backward = {};
  /// Sums over the devices that share the layer's matrices: bytes of each, and how many there are.
  double reduced_bytes = 0;
  int forward_reduces = 0, backward_reduces = 0;
  double saved_bytes = 0;    ///< memory from the forward pass until the backward pass
  double working_bytes = 0;  ///< memory while the layer is computed
  double output_bytes = 0;   ///< what the next layer takes; its gradient has as many
  int repeat = 1;            ///< so many such layers follow each other
};

struct Model {
  std::string name;
  /// The layers for a micro-batch of so many samples, their matrices divided among `tensor`
  /// devices. At most one layer repeats; a pipeline then gives each stage equally many of it.
  std::function<std::vector<Layer>(int micro_batch, int tensor)> layers;
  /// `tensor` must divide it: the heads of a transformer. 1 if matrices are not divided.
  int heads = 1;
  /// Weights and gradients in float16, both in float32, and Adam's two moments.
  double bytes_per_parameter = 20;
  double gradient_bytes = 2;  ///< of a parameter, which data parallel training sums
  /// The optimizer's work for a parameter: Adam reads 16 and writes 12 bytes, conversions take 8.
  Cost update = {0, 36, 0};
};
/// All elements of parameters.
double parameters_of(const Model& model);
/// Floating-point operations of a step, with those that are done again in the backward pass.
double flops_of(const Model& model, double batch);

/// A transformer as GPT's, by Megatron's way of dividing it (Narayanan et al. 2021): attention and
/// the linear layers are divided by heads and columns or rows; each forward and each backward pass
/// of a layer has two sums over the devices that share it.
struct Transformer {
  int layers = 24, hidden = 2304, heads = 24, sequence = 2048, vocabulary = 51200;
  bool recompute = true;  ///< keep a layer's input alone and compute the rest again when going back
};
Model transformer(const Transformer& shape);

/// Reads a model whose costs were measured or counted: a JSON object
///
///   {"name": "mlp", "bytes_per_parameter": 12, "gradient_bytes": 4, "update": COST, "layers":
///    [{"name": "fc1", "parameters": 1000, "forward": COST, "backward": COST,
///      "saved_bytes": 400, "output_bytes": 40, "repeat": 1}, ...]}
///
/// where COST is {"flops", "bytes", "seconds": for a sample (a parameter), "start": seconds of a
/// pass}. Throws IoError or ArgumentError, which name the file and the key.
Model read_model(const std::string& path);

}  // namespace tinygrad::simulator
