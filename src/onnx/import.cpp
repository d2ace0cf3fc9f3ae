// SPDX-License-Identifier: MIT
// Model: the network of a file, as a module; and the format ONNX for load().
#include <algorithm>

#include "model.h"
#include "parameters.h"
#include "program.h"
#include "register_format.h"

namespace tinygrad::onnx {

struct Model::Impl {
  Graph graph;
  Parameters parameters;
  std::unordered_map<const TensorImpl*, Tensor> held;  ///< in place of initializers
  std::unique_ptr<Program> program;
};

Model::Model(Graph graph) : impl_(new Impl{std::move(graph), {}, {}, {}}) {
  impl_->held = impl_->parameters.add(impl_->graph, *this);
  impl_->program = std::make_unique<Program>(impl_->graph, impl_->held);
  eval();
}
Model::~Model() = default;
const Graph& Model::graph() const { return impl_->graph; }

/// "[N, 3, 224, 224]".
static std::string text_of(const std::vector<Dimension>& shape) {
  std::string text;
  for (const Dimension& d : shape)
    text += (text.empty() ? "" : ", ") + (d.size           ? std::to_string(*d.size)
                                          : d.name.empty() ? "?"
                                                           : d.name);
  return "[" + text + "]";
}

static void check_input(const ValueInfo& info, const Tensor& x, const Call& call) {
  require<DTypeError>(!info.dtype || x.dtype() == *info.dtype, call, "the input ",
                      in_quotes(info.name), " is ", info.dtype ? to_string(*info.dtype) : "",
                      " in the file, got ", to_string(x.dtype()));
  if (!info.shape) return;
  bool fits = int(info.shape->size()) == x.dim();
  for (int i = 0; fits && i < x.dim(); ++i) {
    const Dimension& d = (*info.shape)[std::size_t(i)];
    fits = !d.size || *d.size == x.shape()[i];
  }
  require<ShapeError>(fits, call, "the input ", in_quotes(info.name), " has the shape ",
                      text_of(*info.shape), " in the file, got ", x.shape());
}

/// The tensors in the order of the graph's inputs.
static std::vector<Tensor> in_order(const std::vector<ValueInfo>& infos, const NamedTensors& given,
                                    const Call& call) {
  std::vector<Tensor> ordered;
  for (const ValueInfo& info : infos) {
    const auto found = std::find_if(given.begin(), given.end(),
                                    [&](auto& entry) { return entry.first == info.name; });
    require(found != given.end(), call, "the input ", in_quotes(info.name), " is not given");
    check_input(info, found->second, call);
    ordered.push_back(found->second);
  }
  for (const auto& entry : given)
    require(std::any_of(infos.begin(), infos.end(),
                        [&](auto& info) { return info.name == entry.first; }),
            call, "the network has no input ", in_quotes(entry.first));
  return ordered;
}

NamedTensors Model::run(const NamedTensors& inputs, SourceLocation location) {
  return nn::Module::run(location, [&] {
    const auto ordered = in_order(graph().inputs, inputs, {"onnx::Model", location});
    const auto values = impl_->program->run(ordered, training(), location);
    NamedTensors named;
    for (std::size_t i = 0; i < values.size(); ++i)
      named.emplace_back(graph().outputs[i].name, values[i]);
    return named;
  });
}

Tensor Model::forward(const Tensor& x) {
  const Call call{"onnx::Model"};
  require(inputs().size() == 1 && !outputs().empty(), call, "the network has ", inputs().size(),
          " inputs; call run() with their names");
  check_input(inputs()[0], x, call);
  return impl_->program->run({x}, training(), {})[0];
}

/// A model of a graph. What a constant or a node If lacks is the file's fault, too.
static std::shared_ptr<Model> make_model(Graph graph, const Call& call, const std::string& path) {
  try {
    return std::make_shared<Model>(std::move(graph));
  } catch (const Error& error) { fail<IoError>(call, in_quotes(path), ": ", error.what()); }
}

std::shared_ptr<Model> load(const std::string& path, const LoadOptions& options,
                            SourceLocation location) {
  const Call call{"onnx::load", location};
  Graph graph = read_model(call, path, options);
  check_operators(graph, call, path);
  auto model = make_model(std::move(graph), call, path);
  model->to(options.device, location);
  return model;
}

/// ONNX has no magic number: a file begins with field 1, ir_version, a small number, and field 2,
/// the text producer_name, or with one of the fields that follow these.
static bool recognizes(std::span<const std::byte> head) {
  const auto byte = [&](std::size_t i) { return i < head.size() ? int(head[i]) : -1; };
  constexpr int ir_version = 1 << 3, producer = 2 << 3 | 2, opset_import = 8 << 3 | 2,
                graph = 7 << 3 | 2, most_versions = 64;
  if (byte(0) != ir_version || byte(1) < 1 || byte(1) > most_versions) return false;
  return byte(2) == producer || byte(2) == opset_import || byte(2) == graph;
}

static NamedTensors load_initializers(const std::string& path, const LoadOptions& options,
                                      SourceLocation location) {
  NamedTensors tensors = read_model({"load", location}, path, options).initializers;
  for (auto& entry : tensors) entry.second = entry.second.to(options.device, location);
  return tensors;
}

}  // namespace tinygrad::onnx

REGISTER_FORMAT(onnx, {.name = "ONNX",
                       .extension = ".onnx",
                       .recognizes = tinygrad::onnx::recognizes,
                       .load = tinygrad::onnx::load_initializers});
