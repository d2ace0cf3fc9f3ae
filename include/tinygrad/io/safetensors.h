// Safetensors files, as the Hugging Face package reads and writes them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Text that a file carries beside its tensors: keys and values, in order. Keys are distinct.
using Metadata = std::vector<std::pair<std::string, std::string>>;

struct LoadOptions {
  Device device = default_device();
  bool map = true;  ///< map the file into memory; false reads it. A file that another program
                    ///< shortens while it is mapped kills the process
};

/// All tensors of a safetensors file, in the order in which they lie in it. The file is loaded
/// whole and exactly, or not at all: throws IoError with the path and the reason where it is
/// missing, damaged, of another kind, or where bytes are left over. The memory in use stays below
/// 32 times the file's size plus 1 MiB, whatever the file claims. Different threads may load at
/// once.
TINYGRAD_API NamedTensors load_safetensors(const std::string& path, const LoadOptions& options = {},
                                           SourceLocation location = SourceLocation::current());

/// The metadata of a safetensors file, which is checked as load_safetensors() does; the tensors'
/// bytes are not looked at.
TINYGRAD_API Metadata load_safetensors_metadata(
    const std::string& path, SourceLocation location = SourceLocation::current());

/// Writes tensors of any shape, stride and device to a safetensors file, byte for byte as the
/// Hugging Face package does. Names must be distinct valid UTF-8, and not "__metadata__", else
/// ArgumentError. The bytes go to a temporary file in the same folder, to the disk, and only then
/// take the name: a save that fails (IoError) or is killed leaves an old file of that name as it
/// was.
TINYGRAD_API void save_safetensors(const NamedTensors& tensors, const std::string& path,
                                   const Metadata& metadata = {},
                                   SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
