// SPDX-License-Identifier: MIT
// NumPy's files: .npy holds one array, .npz a ZIP archive of them
// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once
#include <optional>
#include <string>

#include "tinygrad/io/safetensors.h"

namespace tinygrad {

/// Options of load_npy() and load_npz().
struct NpyOptions {
  Device device = default_device();
  bool map = true;  ///< as LoadOptions::map
  /// The dtype of elements that NumPy has no type for and writes as raw bytes ('|V2'): bfloat16, as
  /// the package ml_dtypes writes them. It must have as many bytes. Not set: such arrays are
  /// refused.
  std::optional<DType> raw = {};
};

/// Returns the array of a .npy file of version 1, 2 or 3, row-major whatever its order in the file
/// (fortran_order), converted from big-endian. uint64 becomes int64. Throws IoError with the path
/// and the reason if the file is missing, damaged or of another format, for uint64 beyond int64,
/// and for arrays of objects, texts, dates, complex numbers and structures.
TINYGRAD_API Tensor load_npy(const std::string& path, const NpyOptions& options = {},
                             SourceLocation location = SourceLocation::current());
/// Returns the arrays of a .npz file, in its order and without ".npy" in their names; stored and
/// deflated, ZIP64 included. Throws as load_npy() does, and IoError if a check sum is wrong.
TINYGRAD_API NamedTensors load_npz(const std::string& path, const NpyOptions& options = {},
                                   SourceLocation location = SourceLocation::current());

/// Writes a tensor of any shape, stride and device as a .npy file of version 1.0, as NewFile does.
/// bfloat16, which NumPy lacks, is written as the package ml_dtypes writes it ('<V2'). Throws
/// IoError.
TINYGRAD_API void save_npy(const Tensor& tensor, const std::string& path,
                           SourceLocation location = SourceLocation::current());
/// Writes tensors as a .npz file, stored as numpy.savez does, or deflated as
/// numpy.savez_compressed does. Names must be distinct, valid UTF-8, and not lead out of the
/// archive; otherwise ArgumentError is thrown. Throws IoError.
TINYGRAD_API void save_npz(const NamedTensors& tensors, const std::string& path,
                           bool compressed = false,
                           SourceLocation location = SourceLocation::current());

}  // namespace tinygrad
