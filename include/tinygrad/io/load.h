// SPDX-License-Identifier: MIT
// Files of tensors in any format that the program knows: load() recognizes the format by the
// content, save() chooses it by the extension of the name. Each format also has functions of its
// own (io/safetensors.h, io/npy.h, and the components gguf, onnx and pytorch).
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/io/safetensors.h"

namespace tinygrad {

/// Returns the tensors of a file, in the order of the file. The first bytes tell the format; a
/// sharded model is loaded by its index (model.safetensors.index.json). The array of a .npy file
/// has the empty name. Throws IoError with the path and the reason if the file is missing, damaged,
/// or of a format that is not registered; the message then names the component that a program links
/// for it.
TINYGRAD_API NamedTensors load(const std::string& path, const LoadOptions& options = {},
                               SourceLocation location = SourceLocation::current());

/// Writes tensors to a file in the format of its extension: .safetensors, .npz, .npy (one tensor),
/// or one that a component registered. Throws ArgumentError for any other extension and for
/// metadata that the format does not hold, and the errors of the format's own function.
TINYGRAD_API void save(const NamedTensors& tensors, const std::string& path,
                       const Metadata& metadata = {},
                       SourceLocation location = SourceLocation::current());

/// A format of files that load() and save() choose.
struct FileFormat {
  std::string name;       ///< for messages: "GGUF"
  std::string extension;  ///< ".gguf"
  /// Returns whether a file of this format may begin with these bytes (all of a short file, else
  /// the first 4096).
  bool (*recognizes)(std::span<const std::byte> head) = nullptr;
  NamedTensors (*load)(const std::string& path, const LoadOptions& options,
                       SourceLocation location) = nullptr;
  /// Not set if files of this format are only read.
  void (*save)(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
               SourceLocation location) = nullptr;
};

/// Makes a format known to load() and save(). The components do so when a program links them.
/// A format that was registered later is tried first. Different threads may register at once.
TINYGRAD_API void register_format(const FileFormat& format);
/// All formats that are known, in the order in which load() tries them.
TINYGRAD_API std::vector<FileFormat> file_formats();

}  // namespace tinygrad
