// SPDX-License-Identifier: MIT
// Where the parts of a model file lie: its header, its metadata, and the bytes of each tensor. The
// library's functions load the tensors and check the file; this reads what they do not return.
#pragma once
#include <tinygrad/io/safetensors.h>

#include <cstdint>
#include <string>
#include <vector>

#include "source.h"

namespace tinygrad::inspect {

/// The bytes [begin, end) of a file.
struct Part {
  enum class Kind { header, tensor, other };
  std::string name;
  Kind kind = Kind::other;
  std::uint64_t begin = 0, end = 0;
  std::string dtype = {};  ///< of a tensor, as the format names it
};

struct Layout {
  std::string format;
  Metadata facts;     ///< what the header says of the file itself: a version, an alignment, ...
  Metadata metadata;  ///< what the file says of the model
  std::vector<Part> parts;  ///< in the order of the file; together they are the whole file
  std::string rest = "(other bytes)";  ///< the name of what lies between the parts
};

/// The layout of a file that load() accepts. Of a format without an entry here, it is one part.
Layout layout_of(const io::Source& source);

/// The functions of the formats, each in a file of its own, add facts, metadata and parts.
void add_safetensors(const io::Source& source, Layout& layout);
void add_npy(const io::Source& source, Layout& layout);
void add_zip(const io::Source& source, Layout& layout);
void add_pickle(const io::Source& source, Layout& layout);
void add_gguf(const io::Source& source, Layout& layout);
void add_onnx(const io::Source& source, Layout& layout);

}  // namespace tinygrad::inspect
