// SPDX-License-Identifier: MIT
// save(): writes what a module computes as an ONNX file, which ONNX Runtime, OpenVINO and others
// run (https://onnx.ai).
//
//   net.eval();
//   tg::onnx::save(net, x, "net.onnx");
//
// The module runs on the example, and each op that it calls becomes a node or a few. A branch of
// C++ that depends on values is not in the file: only what ran is.
#pragma once
#include <string>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::onnx {

struct SaveOptions {
  int opset = 20;             ///< the version of ONNX's operators, 17 ... 23
  bool dynamic_batch = true;  ///< the batch of inputs has any size, "N"; else that of the examples
  /// The dimension of each input that is the batch; 0 if the list is empty.
  std::vector<int> batch_dims = {};
  /// Names of inputs and outputs; "x" and "y", or "x0", "x1", ..., if a list is empty.
  std::vector<std::string> inputs = {}, outputs = {};
};

/// What a module computes from its inputs.
using Forward = InlineFunction<Tensors(const Tensors& inputs), 64>;

/// Writes module(example) to a file. Weights are named as in state_dict(), and stored in their own
/// dtypes. With dynamic_batch the module runs on two and on three rows of the example, and what
/// differs between both runs is the batch. Throws ArgumentError if the module is in training mode,
/// for ops that ONNX has no form for (all of them are listed, with their modules), and if values
/// depend on the size of the batch; IoError if the file cannot be written. The file appears whole.
TINYGRAD_API void save(nn::Module& module, const Tensor& example, const std::string& path,
                       const SaveOptions& options = {},
                       SourceLocation location = SourceLocation::current());
/// Writes call(examples) to a file, for modules with other arguments or results:
///   save(net, {tokens, h}, [&](const Tensors& in) { return Tensors(net(in[0], in[1])); }, path);
/// The weights' names are those of `module`.
TINYGRAD_API void save(nn::Module& module, const Tensors& examples, const Forward& call,
                       const std::string& path, const SaveOptions& options = {},
                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::onnx
