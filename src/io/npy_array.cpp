// SPDX-License-Identifier: MIT
// Parses and writes arrays in NumPy's format, which npy_array.h describes.
#include "io/npy_array.h"

#include <charconv>
#include <iterator>
#include <string_view>

#include "tinygrad/ops/copy.h"
#include "tinygrad/ops/views.h"

namespace tinygrad::io {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view magic = "\x93NUMPY"sv;

/// NumPy's names of element types, without the byte order.
struct NumpyType {
  std::string_view name;
  ElementType type;
};
constexpr NumpyType numpy_types[] = {{"f4", {float32}},      {"f8", {float64}}, {"f2", {float16}},
                                     {"V2", {bfloat16}},     {"i4", {int32}},   {"i8", {int64}},
                                     {"u1", {uint8}},        {"i1", {int8}},    {"i2", {int16}},
                                     {"u2", {uint16}},       {"u4", {uint32}},  {"b1", {boolean}},
                                     {"u8", uint64_elements}};

/// What NumPy's other kinds are called, and what to save instead.
struct RefusedKind {
  char letter;
  const char* what;
};
constexpr RefusedKind refused_kinds[] = {
    {'O', "Python objects, which are pickled; save an array of numbers, as x.astype('float32')"},
    {'U', "texts; save an array of numbers"},
    {'S', "texts of bytes; save an array of numbers"},
    {'a', "texts of bytes; save an array of numbers"},
    {'M', "dates; save x.astype('int64')"},
    {'m', "durations; save x.astype('int64')"},
    {'c', "complex numbers; save x.real and x.imag"},
    {'V',
     "raw bytes; if they are elements of a dtype that NumPy lacks, as bfloat16, name it in "
     "NpyOptions::raw"},
};

struct NpyHeader {
  ElementType type;
  bool big_endian = false, fortran_order = false;
  Shape shape;
};

/// Parses the header: the one literal of Python that it may be.
class NpyHeaderParser {
 public:
  NpyHeaderParser(const Source& source, std::string_view text, std::optional<DType> raw)
      : source_(source), rest_(text), raw_(raw) {}

  NpyHeader parse() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = text();
      expect(':');
      read_field(key);
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    source_.check(rest_.empty(), "the header goes on after its }");
    source_.check(fields_ == 7, "the header lacks one of descr, fortran_order and shape");
    return header_;
  }

 private:
  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size()));
  }
  bool take(std::string_view token) {
    skip_spaces();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  bool take(char c) { return take(std::string_view(&c, 1)); }
  void expect(char c) {
    if (!take(c))
      source_.refuse("the header is not a dictionary of Python: expected ", c, " before ",
                     Name{rest_.substr(0, 20)});
  }
  std::string_view text() {
    const char quote = take('"') ? '"' : '\'';
    if (quote == '\'') expect(quote);
    const auto end = rest_.find(quote);
    source_.check(end != rest_.npos, "a text in the header has no end");
    const std::string_view found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
  }

  void read_field(std::string_view key) {
    const int field = key == "descr" ? 1 : key == "fortran_order" ? 2 : key == "shape" ? 4 : 0;
    source_.check(field != 0, "the header has an unknown field ", Name{key});
    source_.check(!(fields_ & field), "the header has two fields ", Name{key});
    fields_ |= field;
    if (field == 1) read_type();
    else if (field == 2) read_order();
    else read_shape();
  }
  void read_order() {
    header_.fortran_order = take("True");
    source_.check(header_.fortran_order || take("False"), "fortran_order is not True or False");
  }
  void read_type() {
    source_.check(!take('[') && !take('('),
                  "the elements are structures; save each field as an array of its own");
    const std::string_view descr = text();
    const bool order = !descr.empty() && "<>|="sv.find(descr[0]) != ""sv.npos;
    const std::string_view name = descr.substr(order ? 1 : 0);
    header_.big_endian = descr.starts_with('>');
    if (name.starts_with('V') && raw_ && name == "V" + std::to_string(size_of(*raw_)))
      return void(header_.type = {*raw_});
    for (auto& kind : refused_kinds)
      source_.check(!name.starts_with(kind.letter), "the elements of dtype ", Name{descr}, " are ",
                    kind.what);
    const auto found = std::find_if(std::begin(numpy_types), std::end(numpy_types),
                                    [&](auto& type) { return name == type.name; });
    source_.check(found != std::end(numpy_types), "the elements have dtype ", Name{descr},
                  ", which no dtype of tinygrad stands for");
    header_.type = found->type;
  }
  void read_shape() {
    expect('(');
    while (!take(')')) {
      skip_spaces();
      std::int64_t size = -1;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      source_.check(error == std::errc() && size >= 0, "a size of the shape is not an integer ",
                    "from 0 to 2^63 - 1");
      source_.check(header_.shape.rank() < max_rank, "the array has more than ", max_rank,
                    " dimensions");
      header_.shape.push_back(size);
      rest_.remove_prefix(std::size_t(end - rest_.data()));
      take('L');  // a long integer of Python 2
      if (take(',')) continue;
      expect(')');
      break;
    }
  }

  const Source& source_;
  std::string_view rest_;
  std::optional<DType> raw_;
  NpyHeader header_;
  int fields_ = 0;
};

