// SPDX-License-Identifier: MIT
// Loads and saves safetensors files: a header of JSON text, then the bytes of the tensors
// (safetensors_header.h shows the format).
#include "tinygrad/io/safetensors.h"
#include "tinygrad/ops/create.h"

#include <algorithm>
#include <iterator>

#include "io/file.h"
#include "io/safetensors_header.h"

namespace tinygrad {

using namespace io;

// ------------------------------------------------------------ loading

static Tensor make_tensor(const Source& source, const Entry& entry, Bytes data,
                          const Device& device) {
  const Bytes bytes = data.subspan(entry.begin, entry.end - entry.begin);
  if (kind_of(entry.dtype) == DTypeKind::boolean) {
    const bool valid =
        std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b <= std::byte(1); });
    source.check(valid, "tensor ", Name{entry.name},
                 " of dtype BOOL has a byte that is neither 0 nor 1");
  }
  return from_data(bytes.data(), entry.dtype, entry.shape,
                   {.dtype = entry.dtype, .device = device});
}

NamedTensors load_safetensors(const std::string& path, const LoadOptions& options,
                              SourceLocation location) {
  const FileBytes file(Call{"load_safetensors", location}, path, options.map);
  const Source source = file.source();
  const Header header = parse_header(source);
  NamedTensors tensors;
  tensors.reserve(header.entries.size());
  for (auto& entry : header.entries)
    tensors.emplace_back(entry.name, make_tensor(source, entry, header.data, options.device));
  return tensors;
}

Metadata load_safetensors_metadata(const std::string& path, SourceLocation location) {
  const FileBytes file(Call{"load_safetensors_metadata", location}, path, true);
  return parse_header(file.source()).metadata;
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
    std::int64_t bytes = 0;
    Entry entry{name, tensor.dtype(), tensor.shape(), std::uint64_t(end), 0};
    const bool fits = checked_mul(tensor.numel(), std::int64_t(size_of(entry.dtype)), bytes) &&
                      checked_add(end, bytes, end);
    require<ArgumentError>(fits, call, "the tensors have more bytes than fit into 63 bits");
    entry.end = std::uint64_t(end);
    entries.push_back(std::move(entry));
  }
  return entries;
}

/// Writes the tensor's elements in row-major order: from its memory if they lie there so, else from
/// a copy.
void write(NewFile& file, const Tensor& tensor) {
  const std::size_t bytes = std::size_t(tensor.numel()) * size_of(tensor.dtype());
  if (tensor.device().name == "cpu" && tensor.is_contiguous())
    return file.write({static_cast<const std::byte*>(tensor.host_data(tensor.dtype())), bytes});
  const auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes);
  tensor.read(copy.get(), tensor.dtype());
  file.write({copy.get(), bytes});
}

}  // namespace

void save_safetensors(const NamedTensors& tensors, const std::string& path,
                      const Metadata& metadata, SourceLocation location) {
  const Call call{"save_safetensors", location};
  check_arguments(call, tensors, metadata);
  const NamedTensors sorted = in_file_order(tensors);
  const std::string header = write_header(call, assign_offsets(call, sorted), metadata);
  NewFile file(call, path);
  file.write(std::as_bytes(std::span(header)));
  for (auto& [name, tensor] : sorted) write(file, tensor);
  file.commit();
}

}  // namespace tinygrad
