// SPDX-License-Identifier: MIT
// Models in several safetensors files, which an index names (model.safetensors.index.json).
#pragma once
#include "tinygrad/io/safetensors.h"

namespace tinygrad::io {

/// Returns the tensors of all files that the index names, in the order of the index's files. Throws
/// IoError if one is missing or damaged, or if a tensor is not in exactly the file that the index
/// says.
NamedTensors load_sharded(const std::string& path, const LoadOptions& options,
                          SourceLocation location);

}  // namespace tinygrad::io
