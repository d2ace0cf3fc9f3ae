// SPDX-License-Identifier: MIT
// The bytes of an ONNX file.
#pragma once
#include <string>

#include "tinygrad/onnx/load.h"

namespace tinygrad::onnx {

/// A ModelProto with this graph, of the version that graph.ir_version and graph.opsets say. Weights
/// are in it. Tensors may be on any device.
std::string file_of(const Graph& graph);

}  // namespace tinygrad::onnx