/// The elements with their bytes in the opposite order.
std::unique_ptr<std::byte[]> swapped(Bytes bytes, std::size_t element) {
  auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); i += element)
    std::reverse_copy(bytes.begin() + std::ptrdiff_t(i),
                      bytes.begin() + std::ptrdiff_t(i + element), copy.get() + i);
  return copy;
}

Dims reversed(const Dims& dims) {
  Dims result = dims;
  std::reverse(result.begin(), result.end());
  return result;
}

/// Reads what is before the data, whose bytes fit into 63 bits.
NpyHeader read_npy_header(const Source& source, ByteReader& in, std::optional<DType> raw) {
  source.check(source.bytes.size() >= magic.size() && in.text(magic.size(), "") == magic,
               "this is not a .npy file: it does not begin with \\x93NUMPY");
  const int major = in.read<std::uint8_t>("the version"),
            minor = in.read<std::uint8_t>("the version");
  source.check(major >= 1 && major <= 3 && minor == 0, "this is version ", major, ".", minor,
               " of the format; expected 1.0, 2.0 or 3.0");
  const std::uint32_t length = major == 1 ? in.read<std::uint16_t>("the length of the header")
                                          : in.read<std::uint32_t>("the length of the header");
  const NpyHeader header = NpyHeaderParser(source, in.text(length, "the header"), raw).parse();
  source.check(bool(bytes_of(header.type, header.shape)), "the shape ", header.shape,
               " has more bytes than fit into 63 bits");
  return header;
}

}  // namespace

Tensor parse_npy(const Source& source, std::optional<DType> raw, const Device& device) {
  ByteReader in(source, source.bytes);
  const NpyHeader header = read_npy_header(source, in, raw);
  Bytes data = in.take(*bytes_of(header.type, header.shape), "the data");
  in.end();
  std::unique_ptr<std::byte[]> copy;
  if (header.big_endian && header.type.bytes() > 1) {
    copy = swapped(data, header.type.bytes());
    data = {copy.get(), data.size()};
  }
  if (!header.fortran_order)
    return make_tensor(source, "", header.type, header.shape, data, device);
  // Column-major elements are those of the transposed array in row-major order.
  Dims order;
  for (int i = header.shape.rank() - 1; i >= 0; --i) order.push_back(i);
  return contiguous(
      permute(make_tensor(source, "", header.type, reversed(header.shape), data, device), order));
}

std::uint64_t npy_size(const Source& source, std::optional<DType> raw) {
  ByteReader in(source, source.bytes);
  const NpyHeader header = read_npy_header(source, in, raw);
  return source.bytes.size() - in.remaining() + *bytes_of(header.type, header.shape);
}

std::string npy_header(DType dtype, const Shape& shape) {
  const auto type = std::find_if(std::begin(numpy_types), std::end(numpy_types),
                                 [&](auto& t) { return t.type == ElementType{dtype}; });
  std::string sizes;
  for (const std::int64_t size : shape) sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
  if (shape.rank() == 1) sizes += ",";
  std::string text = std::string("{'descr': '") + (size_of(dtype) == 1 ? '|' : '<') +
                     std::string(type->name) + "', 'fortran_order': False, 'shape': (" + sizes +
                     "), }";
  constexpr std::size_t digits = 21;  // room for a larger first size, which NumPy leaves
  if (shape.rank() > 0) text.resize(text.size() + digits - std::to_string(shape[0]).size(), ' ');
  constexpr std::size_t before = 10, multiple = 64;
  text.resize((before + text.size() + 1) / multiple * multiple + multiple - before - 1, ' ');
  text += '\n';
  return std::string(magic) + "\1" + '\0' + char(text.size() & 0xFF) + char(text.size() >> 8) +
         text;
}

}  // namespace tinygrad::io
