// SPDX-License-Identifier: MIT
// Reads a TensorProto: elements as raw bytes, as numbers of a list that depends on the type, or as
// bytes of another file (https://onnx.ai/onnx/repo-docs/ExternalData.html).
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "dtypes.h"
#include "model.h"
#include "tinygrad/io/file.h"
#include "tinygrad/ops/create.h"

namespace tinygrad::onnx {
namespace {

/// The fields of a TensorProto.
struct TensorFields {
  std::vector<std::int64_t> dims;
  std::int64_t type = 0, location = 0;
  std::string_view name;
  bool has_raw_data = false, has_segment = false;
  std::string_view raw_data;
  std::vector<float> floats;
  std::vector<std::int64_t> int32s, int64s;
  std::vector<double> doubles;
  std::map<std::string_view, std::string_view> external;
};

void read_external(protobuf::Reader in, TensorFields& to) {
  std::string_view key, value;
  while (in.next())
    if (in.field() == 1) key = in.text();
    else if (in.field() == 2) value = in.text();
  to.external[key] = value;
}

TensorFields read_fields(protobuf::Reader in) {
  TensorFields t;
  while (in.next()) switch (in.field()) {
      case 1: in.append_to(t.dims); break;
      case 2: t.type = in.number<std::int64_t>(); break;
      case 3: t.has_segment = true; break;
      case 4: in.append_to(t.floats); break;
      case 5: in.append_to(t.int32s); break;
      case 7: in.append_to(t.int64s); break;
      case 8: t.name = in.text(); break;
      case 9: t.raw_data = in.text(), t.has_raw_data = true; break;
      case 10: in.append_to(t.doubles); break;
      case 11: in.append_to(t.int64s); break;  // uint64_data, which holds uint32 too
      case 13: read_external(in.message(), t); break;
      case 14: t.location = in.number<std::int64_t>(); break;
      default: break;
    }
  return t;
}

class TensorReader {
 public:
  TensorReader(const ModelSource& source, const TensorFields& fields)
      : source_(source), fields_(fields) {}

  Tensor read() const {
    const ElementType* const type = find_element_type(fields_.type);
    check(type && type->dtype, "has elements of ", element_type_name(fields_.type),
          ", for which the library has no dtype");
    check(!fields_.has_segment, "is one segment of a tensor, which is not supported");
    dtype_ = *type->dtype;
    const Shape shape = read_shape();
    if (fields_.location == 1) return external(shape);
    check(fields_.location == 0, "lies in a place of kind ", fields_.location);
    if (fields_.has_raw_data) return raw(fields_.raw_data, shape);
    return listed(shape);
  }

 private:
  template <class... Parts> void check(bool ok, const Parts&... parts) const {
    source_.check(ok, "the tensor ", in_quotes(fields_.name), " ", parts...);
  }
  Shape read_shape() const {
    check(fields_.dims.size() <= std::size_t(max_rank), "has rank ", fields_.dims.size(),
          "; at most ", max_rank, " is supported");
    std::int64_t bytes = std::int64_t(size_of(dtype_));
    for (const std::int64_t size : fields_.dims)
      check(size >= 0 && checked_mul(bytes, std::max<std::int64_t>(size, 1), bytes),
            "has the impossible shape ", Shape(fields_.dims));
    return Shape(fields_.dims);
  }
  Tensor raw(std::string_view bytes, const Shape& shape) const {
    const auto expected = std::uint64_t(shape.count()) * size_of(dtype_);
    check(bytes.size() == expected, "of shape ", shape, " and dtype ", to_string(dtype_), " needs ",
          expected, " bytes, and has ", bytes.size());
    if (dtype_ == boolean)  // any byte but 0 is true
      return from_data(bytes.data(), uint8, shape, {.dtype = boolean, .device = "cpu"});
    return from_data(bytes.data(), dtype_, shape, {.dtype = dtype_, .device = "cpu"});
  }
  /// The elements of a list; 16-bit floating ones are bits in the list of int32.
  Tensor listed(const Shape& shape) const {
    if (dtype_ == float32) return list(fields_.floats, shape);
    if (dtype_ == float64) return list(fields_.doubles, shape);
    if (dtype_ == int64 || dtype_ == uint32) return list(fields_.int64s, shape);
    if (!is_half(dtype_)) return list(fields_.int32s, shape);
    const std::vector<std::uint16_t> bits(fields_.int32s.begin(), fields_.int32s.end());
    return raw({reinterpret_cast<const char*>(bits.data()), 2 * bits.size()}, shape);
  }
  template <class T> Tensor list(const std::vector<T>& values, const Shape& shape) const {
    check(values.size() == std::size_t(shape.count()), "of shape ", shape, " needs ", shape.count(),
          " elements, and has ", values.size());
    return from_data(values.data(), dtype_of<T>(), shape, {.dtype = dtype_, .device = "cpu"});
  }

  std::uint64_t external_number(const char* key, std::uint64_t fallback) const {
    const auto found = fields_.external.find(key);
    if (found == fields_.external.end()) return fallback;
    const std::string_view text = found->second;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    check(error == std::errc() && end == text.data() + text.size(), "has the ", key, " ",
          in_quotes(text), " of external data, expected an integer");
    return value;
  }
  /// The file of external data, which must lie in the folder of the model or below.
  std::string external_path() const {
    const auto found = fields_.external.find("location");
    const std::filesystem::path place =
        found == fields_.external.end() ? "" : std::string(found->second);
    const bool leaves =
        place.is_absolute() || std::find(place.begin(), place.end(), "..") != place.end();
    check(!place.empty() && !leaves && found->second.find('\0') == std::string_view::npos,
          "lies in the file ", in_quotes(place.string()),
          ", expected a path below the model's folder, without ..");
    return std::filesystem::path(source_.path).parent_path() / place;
  }
  Tensor external(const Shape& shape) const {
    const std::uint64_t needed = std::uint64_t(shape.count()) * size_of(dtype_);
    const std::uint64_t offset = external_number("offset", 0),
                        length = external_number("length", needed);
    if (length == 0) return raw("", shape);
    const FileBytes file(external_path(), source_.options.map, source_.call);
    const std::uint64_t size = file.bytes().size();
    check(offset <= size && length <= size - offset, "has ", length, " bytes at offset ", offset,
          " of a file of ", size, " bytes");
    return raw({reinterpret_cast<const char*>(file.bytes().data()) + offset, std::size_t(length)},
               shape);
  }

  const ModelSource& source_;
  const TensorFields& fields_;
  mutable DType dtype_ = float32;
};

}  // namespace

std::pair<std::string, Tensor> read_tensor(const ModelSource& source, protobuf::Reader message) {
  const TensorFields fields = read_fields(message);
  return {std::string(fields.name), TensorReader(source, fields).read()};
}

}  // namespace tinygrad::onnx
