// SPDX-License-Identifier: MIT
// The header of a safetensors file says which tensors the file holds, and at which offsets.
//
//   8 bytes       length of the header, little-endian
//   the header    JSON: {"__metadata__": {"key": "text", ...},
//                        "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...},
//                 padded with spaces until the data begins at a multiple of 8
//   the data      all tensors, row-major, side by side; offsets count from here
#pragma once
#include <cstdint>
#include <vector>

#include "shared/elements.h"
#include "tinygrad/io.h"

namespace tinygrad::io {

/// One tensor: its name, type and shape, and its bytes, [begin, end) of the data.
struct Entry {
  std::string name;
  ElementType type;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  Metadata metadata;
  std::vector<Entry> entries;  ///< in the order of their bytes
  Bytes data;
};

/// Parses and checks the header: the entries that are returned cover the data exactly, without
/// overlap. Throws IoError.
Header parse_header(const Source& source);

/// The bytes before the data, for entries in the order in which they will be written. Throws
/// ArgumentError if a text is not UTF-8.
std::string write_header(const Call& call, const std::vector<Entry>& entries,
                         const Metadata& metadata);

}  // namespace tinygrad::io
