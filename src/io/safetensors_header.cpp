// SPDX-License-Identifier: MIT
// Parses, checks and writes the header of a safetensors file, which safetensors_header.h describes.
#include "io/safetensors_header.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "shared/byte_reader.h"

namespace tinygrad::io {
namespace {

using nlohmann::json;
constexpr std::uint64_t longest_header = 100'000'000;  // as in the Hugging Face package
constexpr const char* metadata_key = "__metadata__";

struct SafetensorsType {
  const char* name;
  ElementType type;
};
constexpr SafetensorsType safetensors_types[] = {
#define DTYPE(name, text, type, kind, use, cl_type, file_name) {file_name, {name}},
#include "tinygrad/dtypes.def"
    {"U64", uint64_elements},
    {"F8_E4M3", {float32, &float8_e4m3fn}},
    {"F8_E5M2", {float32, &float8_e5m2}},
    {"F8_E4M3FNUZ", {float32, &float8_e4m3fnuz}},
    {"F8_E5M2FNUZ", {float32, &float8_e5m2fnuz}},
    {"F8_E8M0", {float32, &float8_e8m0fnu}},
};

const char* file_name(const ElementType& type) {
  return std::find_if(std::begin(safetensors_types), std::end(safetensors_types),
                      [&](auto& t) { return t.type == type; })
      ->name;
}

/// Receives the header's JSON token by token, and accepts the one form that it may have. (A tree
/// would keep the last of two equal keys.)
class Listener : public nlohmann::json_sax<json> {
 public:
  Listener(const Source& source, Header& header) : source_(source), header_(header) {}

  bool start_object(std::size_t) override {
    if (place_ == Place::outside) place_ = Place::top;
    else if (place_ == Place::name) begin_entry();
    else if (place_ == Place::metadata_begin) place_ = Place::metadata;
    else unexpected("an object");
    return true;
  }
  bool key(std::string& key) override {
    if (place_ == Place::top) begin_value(key);
    else if (place_ == Place::entry) begin_field(key);
    else header_.metadata.emplace_back(std::move(key), ""), place_ = Place::metadata_value;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::entry) end_entry();
    place_ = place_ == Place::top ? Place::outside : Place::top;
    return true;
  }
  bool string(std::string& text) override {
    if (place_ == Place::metadata_value)
      header_.metadata.back().second = std::move(text), place_ = Place::metadata;
    else if (place_ == Place::dtype) set_dtype(text), place_ = Place::entry;
    else unexpected("a text");
    return true;
  }
  bool start_array(std::size_t) override {
    if (place_ == Place::shape) place_ = Place::sizes;
    else if (place_ == Place::offsets) place_ = Place::offset_list;
    else unexpected("a list");
    return true;
  }
  bool number_unsigned(std::uint64_t number) override {
    if (place_ == Place::sizes) add_size(number);
    else if (place_ == Place::offset_list) add_offset(number);
    else unexpected("a number");
    return true;
  }
  bool end_array() override {
    source_.check(place_ != Place::offset_list || offsets_ == 2, "data_offsets of ", where(),
                  " are not two numbers");
    place_ = Place::entry;
    return true;
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("true or false"); }
  bool number_integer(std::int64_t) override { unexpected("a negative number"); }
  bool number_float(double, const std::string&) override {
    unexpected("a number that is no integer below 2^64");
  }
  bool binary(json::binary_t&) override { unexpected("binary"); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    source_.refuse("the header is not JSON at its byte ", position);
  }

 private:
  enum class Place {
    outside,
    top,
    name,
    entry,
    dtype,
    shape,
    sizes,
    offsets,
    offset_list,
    metadata_begin,
    metadata,
    metadata_value
  };
  enum Field { dtype_field = 1, shape_field = 2, offsets_field = 4, all_fields = 7 };

  Name where() const {
    return {header_.entries.empty() ? std::string_view("the header") : header_.entries.back().name};
  }
  [[noreturn]] void unexpected(const char* what) const {
    source_.refuse("the header holds ", what, " where it does not belong, at ", where());
  }

  void begin_value(std::string& key) {
    if (key == metadata_key) {
      source_.check(!std::exchange(has_metadata_, true), "the header has two entries ", Name{key});
      place_ = Place::metadata_begin;
    } else {
      header_.entries.emplace_back().name = std::move(key);
      place_ = Place::name;
    }
  }
  void begin_entry() { fields_ = offsets_ = 0, place_ = Place::entry; }
  void end_entry() const {
    source_.check(fields_ == all_fields, where(), " lacks one of dtype, shape and data_offsets");
  }

  void begin_field(const std::string& key) {
    const Field field = key == "dtype" ? dtype_field : key == "shape" ? shape_field : offsets_field;
    source_.check(field != offsets_field || key == "data_offsets", where(),
                  " has an unknown field ", Name{key});
    source_.check(!(fields_ & field), where(), " has two fields ", Name{key});
    fields_ |= field;
    place_ = field == dtype_field   ? Place::dtype
             : field == shape_field ? Place::shape
                                    : Place::offsets;
  }
  void set_dtype(const std::string& text) {
    const auto found = std::find_if(std::begin(safetensors_types), std::end(safetensors_types),
                                    [&](auto& type) { return text == type.name; });
    std::string known;
    for (auto& type : safetensors_types) known += std::string(" ") + type.name;
    source_.check(found != std::end(safetensors_types), where(), " has dtype ", Name{text},
                  "; expected one of", known);
    header_.entries.back().type = found->type;
  }
  void add_size(std::uint64_t number) {
    Shape& shape = header_.entries.back().shape;
    source_.check(number <= INT64_MAX, where(), " has a size of ", number,
                  ", which does not fit into 63 bits");
    source_.check(shape.rank() < max_rank, where(), " has more than ", max_rank, " dimensions");
    shape.push_back(std::int64_t(number));
  }
  void add_offset(std::uint64_t number) {
    source_.check(offsets_ < 2, "data_offsets of ", where(), " are not two numbers");
    (offsets_++ == 0 ? header_.entries.back().begin : header_.entries.back().end) = number;
  }

