// SPDX-License-Identifier: MIT
// ONNX files (https://onnx.ai): what is in them, and networks that run and are trained on any
// device. docs/onnx.md lists the operators.
//
//   const auto net = tg::onnx::load("mnist.onnx");
//   tg::Tensor logits = (*net)(images);
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tinygrad/io/safetensors.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::onnx {

/// A size of an input or output. If it is not fixed, it may have a name, "N": sizes of one name are
/// equal.
struct Dimension {
  std::optional<std::int64_t> size;
  std::string name;
};
/// The name and type of an input or output of a graph.
struct ValueInfo {
  std::string name;
  std::string type;  ///< "FLOAT"; "sequence", "map" or "optional" for what is not a tensor
  std::optional<DType> dtype;                   ///< not set if the library has no such dtype
  std::optional<std::vector<Dimension>> shape;  ///< not set if the file leaves the rank open
};

struct Graph;
/// A graph inside an attribute, as If has for each of its branches. It may read the values of the
/// graph around it.
using Subgraph = std::shared_ptr<const Graph>;
using AttributeValue = std::variant<float, std::int64_t, std::string, Tensor, std::vector<float>,
                                    std::vector<std::int64_t>, std::vector<std::string>, Subgraph>;
struct Attribute {
  std::string name;
  AttributeValue value;
};
/// A node computes its outputs from its inputs. The names are those of values; an empty one is an
/// optional input that is not given, or an output that nobody needs.
struct Node {
  std::string name, op_type, domain;
  std::vector<std::string> inputs, outputs;
  std::vector<Attribute> attributes;
  std::int64_t opset = 0;  ///< the version of the node's domain that the file imports
  /// Null if the node has no such attribute.
  const AttributeValue* attribute(const std::string& attribute_name) const;
};

/// What is in an ONNX file. Only the nodes, initializers, inputs and outputs of a Subgraph are set.
struct Graph {
  std::int64_t ir_version = 0;
  std::string producer, name;
  std::map<std::string, std::int64_t> opsets;  ///< domain to version; "" is ONNX's own domain
  Metadata metadata;
  std::vector<Node> nodes;  ///< in an order in which they can run
  NamedTensors initializers;
  std::vector<ValueInfo> inputs, outputs;  ///< inputs without those that are initializers
};
/// Reads a file without an attempt to run it. External data is read from files beside it. Throws
/// IoError with the path and the reason if the file is missing, damaged or not ONNX, if a tensor
/// has a dtype that the library lacks, and if a path of external data leaves the file's folder.
TINYGRAD_API Graph read(const std::string& path, const LoadOptions& options = {},
                        SourceLocation location = SourceLocation::current());

class Parameters;

/// The network of an ONNX file.
///
/// Initializers of floating dtypes are parameters under their names in the file: "fc1.weight" is
/// the parameter weight of a module fc1. The running means and variances of BatchNormalization are
/// buffers. Everything else is a constant: it is no part of state_dict().
///
/// load() leaves the network in evaluation mode, in which it computes what the file says. In
/// training mode Dropout drops, and BatchNormalization takes the statistics of the batch and
/// updates the running ones.
class TINYGRAD_API Model : public nn::Module {
 public:
  ~Model() override;
  /// Runs the network on inputs by name, and returns the outputs in the order of the file. Inputs
  /// may be on any device, but all on one. Throws ArgumentError if a name is missing or unknown,
  /// DTypeError or ShapeError if a tensor does not fit the input's type; and the errors of the ops,
  /// which name the node.
  NamedTensors run(const NamedTensors& inputs, SourceLocation location = SourceLocation::current());
  const Graph& graph() const;
  const std::vector<Node>& nodes() const { return graph().nodes; }
  const std::vector<ValueInfo>& inputs() const { return graph().inputs; }
  const std::vector<ValueInfo>& outputs() const { return graph().outputs; }

  /// Throws IoError if a node If lacks a branch. load() also checks that all operators exist.
  explicit Model(Graph graph);

 private:
  friend class Parameters;
  struct Impl;
  /// For a network with one input. The first output is returned.
  Tensor forward(const Tensor& x) override;
  std::shared_ptr<Impl> impl_;
};

/// Reads a network from an ONNX file, opsets 7 to 28. Throws IoError as read() does, and with one
/// message that lists all operators of the graph that are not supported.
TINYGRAD_API std::shared_ptr<Model> load(const std::string& path, const LoadOptions& options = {},
                                         SourceLocation location = SourceLocation::current());
/// The names of the operators that load() supports, in the order of the alphabet.
TINYGRAD_API std::vector<std::string> supported_operators();

}  // namespace tinygrad::onnx
