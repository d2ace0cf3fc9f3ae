// SPDX-License-Identifier: MIT
// load_idx(): reads the idx format of MNIST, plain or gzip:
//
//   0 0 t r             two zeros, the element type, the rank
//   r sizes             4 bytes each, big-endian
//   the elements        row-major, big-endian
#include <algorithm>
#include <bit>
#include <vector>

#include "file.h"
#include "tinygrad/ops/create.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::vision {
namespace {

DType dtype_of_code(const UnpackedFile& file, int code) {
  switch (code) {
    case 0x08: return uint8;
    case 0x0C: return int32;
    case 0x0D: return float32;
    case 0x0E: return float64;
  }
  file.check(code != 0x09 && code != 0x0B, "the elements are ", code == 0x09 ? "int8" : "int16",
             ", which is not supported");
  file.check(false, "is not an idx file: its third byte is ", code,
             ", which is not the code of an element type");
  return uint8;
}

/// Converts big-endian elements to the byte order of this machine, in place.
void swap_bytes(std::span<unsigned char> bytes, std::size_t element) {
  for (std::size_t i = 0; element > 1 && i < bytes.size(); i += element)
    std::reverse(bytes.data() + i, bytes.data() + i + element);
}

struct Header {
  DType dtype;
  Shape shape;
  std::int64_t bytes;  // of all elements
};

Header read_header(UnpackedFile& file) {
  unsigned char magic[4], size[4];
  file.read(magic, "the header");
  file.check(magic[0] != '<', "is not an idx file but a web page, probably from a wrong address");
  file.check(magic[0] == 0 && magic[1] == 0,
             "is not an idx file: it does not begin with two zero bytes");
  Header header{dtype_of_code(file, magic[2]), {}, 0};
  const int rank = magic[3];
  file.check(rank >= 1 && rank <= 4, "the rank is ", rank, "; it must be 1 to 4");
  header.bytes = std::int64_t(size_of(header.dtype));
  bool fits = true;
  for (int i = 0; i < rank; ++i) {
    file.read(size, "the sizes");
    swap_bytes(size, sizeof size);
    header.shape.push_back(std::bit_cast<std::uint32_t>(size));
    fits = fits && checked_mul(header.bytes, header.shape[i], header.bytes);
  }
  file.check(fits, "the bytes of shape ", header.shape, " do not fit into 63 bits");
  return header;
}

}  // namespace

Tensor load_idx(const std::string& path, SourceLocation location) {
  UnpackedFile file({"load_idx", location}, path);
  const Header header = read_header(file);
  file.check_room(header.bytes, "the elements");
  std::vector<unsigned char> elements(static_cast<std::size_t>(header.bytes));
  file.read(elements, "the elements");
  file.end();
  swap_bytes(elements, size_of(header.dtype));
  return from_data(elements.data(), header.dtype, header.shape,
                   {.dtype = header.dtype, .device = "cpu"});
}

}  // namespace tinygrad::vision
