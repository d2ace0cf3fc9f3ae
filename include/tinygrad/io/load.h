// Files of tensors of any format that the library knows: load() looks at the content, save() at the
// extension of the name. Each format has functions of its own beside them (io/safetensors.h).
#pragma once
#include <string>

#include "tinygrad/io/safetensors.h"

namespace tinygrad {

/// The tensors of a file, in the order of the file. The format is found from its first bytes.
/// Throws IoError with the path and the reason if the file is missing, damaged, or of a format that
/// is not known.
TINYGRAD_API NamedTensors load(const std::string& path, const LoadOptions& options = {},
                               SourceLocation location = SourceLocation::current());

/// Writes tensors to a file in the format of its extension: .safetensors. Throws ArgumentError,
/// which lists the known extensions, for any other; see the format's own function for the rest.
TINYGRAD_API void save(const NamedTensors& tensors, const std::string& path,
                       const Metadata& metadata = {},
                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
