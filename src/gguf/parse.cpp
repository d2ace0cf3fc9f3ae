// SPDX-License-Identifier: MIT
// Parses a GGUF file, which consists of
//   "GGUF", uint32 version, uint64 number of tensors, uint64 number of keys
//   for each key: string, uint32 type of the value, value
//   for each tensor: string name, uint32 rank, uint64 sizes (the last dimension first), uint32
//   type,
//                    uint64 offset into the data
//   data, from the next multiple of the alignment on: tensors, at multiples of the alignment
// A string is a uint64 and as many bytes, an array uint32 type, uint64 count, and the values.
#include "parse.h"

#include <algorithm>
#include <utility>

#include "byte_reader.h"
#include "types.h"

namespace tinygrad::gguf {
namespace {

using io::Name;
constexpr std::uint32_t array_type = 9;
constexpr int deepest = 4;  // arrays in arrays
/// The type numbers of the first twelve alternatives of Value; `array_type` lies between them.
constexpr std::uint32_t type_numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12};

class Parser {
 public:
  explicit Parser(const io::Source& source) : source_(source), in_(source, source.bytes) {}

  Content parse() {
    Content content;
    content.version = version();
    const auto tensors = count("tensors", 24), keys = count("keys", 13);
    content.metadata.reserve(std::size_t(keys));
    content.tensors.reserve(std::size_t(tensors));
    for (std::uint64_t i = 0; i < keys; ++i) key(content.metadata);
    check_distinct(content.metadata, "keys", [](auto& entry) { return &entry.first; });
    for (std::uint64_t i = 0; i < tensors; ++i) content.tensors.push_back(tensor());
    check_distinct(content.tensors, "tensors", [](auto& tensor) { return &tensor.name; });
    find_bytes(content);
    return content;
  }

 private:
  int version() {
    source_.check(in_.remaining() >= 4 && in_.text(4, "the file") == "GGUF",
                  "this is not a GGUF file, which begins with the letters GGUF");
    const auto version = in_.read<std::uint32_t>("the version");
    source_.check(version & 0xFFFF, "the file is big-endian; it must be little-endian");
    source_.check(version == 2 || version == 3, "the file has version ", version,
                  " of the format; expected 2 or 3");
    return int(version);
  }
  /// The number of things that need at least `bytes` each. Throws if fewer are left.
  std::uint64_t count(const char* what, std::uint64_t bytes) {
    const auto count = in_.read<std::uint64_t>(what);
    source_.check(count <= in_.remaining() / bytes, "cut short: ", count, " ", what,
                  " do not fit into the ", in_.remaining(), " bytes that are left");
    return count;
  }
  std::string string(const char* what) {
    return std::string(in_.text(in_.read<std::uint64_t>(what), what));
  }

  // ------------------------------------------------------------ metadata
  void key(Metadata& metadata) {
    std::string key = string("a key");
    Value value = this->value(in_.read<std::uint32_t>("the type of a value"), key, 0);
    metadata.emplace_back(std::move(key), std::move(value));
  }
  Value value(std::uint32_t type, const std::string& key, int depth) {
    if (type == array_type) return array(key, depth);
    return scalar(type, key, std::make_index_sequence<std::size(type_numbers)>());
  }
  template <std::size_t... I>
  Value scalar(std::uint32_t type, const std::string& key, std::index_sequence<I...>) {
    Value value;
    const bool known = ((type == type_numbers[I] &&
                         (value = element<std::variant_alternative_t<I, ValueBase>>(key), true)) ||
                        ...);
    if (!known) unknown_type(type, key);
    return value;
  }
  Value array(const std::string& key, int depth) {
    source_.check(depth < deepest, "the value of ", Name{key}, " is an array ", depth + 1,
                  " levels deep; expected at most ", deepest);
    const auto type = in_.read<std::uint32_t>("the type of an array");
    if (type == array_type) {
      std::vector<Value> values;
      for (auto n = count("arrays", 12); n > 0; --n) values.push_back(array(key, depth + 1));
      return values;
    }
    return array_of(type, key, std::make_index_sequence<std::size(type_numbers)>());
  }
  template <std::size_t... I>
  Value array_of(std::uint32_t type, const std::string& key, std::index_sequence<I...>) {
    Value value;
    const bool known = ((type == type_numbers[I] &&
                         (value = elements<std::variant_alternative_t<I, ValueBase>>(key), true)) ||
                        ...);
    if (!known) unknown_type(type, key);
    return value;
  }
  template <class T> std::vector<T> elements(const std::string& key) {
    constexpr std::size_t least = std::is_same_v<T, std::string> ? 8 : sizeof(T);
    std::vector<T> all(std::size_t(count("elements of an array", least)));
    for (auto&& each : all) each = element<T>(key);
    return all;
  }
  template <class T> T element(const std::string& key) {
    if constexpr (std::is_same_v<T, std::string>) return string("a string");
    else if constexpr (std::is_same_v<T, bool>) {
      const auto byte = in_.read<std::uint8_t>("a bool");
      source_.check(byte <= 1, "the value of ", Name{key}, " is a bool of neither 0 nor 1");
      return byte == 1;
    } else return in_.read<T>("a value");
  }
  [[noreturn]] void unknown_type(std::uint32_t type, const std::string& key) {
    source_.refuse("the value of ", Name{key}, " has type ", type, "; expected 0 to 12");
  }

