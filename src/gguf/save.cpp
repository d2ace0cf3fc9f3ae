// SPDX-License-Identifier: MIT
// Writes GGUF files, in the layout that parse.cpp describes.
#include <algorithm>
#include <cstring>
#include <memory>

#include "parse.h"
#include "types.h"

namespace tinygrad::gguf {
namespace {

// ------------------------------------------------------------ the header

class Writer {
 public:
  template <class T> void number(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view text) {
    number(std::uint64_t(text.size()));
    bytes += text;
  }
  void value(const Value& value) {
    number(type_number(value));
    content(value);
  }
  void pad(std::uint64_t alignment) { bytes.resize(padded(bytes.size(), alignment)); }
  static std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
  }
  std::string bytes;

 private:
  static constexpr std::uint32_t array = 9, scalars = 12;
  /// uint64, int64 and double follow after array.
  static std::uint32_t scalar_number(std::size_t index) {
    return std::uint32_t(index) + (index >= array);
  }
  static std::uint32_t type_number(const Value& value) {
    return value.index() < scalars ? scalar_number(value.index()) : array;
  }
  void content(const Value& value) {
    std::visit([&](const auto& v) { element(v, value.index()); }, value.base());
  }
  template <class T> void element(const T& value, std::size_t) { number(value); }
  void element(const std::string& value, std::size_t) { text(value); }
  template <class T> void element(const std::vector<T>& values, std::size_t index) {
    constexpr bool nested = std::is_same_v<T, Value>;
    number(nested ? array : scalar_number(index - scalars));
    number(std::uint64_t(values.size()));
    for (const auto& each : values)
      if constexpr (nested) content(each);
      else element(T(each), 0);
  }
};

// ------------------------------------------------------------ types

Type type_of(const Call& call, const std::string& name, const Tensor& tensor,
             const SaveOptions& options) {
  const DType dtype = tensor.dtype();
  const bool chosen = options.type && is_floating(dtype);
  if (chosen) {
    const std::int64_t block = block_size(*options.type).elements;
    return tensor.dim() >= 2 && tensor.size(-1) % block == 0 ? *options.type : Type::F32;
  }
  for (const Type type :
       {Type::F32, Type::F16, Type::BF16, Type::F64, Type::I8, Type::I16, Type::I32, Type::I64})
    if (dtype_of(type) == dtype) return type;
  fail<DTypeError>(call, "tensor ", in_quotes(name), " of dtype ", to_string(dtype),
                   " has no type in GGUF; convert it to int32 or float32 with to()");
}

std::uint64_t byte_count(const Tensor& tensor, Type type) {
  const BlockSize block = block_size(type);
  return std::uint64_t(tensor.numel() / block.elements * block.bytes);
}

// ------------------------------------------------------------ arguments

template <class List> void check_distinct(const Call& call, const List& list, const char* what) {
  std::vector<std::string_view> names;
  names.reserve(list.size());
  for (auto& [name, value] : list) names.push_back(name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) fail(call, "two ", what, " are named ", in_quotes(*twice));
}

void check_arguments(const Call& call, const NamedTensors& tensors, const Metadata& metadata,
                     const SaveOptions& options) {
  const bool writes = !options.type || encoder(*options.type) || *options.type == Type::F32 ||
                      *options.type == Type::F16 || *options.type == Type::BF16;
  require(writes, call, "expected the type F32, F16, BF16, Q8_0 or Q4_0, got ",
          to_string(options.type.value_or(Type::F32)));
  check_distinct(call, tensors, "tensors");
  check_distinct(call, metadata, "keys");
  for (auto& [name, tensor] : tensors) {
    require(tensor.defined(), call, "tensor ", in_quotes(name), " is undefined");
    require<ShapeError>(tensor.dim() <= 4, call, "tensor ", in_quotes(name), " has shape ",
                        tensor.shape(), "; GGUF holds at most 4 dimensions");
  }
}

std::uint64_t alignment_of(const Call& call, const Metadata& metadata) {
  for (auto& [key, value] : metadata) {
    if (key != alignment_key) continue;
    const auto alignment = std::get_if<std::uint32_t>(&value.base());
    require(alignment && is_alignment(*alignment), call, alignment_key,
            " must be a power of two, given as std::uint32_t");
    return *alignment;
  }
  return default_alignment;
}

// ------------------------------------------------------------ tensors

void write(NewFile& file, const Call& call, const std::string& name, const Tensor& tensor,
           Type type, std::uint64_t alignment) {
  const std::uint64_t bytes = byte_count(tensor, type);
  std::vector<std::byte> out(std::size_t(Writer::padded(bytes, alignment)));
  if (const auto dtype = dtype_of(type)) tensor.read(out.data(), *dtype);
  else {
    const auto values = tensor.to_vector<float>();
    const bool held =
        encoder(type)(values.data(), tensor.numel() / block_size(type).elements, out.data());
    require(held, call, "tensor ", in_quotes(name), " has elements that ", to_string(type),
            " cannot hold: infinite, NaN, or too large for a float16 scale");
  }
  file.write(out);
}

}  // namespace

void save(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
          const SaveOptions& options, SourceLocation location) {
  const Call call{"gguf::save", location};
  check_arguments(call, tensors, metadata, options);
  const std::uint64_t alignment = alignment_of(call, metadata);
  Writer header;
  header.bytes = "GGUF";
  header.number(std::uint32_t(3));
  header.number(std::uint64_t(tensors.size()));
  header.number(std::uint64_t(metadata.size()));
  for (auto& [key, value] : metadata) header.text(key), header.value(value);
  std::uint64_t offset = 0;
  for (auto& [name, tensor] : tensors) {
    const Type type = type_of(call, name, tensor, options);
    header.text(name);
    header.number(std::uint32_t(tensor.dim()));
    for (int i = tensor.dim() - 1; i >= 0; --i) header.number(std::uint64_t(tensor.size(i)));
    header.number(type);
    header.number(offset);
    offset += Writer::padded(byte_count(tensor, type), alignment);
  }
  header.pad(alignment);
  NewFile file(path, call);
  file.write(header.bytes);
  for (auto& [name, tensor] : tensors)
    write(file, call, name, tensor, type_of(call, name, tensor, options), alignment);
  file.commit();
}

}  // namespace tinygrad::gguf
