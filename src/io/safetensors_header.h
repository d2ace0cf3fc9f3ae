// The header of a safetensors file: which tensors it holds, and where.
//
//   8 bytes       length of the header, little-endian
//   the header    JSON: {"__metadata__": {"key": "text", ...}, "name": {"dtype": "F32", "shape":
//   [2, 3], "data_offsets": [0, 24]}, ...},
//                 padded with spaces until the data begins at a multiple of 8
//   the data      all tensors, row-major, side by side; offsets count from here
#pragma once
#include <cstdint>
#include <vector>

#include "io/source.h"
#include "tinygrad/io.h"

namespace tinygrad::io {

/// One tensor: its name, what it is, and its bytes, [begin, end) of the data.
struct Entry {
  std::string name;
  DType dtype = DType::float32;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

struct Header {
  Metadata metadata;
  std::vector<Entry> entries;  ///< in the order of their bytes
  Bytes data;
};

/// Parses and proves it all: what is returned covers the data exactly, without overlap.
Header parse_header(const Source& source);

/// The bytes before the data. Entries in the order in which they will be written. Throws
/// ArgumentError where a text is not UTF-8.
std::string write_header(const Call& call, const std::vector<Entry>& entries,
                         const Metadata& metadata);

/// "F32".
const char* file_name(DType dtype);

}  // namespace tinygrad::io
