// SPDX-License-Identifier: MIT
// File: the metadata and the tensors of a GGUF file; load() returns all tensors.
#include <algorithm>
#include <cstring>

#include "parse.h"
#include "register_format.h"
#include "tinygrad/op.h"
#include "types.h"

namespace tinygrad::gguf {

File::File(const std::string& path, bool map, SourceLocation location)
    : path_(path), bytes_(std::make_shared<FileBytes>(path, map, Call{"gguf::File", location})) {
  Content content = parse({{"gguf::File", location}, path, bytes_->bytes()});
  version_ = content.version;
  metadata_ = std::move(content.metadata);
  tensors_ = std::move(content.tensors);
}

const Value* File::find(std::string_view key) const {
  const auto found = std::find_if(metadata_.begin(), metadata_.end(),
                                  [&](auto& entry) { return entry.first == key; });
  return found != metadata_.end() ? &found->second : nullptr;
}

void File::fail_get(std::string_view key, const Value* value, SourceLocation location) const {
  fail<IoError>(
      Call{"gguf::File::get", location}, in_quotes(path_),
      value ? ": the value of " : ": there is no metadata ", in_quotes(key),
      value ? " is of another type, or does not fit into the one that was asked for" : "");
}

static auto find_tensor(const std::vector<TensorInfo>& tensors, std::string_view name) {
  return std::find_if(tensors.begin(), tensors.end(),
                      [&](auto& info) { return info.name == name; });
}

bool File::contains(std::string_view name) const {
  return find_tensor(tensors_, name) != tensors_.end();
}

const TensorInfo& File::info(std::string_view name, SourceLocation location) const {
  const auto found = find_tensor(tensors_, name);
  require<IoError>(found != tensors_.end(), Call{"gguf::File::info", location}, in_quotes(path_),
                   ": there is no tensor ", in_quotes(name), " among ", tensors_.size());
  return *found;
}

static Tensor decode(const io::Source& source, const TensorInfo& info, DType dtype,
                     const Device& device) {
  if (const auto stored = dtype_of(info.type))
    return from_data(info.bytes.data(), *stored, info.shape, {.dtype = dtype, .device = device});
  source.check(decoder(info.type), "tensor ", io::Name{info.name}, " is of type ",
               to_string(info.type), ", which this library does not decode");
  const Tensor out = empty(info.shape, {.dtype = float32, .device = "cpu"});
  decode_all(info.type, info.bytes, view_of(out).data<float>());
  return out.to(dtype).to(device);
}

Tensor File::tensor(std::string_view name, const TensorOptions& options,
                    SourceLocation location) const {
  const TensorInfo& found = info(name, location);
  Tensor out = decode({{"gguf::File::tensor", location}, path_, bytes_->bytes()}, found,
                      options.dtype.value_or(float32), options.device);
  return options.requires_grad ? out.requires_grad_() : out;
}

QuantizedMatrix File::matrix(std::string_view name, SourceLocation location) const {
  const TensorInfo& found = info(name, location);
  const bool kept =
      found.shape.rank() == 2 &&
      (found.type == Type::Q8_0 || found.type == Type::Q4_0 || found.type == Type::Q4_1);
  require<IoError>(kept, Call{"gguf::File::matrix", location}, in_quotes(path_), ": tensor ",
                   in_quotes(name), " of type ", to_string(found.type), " and shape ", found.shape,
                   " is no matrix of Q8_0, Q4_0 or Q4_1; decode it by tensor()");
  return {found.type, found.shape[1], found.bytes, bytes_, location};
}

NamedTensors load(const std::string& path, const LoadOptions& options, SourceLocation location) {
  const File file(path, options.map, location);
  const io::Source source{{"gguf::load", location}, path, {}};
  const auto parts = file.get<std::int64_t>("split.count", 1);
  source.check(parts <= 1, "this is one of ", parts,
               " files of a model; open each with gguf::File");
  NamedTensors tensors;
  for (auto& info : file.tensors())
    tensors.emplace_back(
        info.name, decode(source, info, dtype_of(info.type).value_or(float32), options.device));
  return tensors;
}

static bool recognizes(std::span<const std::byte> head) {
  return head.size() >= 4 && std::memcmp(head.data(), "GGUF", 4) == 0;
}

static void save_texts(const NamedTensors& tensors, const std::string& path,
                       const tinygrad::Metadata& metadata, SourceLocation location) {
  save(tensors, path, Metadata(metadata.begin(), metadata.end()), {}, location);
}

}  // namespace tinygrad::gguf

REGISTER_FORMAT(gguf, {.name = "GGUF",
                       .extension = ".gguf",
                       .recognizes = tinygrad::gguf::recognizes,
                       .load = tinygrad::gguf::load,
                       .save = tinygrad::gguf::save_texts});
