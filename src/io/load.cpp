// SPDX-License-Identifier: MIT
// load() and save(): choose the format of a file by its content or its extension.
#include "tinygrad/io/load.h"

#include <string_view>

#include "io/source.h"

namespace tinygrad {

NamedTensors load(const std::string& path, const LoadOptions& options, SourceLocation location) {
  return load_safetensors(path, options, location);  // it says of other formats what they are
}

void save(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
          SourceLocation location) {
  require(path.ends_with(".safetensors"), Call{"save", location}, in_quotes(path),
          ": the extension chooses the format and must be .safetensors (save_safetensors() takes "
          "any name)");
  save_safetensors(tensors, path, metadata, location);
}

}  // namespace tinygrad
