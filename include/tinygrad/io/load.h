// SPDX-License-Identifier: MIT
// Files of tensors in any format that the library supports: load() recognizes the format by the
// content, save() chooses it by the extension of the name. Each format also has functions of its
// own (io/safetensors.h).
#pragma once
#include <string>

#include "tinygrad/io/safetensors.h"

namespace tinygrad {

/// Returns the tensors of a file, in the order of the file. The first bytes tell the format.
/// Throws IoError with the path and the reason if the file is missing, damaged, or of an unknown
/// format.
TINYGRAD_API NamedTensors load(const std::string& path, const LoadOptions& options = {},
                               SourceLocation location = SourceLocation::current());

/// Writes tensors to a file in the format of its extension: .safetensors. Throws ArgumentError for
/// any other extension, and the errors of the format's own function.
TINYGRAD_API void save(const NamedTensors& tensors, const std::string& path,
                       const Metadata& metadata = {},
                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
