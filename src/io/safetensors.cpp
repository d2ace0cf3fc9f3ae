// SPDX-License-Identifier: MIT
// Loads and saves safetensors files: a header of JSON text, then the bytes of the tensors
// (safetensors_header.h shows the format).
#include "tinygrad/io/safetensors.h"

#include <algorithm>
#include <iterator>

#include "io/guess.h"
#include "io/safetensors_header.h"
#include "tinygrad/io/file.h"

namespace tinygrad {

using namespace io;

// ------------------------------------------------------------ loading

NamedTensors load_safetensors(const std::string& path, const LoadOptions& options,
                              SourceLocation location) {
  const Call call{"load_safetensors", location};
  const FileBytes file(path, options.map, call);
  const Source source{call, path, file.bytes(), guess};
  const Header header = parse_header(source);
  NamedTensors tensors;
  tensors.reserve(header.entries.size());
  for (auto& e : header.entries)
    tensors.emplace_back(
        e.name, make_tensor(source, e.name, e.type, e.shape,
                            header.data.subspan(e.begin, e.end - e.begin), options.device));
  return tensors;
}

Metadata load_safetensors_metadata(const std::string& path, SourceLocation location) {
  const Call call{"load_safetensors_metadata", location};
  const FileBytes file(path, true, call);
  return parse_header({call, path, file.bytes(), guess}).metadata;
}

// ------------------------------------------------------------ saving

namespace {

/// The order of dtypes in a file: larger elements come first, so that all are aligned. It is the
/// order of the Hugging Face package.
constexpr DType file_order[] = {int64,   float64, float32, uint32, int32, bfloat16,
                                float16, uint16,  int16,   int8,   uint8, boolean};
static_assert(std::size(file_order) == std::size(all_dtypes));
auto order(DType dtype) { return std::find(std::begin(file_order), std::end(file_order), dtype); }

void check_names(const Call& call, std::vector<std::string> names, const char* what) {
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    fail<ArgumentError>(call, "two ", what, " are named ", in_quotes(*twice));
}

void check_arguments(const Call& call, const NamedTensors& tensors, const Metadata& metadata) {
  std::vector<std::string> names, keys;
  for (auto& [name, tensor] : tensors) {
    require<ArgumentError>(name != "__metadata__", call,
                           "a tensor is named __metadata__, which the format keeps for itself");
    require<ArgumentError>(tensor.defined(), call, "tensor ", in_quotes(name), " is undefined");
    names.push_back(name);
  }
  for (auto& [key, value] : metadata) keys.push_back(key);
  check_names(call, std::move(names), "tensors");
  check_names(call, std::move(keys), "metadata");
}

NamedTensors in_file_order(NamedTensors tensors) {
  std::sort(tensors.begin(), tensors.end(), [](auto& a, auto& b) {
    const auto i = order(a.second.dtype()), j = order(b.second.dtype());
    return i != j ? i < j : a.first < b.first;
  });
  return tensors;
}

std::vector<Entry> assign_offsets(const Call& call, const NamedTensors& tensors) {
  std::vector<Entry> entries;
  std::int64_t end = 0;
  for (auto& [name, tensor] : tensors) {
    Entry entry{name, {tensor.dtype()}, tensor.shape(), std::uint64_t(end), 0};
    const auto bytes = bytes_of(entry.type, entry.shape);
    require<ArgumentError>(bytes && checked_add(end, std::int64_t(*bytes), end), call,
                           "the tensors have more bytes than fit into 63 bits");
    entry.end = std::uint64_t(end);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

void save_safetensors(const NamedTensors& tensors, const std::string& path,
                      const Metadata& metadata, SourceLocation location) {
  const Call call{"save_safetensors", location};
  check_arguments(call, tensors, metadata);
  const NamedTensors sorted = in_file_order(tensors);
  const std::string header = write_header(call, assign_offsets(call, sorted), metadata);
  NewFile file(path, call);
  file.write(header);
  for (auto& [name, tensor] : sorted) file.write(ElementBytes(tensor).bytes());
  file.commit();
}

}  // namespace tinygrad
