// SPDX-License-Identifier: MIT
// Program: a graph, ready to run. The names of values become slots of a list.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "operator.h"
#include "tinygrad/scope.h"

namespace tinygrad::onnx {

struct Step;
/// Steps in order, and the slots of the outputs.
struct Block {
  std::vector<Step> steps;
  std::vector<int> outputs;
};
/// A node. Slot -1 is an optional input that is not given, or an output that nobody needs.
struct Step {
  const Node* node;
  const Operator* op;  ///< null for If, which runs one of its blocks
  const ModulePath* path;
  std::vector<int> inputs, outputs;  ///< inputs of If: also what its blocks read
  std::vector<int> last_uses;        ///< slots that no later step reads, released after this one
  std::vector<Block> blocks;         ///< of If: then, else
};

/// Throws IoError with a list of all operators of the graph that the library lacks, or if an input
/// or output is no tensor.
void check_operators(const Graph& graph, const Call& call, const std::string& path);

class Program {
 public:
  /// The graph must outlive the program. `parameters`: the tensors that take the place of
  /// initializers.
  Program(const Graph& graph, const std::unordered_map<const TensorImpl*, Tensor>& parameters);
  /// The outputs of the graph for its inputs, in the order of the file.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs, bool is_training,
                          SourceLocation location) const;

 private:
  struct Names;
  Block compile(const Graph& graph, Names& names);
  Step compile_step(const Node& node, Names& names);
  int new_slot(const Tensor& value = {});
  void find_last_uses(Block& block, int first_slot) const;
  void run_block(const Block& block, std::vector<Tensor>& values, bool is_training,
                 SourceLocation location) const;

  const std::unordered_map<const TensorImpl*, Tensor>& parameters_;
  std::vector<Tensor> values_;  ///< by slot: constants, and undefined for what is computed
  std::vector<int> inputs_;
  Block block_;
};

}  // namespace tinygrad::onnx
