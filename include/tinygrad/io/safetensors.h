// SPDX-License-Identifier: MIT
// Safetensors files, which the Hugging Face package safetensors reads and writes too.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad {

/// Text that a file contains beside its tensors: pairs of key and value, in order. Keys must be
/// distinct.
using Metadata = std::vector<std::pair<std::string, std::string>>;

/// Options of the functions that load tensors from files.
struct LoadOptions {
  Device device = default_device();
  bool map = true;  ///< map the file into memory; false: read it. If another program shortens the
                    ///< file while it is mapped, the operating system kills the process
};

/// Returns all tensors of a safetensors file, in the order of their data. 8-bit floats become
/// float32 and uint64 int64; F4, F6 and C64 are refused. The whole file is
/// validated: throws IoError with the path and the reason if it is missing, damaged, of another
/// format, or contains unused bytes. Memory use stays below 32 times the file's size plus 1 MiB,
/// whatever the header claims. Different threads may load at once.
TINYGRAD_API NamedTensors load_safetensors(const std::string& path, const LoadOptions& options = {},
                                           SourceLocation location = SourceLocation::current());

/// Returns the metadata of a safetensors file. The header is validated as by load_safetensors();
/// the data of the tensors is not read. Throws IoError.
TINYGRAD_API Metadata load_safetensors_metadata(
    const std::string& path, SourceLocation location = SourceLocation::current());

/// Writes tensors of any shape, stride and device to a safetensors file; the bytes are those that
/// the Hugging Face package writes. Names must be distinct, valid UTF-8 and not "__metadata__",
/// otherwise ArgumentError is thrown. The bytes are written to a temporary file in the same folder,
/// flushed to the disk, and only then renamed: if a save fails (IoError) or is killed, an old file
/// of that name stays unchanged.
TINYGRAD_API void save_safetensors(const NamedTensors& tensors, const std::string& path,
                                   const Metadata& metadata = {},
                                   SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
