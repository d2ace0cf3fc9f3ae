// SPDX-License-Identifier: MIT
// load_idx(): reads the idx format of MNIST, plain or gzip:
//
//   0 0 t r             two zeros, the element type, the rank
//   r sizes             4 bytes each, big-endian
//   the elements        row-major, big-endian
#include <algorithm>
#include <vector>

#include "data/gzip.h"
#include "io/byte_reader.h"
#include "io/file.h"
#include "tinygrad/data.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::data {
namespace {

using io::ByteReader;
using io::Bytes;
using io::Source;

constexpr std::size_t longest_header = 4 + 4 * 4;
constexpr std::int64_t max_compression = 1032;  // one byte of gzip expands to at most so many

struct Header {
  DType dtype = DType::uint8;
  Shape shape;
  std::int64_t bytes = 0;
};

DType dtype_of_code(const Source& source, int code) {
  switch (code) {
    case 0x08: return DType::uint8;
    case 0x0C: return DType::int32;
    case 0x0D: return DType::float32;
    case 0x0E: return DType::float64;
    case 0x09: source.refuse("the elements are int8, which is not supported");
    case 0x0B: source.refuse("the elements are int16, a type that tensors here do not have");
    default:
      source.refuse("is not an idx file: its third byte is ", code,
                    ", which is not the code of an element type");
  }
}

int read_magic(const Source& source, ByteReader& reader, Header& header) {
  const int zeros = reader.byte("the header") | reader.byte("the header");
  source.check(zeros == 0, "is not an idx file: it does not begin with two zero bytes");
  header.dtype = dtype_of_code(source, reader.byte("the header"));
  const int rank = reader.byte("the header");
  source.check(rank >= 1 && rank <= 4, "the rank is ", rank, "; it must be 1 to 4");
  return rank;
}

void read_sizes(const Source& source, ByteReader& reader, int rank, Header& header) {
  header.bytes = std::int64_t(size_of(header.dtype));
  bool fits = true;
  for (int i = 0; i < rank; ++i) {
    header.shape.push_back(reader.big_endian32("the sizes"));
    fits = fits && checked_mul(header.bytes, header.shape[i], header.bytes);
  }
  source.check(fits, "the bytes of shape ", header.shape, " do not fit into 63 bits");
}

/// Converts big-endian elements to the byte order of this machine, in place.
void swap_bytes(std::span<std::byte> bytes, std::size_t element) {
  for (std::size_t i = 0; element > 1 && i < bytes.size(); i += element)
    std::reverse(bytes.data() + i, bytes.data() + i + element);
}

Tensor make(const Header& header, Bytes bytes) {
  const TensorOptions options{.dtype = header.dtype, .device = "cpu"};
  if (header.dtype == DType::uint8)
    return from_data(bytes.data(), header.dtype, header.shape, options);
  std::vector<std::byte> native(bytes.begin(), bytes.end());
  swap_bytes(native, size_of(header.dtype));
  return from_data(native.data(), header.dtype, header.shape, options);
}

Tensor read_plain(const Source& source) {
  Header header;
  ByteReader reader(source, source.bytes);
  read_sizes(source, reader, read_magic(source, reader, header), header);
  const Bytes elements = reader.take(std::uint64_t(header.bytes), "the elements");
  reader.end();
  return make(header, elements);
}

Tensor read_packed(const Source& source) {
  Gunzip gunzip(source);
  std::byte start[longest_header];
  const std::span<std::byte> magic = std::span(start).first(4);
  gunzip.read(magic, "the header");
  Header header;
  ByteReader magic_reader(source, magic);
  const int rank = read_magic(source, magic_reader, header);
  const std::span<std::byte> sizes = std::span(start).subspan(4, 4 * std::size_t(rank));
  gunzip.read(sizes, "the sizes");
  ByteReader sizes_reader(source, sizes);
  read_sizes(source, sizes_reader, rank, header);
  source.check(header.bytes / max_compression <= std::int64_t(source.bytes.size()),
               "the header announces ", header.bytes, " bytes of elements, more than ",
               source.bytes.size(), " packed bytes can hold");
  const auto elements = std::make_unique_for_overwrite<std::byte[]>(std::size_t(header.bytes));
  const std::span<std::byte> all(elements.get(), std::size_t(header.bytes));
  gunzip.read(all, "the elements");
  gunzip.end();
  return make(header, all);
}

}  // namespace

Tensor load_idx(const std::string& path, SourceLocation location) {
  const io::FileBytes file(Call{"load_idx", location}, path,
                           false);  // not mapped: a download may replace the file meanwhile
  const Source source = file.source();
  return is_gzip(source.bytes) ? read_packed(source) : read_plain(source);
}

}  // namespace tinygrad::data