  const Source& source_;
  Header& header_;
  Place place_ = Place::outside;
  bool has_metadata_ = false;
  int fields_ = 0, offsets_ = 0;  // of the entry that is being read
};

void parse_json(const Source& source, Bytes text, Header& header) {
  const char* first = reinterpret_cast<const char*>(text.data());
  const char* last = reinterpret_cast<const char*>(text.data() + text.size());
  source.check(first != last && *first == '{', "the header does not begin with {");
  source.check(std::find(first, last, '\0') == last,
               "the header has a zero byte");  // the parser would take it for the end
  Listener listener(source, header);
  source.check(json::sax_parse(first, last, &listener), "the header is not JSON");
}

/// Refuses a key that is there twice: another program might read the other value.
template <class List, class Key>
void check_distinct(const Source& source, const List& list, const char* what, Key key) {
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (auto& item : list) names.push_back(key(item));
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) source.refuse("two ", what, " are named ", Name{*twice});
}

/// Checks that the offsets agree with shape and dtype, and that the tensors cover the data without
/// a hole or an overlap.
void check_entries(const Source& source, Header& header) {
  auto& entries = header.entries;
  std::stable_sort(entries.begin(), entries.end(), [](auto& a, auto& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t end = 0;
  for (auto& e : entries) {
    const Name name{e.name};
    source.check(e.begin <= e.end && e.end <= header.data.size(), "tensor ", name,
                 " has data_offsets [", e.begin, ", ", e.end, "], the file has ",
                 header.data.size(), " bytes of data");
    const auto bytes = bytes_of(e.type, e.shape);
    source.check(bool(bytes), "tensor ", name, " has a shape ", e.shape,
                 " whose bytes do not fit into 63 bits");
    source.check(*bytes == e.end - e.begin, "tensor ", name, " of shape ", e.shape, " and dtype ",
                 file_name(e.type), " has ", *bytes, " bytes, its data_offsets [", e.begin, ", ",
                 e.end, "] hold ", e.end - e.begin);
    source.check(e.begin >= end, "tensor ", name, " overlaps the tensor before it");
    source.check(e.begin == end, "there is a hole of ", e.begin - end, " bytes before tensor ",
                 name);
    end = e.end;
  }
  source.check(end == header.data.size(), header.data.size() - end,
               " bytes are left over behind the last tensor");
}

}  // namespace

Header parse_header(const Source& source) {
  ByteReader reader(source, source.bytes);
  const std::uint64_t length = reader.read<std::uint64_t>("the length of the header");
  const bool begins = reader.remaining() == 0 || source.bytes[8] == std::byte('{');
  source.check(begins, "this is not a safetensors file: its header does not begin with {");
  source.check(length <= longest_header || length > reader.remaining(), "a header of ", length,
               " bytes is longer than the format allows, ", longest_header);
  Header header;
  parse_json(source, reader.take(length, "the header"), header);
  header.data = reader.take(reader.remaining(), "the data");
  check_distinct(source, header.entries, "tensors",
                 [](auto& e) { return std::string_view(e.name); });
  check_distinct(source, header.metadata, "metadata",
                 [](auto& m) { return std::string_view(m.first); });
  check_entries(source, header);
  return header;
}

// ------------------------------------------------------------ writing

/// The text as a JSON string, in quotes and escaped.
static std::string escaped(const Call& call, const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    fail<ArgumentError>(call, "the name or text ", in_quotes(text),
                        " is not valid UTF-8, and safetensors holds no other");
  }
}

static std::string list(const Shape& shape) {
  std::string text = "[";
  for (int i = 0; i < shape.rank(); ++i) (text += i ? "," : "") += std::to_string(shape[i]);
  return text + "]";
}

static std::string write_metadata(const Call& call, const Metadata& metadata) {
  std::string text;
  for (auto& [key, value] : metadata)
    (text += text.empty() ? "" : ",") += escaped(call, key) + ":" + escaped(call, value);
  return escaped(call, metadata_key) + ":{" + text + "}";
}

std::string write_header(const Call& call, const std::vector<Entry>& entries,
                         const Metadata& metadata) {
  std::string text = "{";
  if (!metadata.empty()) text += write_metadata(call, metadata);
  for (auto& e : entries) {
    if (text.size() > 1) text += ",";
    text += escaped(call, e.name) + ":{\"dtype\":\"" + file_name(e.type) +
            "\",\"shape\":" + list(e.shape) + ",\"data_offsets\":[" + std::to_string(e.begin) +
            "," + std::to_string(e.end) + "]}";
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  require<ArgumentError>(text.size() <= longest_header, call, "the names make a header of ",
                         text.size(), " bytes; the format allows ", longest_header);
  std::string length;
  for (int shift = 0; shift < 64; shift += 8) length += char(text.size() >> shift & 0xFF);
  return length + text;
}

}  // namespace tinygrad::io