  // ------------------------------------------------------------ tensors
  TensorInfo tensor() {
    TensorInfo info;
    info.name = string("the name of a tensor");
    const auto rank = in_.read<std::uint32_t>("a rank");
    source_.check(rank <= 4, "tensor ", Name{info.name}, " has rank ", rank,
                  "; expected at most 4");
    std::int64_t sizes[4] = {};
    for (std::uint32_t i = 0; i < rank; ++i) {
      const auto size = in_.read<std::uint64_t>("a size");
      source_.check(size <= INT64_MAX, "tensor ", Name{info.name}, " has size ", size);
      sizes[rank - 1 - i] = std::int64_t(size);
    }
    info.shape = Shape(sizes, int(rank));
    const auto type = in_.read<std::uint32_t>("the type of a tensor");
    source_.check(is_type(type), "tensor ", Name{info.name}, " has type ", type,
                  ", which this library does not know");
    info.type = Type(type);
    offsets_.push_back(in_.read<std::uint64_t>("an offset"));
    return info;
  }
  /// The bytes of a tensor: those of the blocks of its rows.
  std::uint64_t byte_count(const TensorInfo& info) const {
    const BlockSize block = block_size(info.type);
    const std::int64_t row = info.shape.rank() ? info.shape[-1] : 1;
    source_.check(row % block.elements == 0, "tensor ", Name{info.name}, " of type ",
                  to_string(info.type), " has rows of ", row, " elements, no multiple of ",
                  block.elements);
    std::int64_t elements = 1, bytes = 0;
    bool fits = true;
    for (const auto size : info.shape)  // a size of 0 allows no sizes beyond 63 bits beside it
      fits = fits && checked_mul(elements, std::max<std::int64_t>(size, 1), elements);
    fits = fits && checked_mul(elements / block.elements, block.bytes, bytes);
    source_.check(fits, "tensor ", Name{info.name}, " of shape ", info.shape,
                  " has more bytes than fit into 63 bits");
    return info.shape.count() ? std::uint64_t(bytes) : 0;
  }
  void find_bytes(Content& content) const {
    const std::uint64_t alignment = this->alignment(content.metadata);
    const std::uint64_t header = source_.bytes.size() - in_.remaining();
    const std::uint64_t begin = (header + alignment - 1) / alignment * alignment;
    const io::Bytes data =
        begin <= source_.bytes.size() ? source_.bytes.subspan(std::size_t(begin)) : io::Bytes();
    for (std::size_t i = 0; i < content.tensors.size(); ++i) {
      TensorInfo& info = content.tensors[i];
      const std::uint64_t offset = offsets_[i], bytes = byte_count(info);
      source_.check(offset % alignment == 0, "tensor ", Name{info.name}, " is at offset ", offset,
                    ", no multiple of the alignment, ", alignment);
      source_.check(bytes <= data.size() && offset <= data.size() - bytes, "cut short: tensor ",
                    Name{info.name}, " has ", bytes, " bytes at offset ", offset, " of ",
                    data.size(), " bytes of data");
      info.bytes = data.subspan(std::size_t(offset), std::size_t(bytes));
    }
    check_overlap(content.tensors);
  }
  std::uint64_t alignment(const Metadata& metadata) const {
    for (auto& [key, value] : metadata) {
      if (key != alignment_key) continue;
      const auto alignment = std::get_if<std::uint32_t>(&value.base());
      source_.check(alignment && is_alignment(*alignment), alignment_key,
                    " must be a power of two, stored as uint32");
      return *alignment;
    }
    return default_alignment;
  }
  void check_overlap(const std::vector<TensorInfo>& tensors) const {
    std::vector<const TensorInfo*> sorted;
    for (auto& info : tensors)
      if (!info.bytes.empty()) sorted.push_back(&info);
    std::sort(sorted.begin(), sorted.end(),
              [](auto a, auto b) { return a->bytes.data() < b->bytes.data(); });
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const auto end = sorted[i - 1]->bytes.data() + sorted[i - 1]->bytes.size();
      source_.check(end <= sorted[i]->bytes.data(), "the bytes of tensors ",
                    Name{sorted[i - 1]->name}, " and ", Name{sorted[i]->name}, " overlap");
    }
  }
  template <class List, class NameOf>
  void check_distinct(const List& list, const char* what, NameOf name_of) const {
    std::vector<const std::string*> names;
    names.reserve(list.size());
    for (auto& entry : list) names.push_back(name_of(entry));
    std::sort(names.begin(), names.end(), [](auto a, auto b) { return *a < *b; });
    const auto twice =
        std::adjacent_find(names.begin(), names.end(), [](auto a, auto b) { return *a == *b; });
    if (twice != names.end()) source_.refuse("two ", what, " are named ", Name{**twice});
  }

  const io::Source& source_;
  io::ByteReader in_;
  std::vector<std::uint64_t> offsets_;
};

}  // namespace

Content parse(const io::Source& source) { return Parser(source).parse(); }

}  // namespace tinygrad::gguf
