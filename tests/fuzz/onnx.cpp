// SPDX-License-Identifier: MIT
// Fuzzes ONNX: the mapped and the read path must agree, and a file that is read either becomes a
// model or is refused.
#include "memory_file.h"
#include "tinygrad/onnx/load.h"

namespace {

using namespace tinygrad;
using test::MemoryFile;

/// The names of all nodes and the bits of all initializers, or why there are none.
std::string outcome(const std::string& path, bool map) {
  try {
    const onnx::Graph graph = onnx::read(path, {.map = map});
    std::string all;
    for (const onnx::Node& node : graph.nodes) all += node.op_type + ' ' + node.name + ';';
    for (auto& [name, t] : graph.initializers) {
      std::string bytes(std::size_t(t.numel()) * size_of(t.dtype()), '\0');
      t.read(bytes.data(), t.dtype());
      all += name + '=' + to_string(t.dtype()) + to_string(t.shape()) + bytes + ';';
    }
    return all;
  } catch (const IoError& error) { return std::string("refused: ") + error.what(); }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static MemoryFile file;
  file.set(data, size);
  MemoryFile::check(outcome(file.path(), true) == outcome(file.path(), false));
  try {
    const auto model = onnx::load(file.path());
    MemoryFile::check(model->state_dict().size() <= model->graph().initializers.size() ||
                      !model->nodes().empty());
  } catch (const IoError&) {}
  return 0;
}
