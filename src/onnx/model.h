// SPDX-License-Identifier: MIT
// Reads the messages of onnx.proto, whose numbers of fields the .cpp files name.
#pragma once
#include <string_view>

#include "protobuf.h"
#include "source.h"
#include "tinygrad/onnx/load.h"

namespace tinygrad::onnx {

/// A file that is being read, and where its external data lies.
struct ModelSource : io::Source {
  LoadOptions options = {};
};

/// Reads a ModelProto. onnx::read() in the name of `call`.
Graph read_model(const Call& call, const std::string& path, const LoadOptions& options);

/// Reads a TensorProto, its name and its elements, into memory of the CPU. The sizes are compared
/// with the bytes that are there before anything is allocated.
std::pair<std::string, Tensor> read_tensor(const ModelSource& source, protobuf::Reader message);

}  // namespace tinygrad::onnx
