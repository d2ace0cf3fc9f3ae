// SPDX-License-Identifier: MIT
// load() and save(): choose the format of a file by its content or its extension.
#include "tinygrad/io/load.h"

#include <algorithm>
#include <mutex>
#include <string_view>

#include "io/guess.h"
#include "io/sharded.h"
#include "shared/zip.h"
#include "tinygrad/io/file.h"
#include "tinygrad/io/npy.h"

namespace tinygrad {

// ------------------------------------------------------------ the library's own formats

namespace {

using Head = std::span<const std::byte>;
std::string_view text(Head head) {
  return {reinterpret_cast<const char*>(head.data()), head.size()};
}

bool is_safetensors(Head head) { return head.size() > 8 && head[8] == std::byte('{'); }
bool is_npy(Head head) { return text(head).starts_with("\x93NUMPY"); }
/// JSON text. Whether it is an index is known when it was read.
bool is_index(Head head) {
  const auto begin = text(head).find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && head[begin] == std::byte('{');
}
/// A ZIP archive whose first member is an array, or that is empty.
bool is_npz(Head head) {
  return text(head).starts_with("PK\5\6") || zip::first_name(head).ends_with(".npy");
}

NamedTensors load_array(const std::string& path, const LoadOptions& options,
                        SourceLocation location) {
  return {{"", load_npy(path, {.device = options.device, .map = options.map}, location)}};
}
NamedTensors load_arrays(const std::string& path, const LoadOptions& options,
                         SourceLocation location) {
  return load_npz(path, {.device = options.device, .map = options.map}, location);
}

void check_no_metadata(const std::string& path, const Metadata& metadata, SourceLocation location) {
  require(metadata.empty(), Call{"save", location}, in_quotes(path),
          ": NumPy's formats hold no metadata; .safetensors does");
}
void save_array(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
                SourceLocation location) {
  check_no_metadata(path, metadata, location);
  require(tensors.size() == 1, Call{"save", location}, in_quotes(path),
          ": a .npy file holds one tensor, got ", tensors.size(), "; .npz holds any number");
  save_npy(tensors[0].second, path, location);
}
void save_arrays(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
                 SourceLocation location) {
  check_no_metadata(path, metadata, location);
  save_npz(tensors, path, false, location);
}

/// The formats that are known, in the order in which they were registered.
struct Formats {
  std::mutex mutex;
  std::vector<FileFormat> all{
      {"JSON index of safetensors", ".index.json", is_index, io::load_sharded, nullptr},
      {"safetensors", ".safetensors", is_safetensors, load_safetensors, save_safetensors},
      {"NumPy .npz", ".npz", is_npz, load_arrays, save_arrays},
      {"NumPy .npy", ".npy", is_npy, load_array, save_array}};
};
Formats& formats() {
  static Formats formats;
  return formats;
}

}  // namespace

// ------------------------------------------------------------ the choice

void register_format(const FileFormat& format) {
  const std::lock_guard lock(formats().mutex);
  formats().all.push_back(format);
}

std::vector<FileFormat> file_formats() {
  const std::lock_guard lock(formats().mutex);
  return {formats().all.rbegin(), formats().all.rend()};
}

NamedTensors load(const std::string& path, const LoadOptions& options, SourceLocation location) {
  constexpr std::size_t head_size = 4096;
  const Call call{"load", location};
  const FileBytes file(path, true, call);
  const Head head = file.bytes().first(std::min(head_size, file.bytes().size()));
  std::string known;
  for (auto& format : file_formats()) {
    if (format.recognizes(head)) return format.load(path, options, location);
    known += (known.empty() ? "" : ", ") + format.name;
  }
  io::Source{call, path, head, io::guess}.refuse(
      "this is none of the formats that are known here (", known, ")");
}

void save(const NamedTensors& tensors, const std::string& path, const Metadata& metadata,
          SourceLocation location) {
  std::string known;
  for (auto& format : file_formats()) {
    if (!format.save) continue;
    if (path.ends_with(format.extension)) return format.save(tensors, path, metadata, location);
    known += (known.empty() ? "" : ", ") + format.extension;
  }
  fail<ArgumentError>(Call{"save", location}, in_quotes(path),
                      ": the extension chooses the format and must be one of ", known);
}

}  // namespace tinygrad
