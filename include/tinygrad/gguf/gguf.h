// SPDX-License-Identifier: MIT
// GGUF files, which llama.cpp and the Python package gguf read and write: metadata, among it the
// vocabulary of the tokenizer, and tensors whose elements are often stored in blocks of 3 to 8 bits
// each. The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
//
//   const gguf::File file("model.gguf");
//   const auto layers = file.get<int>("llama.block_count");
//   const auto tokens = file.get<std::vector<std::string>>("tokenizer.ggml.tokens");
//   const Tensor norm = file.tensor("blk.0.attn_norm.weight");
//
// The tensors are those of the file. Llama's converter reorders the rows of attn_q and attn_k for
// rotary embeddings of neighbouring pairs; what loads such a model puts them back.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/gguf/metadata.h"
#include "tinygrad/gguf/quantized.h"
#include "tinygrad/io/file.h"
#include "tinygrad/io/load.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::gguf {

/// A tensor of a file: its shape in row-major order (the file stores the sizes from the last to the
/// first) and the bytes as they are stored, which are valid as long as the File is.
struct TensorInfo {
  std::string name;
  Type type = Type::F32;
  Shape shape;
  std::span<const std::byte> bytes;
};

/// A GGUF file (version 2 or 3, little-endian) that is open for reading. Copies share it.
class TINYGRAD_API File {
 public:
  /// Maps the file into memory (map = false: reads it) and validates all but the elements of
  /// tensors. Throws IoError if it is missing, damaged or of another format.
  explicit File(const std::string& path, bool map = true,
                SourceLocation location = SourceLocation::current());

  const std::string& path() const { return path_; }
  int version() const { return version_; }
  const Metadata& metadata() const { return metadata_; }
  /// The value of a key; null if there is none.
  const Value* find(std::string_view key) const;
  /// The value of a key as a T (value_as()). Throws IoError if there is none or it is no T.
  template <class T>
  T get(std::string_view key, SourceLocation location = SourceLocation::current()) const {
    const Value* value = find(key);
    std::optional<T> found;
    if (value) found = value_as<T>(*value);
    if (!found) fail_get(key, value, location);
    return *std::move(found);
  }
  /// The same, or `otherwise` if there is no such key.
  template <class T>
  T get(std::string_view key, const T& otherwise,
        SourceLocation location = SourceLocation::current()) const {
    return find(key) ? get<T>(key, location) : otherwise;
  }

  /// All tensors, in the order of the file.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  bool contains(std::string_view name) const;
  /// Throws IoError if there is no tensor of this name; so do the next two.
  const TensorInfo& info(std::string_view name,
                         SourceLocation location = SourceLocation::current()) const;
  /// The elements of a tensor, decoded and converted to options.dtype (float32 if it is not set).
  /// Throws IoError if the type is one that this library does not decode.
  Tensor tensor(std::string_view name, const TensorOptions& options = {},
                SourceLocation location = SourceLocation::current()) const;
  /// A matrix whose blocks stay where they are in the file. Throws IoError unless the tensor has
  /// rank 2 and the type Q8_0, Q4_0 or Q4_1.
  QuantizedMatrix matrix(std::string_view name,
                         SourceLocation location = SourceLocation::current()) const;

 private:
  [[noreturn]] void fail_get(std::string_view key, const Value* value, SourceLocation) const;
  std::string path_;
  std::shared_ptr<const FileBytes> bytes_;
  int version_ = 0;
  Metadata metadata_;
  std::vector<TensorInfo> tensors_;
};

/// Returns all tensors of a GGUF file, in the order of the file. F32, F16, BF16, F64 and integers
/// keep their dtype, blocks are decoded to float32. Throws IoError as File does, and for a part of
/// a model in several files. tg::load() calls it in programs that link tinygrad::gguf.
TINYGRAD_API NamedTensors load(const std::string& path, const LoadOptions& options = {},
                               SourceLocation location = SourceLocation::current());

struct SaveOptions {
  /// F32, F16, BF16, Q8_0 or Q4_0: the type of floating tensors of rank 2 to 4; other floating
  /// tensors, and for blocks those whose rows are not whole blocks, are written as F32. If it is
  /// not set, all tensors keep their dtype.
  std::optional<Type> type = {};
};
/// Writes tensors and metadata to a GGUF file, version 3; blocks are those that the Python package
/// gguf computes. The alignment is that of the metadata's "general.alignment", or 32. Written as
/// NewFile does. Throws ArgumentError for two equal names or keys, and for elements that a block
/// cannot hold (infinite, NaN, beyond 65504 times the largest code), DTypeError for a dtype that
/// the format lacks, ShapeError for rank 5 and more, IoError if the file cannot be written.
TINYGRAD_API void save(const NamedTensors& tensors, const std::string& path,
                       const Metadata& metadata = {}, const SaveOptions& options = {},
                       SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::gguf
