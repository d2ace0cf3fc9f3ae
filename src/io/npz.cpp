// SPDX-License-Identifier: MIT
// Loads and saves .npz files: ZIP archives whose members are .npy files.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "io/guess.h"
#include "io/npy_array.h"
#include "io/zip_writer.h"
#include "shared/zip.h"
#include "tinygrad/io/npy.h"

namespace tinygrad {

using namespace io;

static constexpr std::string_view extension = ".npy";

/// Reads a member. Its header must agree with its size before the rest is unpacked.
static Tensor read_array(const Source& source, const zip::Member& member,
                         const NpyOptions& options) {
  constexpr std::size_t longest_header = 1 << 17;
  const std::string path = source.path + "/" + std::string(member.name);
  const auto beginning = zip::beginning(member, longest_header);
  const std::uint64_t size = npy_size({source.call, path, beginning}, options.raw);
  source.check(size == member.size, "member ", Name{member.name}, " has ", member.size,
               " bytes, its header says ", size);
  std::unique_ptr<std::byte[]> unpacked;
  const Bytes bytes = zip::content(source, member, unpacked);
  return parse_npy({source.call, path, bytes}, options.raw, options.device);
}

NamedTensors load_npz(const std::string& path, const NpyOptions& options, SourceLocation location) {
  const Call call{"load_npz", location};
  const FileBytes file(path, options.map, call);
  Source source{call, path, file.bytes(), guess};
  source.check(source.bytes[0] == std::byte('P'), "this is not a .npz file: it is no ZIP archive");
  source.hint = [](Bytes) { return std::string(); };
  NamedTensors tensors;
  for (auto& member : zip::members(source)) {
    source.check(member.name.ends_with(extension), "member ", Name{member.name},
                 " is not an array: its name does not end in .npy");
    const auto name = member.name.substr(0, member.name.size() - extension.size());
    tensors.emplace_back(name, read_array(source, member, options));
  }
  return tensors;
}

/// Whether a program that unpacks the archive would write the member outside of its folder.
static bool leads_out(const std::string& name) {
  const std::string inside = "/" + name + "/";
  return name.starts_with('/') || inside.find("/../") != inside.npos ||
         name.find_first_of(std::string_view("\\\0", 2)) != name.npos;
}

static bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::exception&) { return false; }
}

static void check_arguments(const Call& call, const NamedTensors& tensors) {
  std::set<std::string_view> names;
  for (auto& [name, tensor] : tensors) {
    require<ArgumentError>(tensor.defined(), call, "tensor ", in_quotes(name), " is undefined");
    require<ArgumentError>(names.insert(name).second, call, "two tensors are named ",
                           in_quotes(name));
    require<ArgumentError>(is_utf8(name), call, "the name ", in_quotes(name),
                           " is not valid UTF-8, and .npz files hold no other");
    require<ArgumentError>(!leads_out(name) && name.size() + extension.size() <= 0xFFFF, call,
                           "the name ", in_quotes(name),
                           " leads out of the archive or is too long");
  }
}

void save_npz(const NamedTensors& tensors, const std::string& path, bool compressed,
              SourceLocation location) {
  const Call call{"save_npz", location};
  check_arguments(call, tensors);
  NewFile file(path, call);
  ZipWriter zip(file);
  for (auto& [name, tensor] : tensors) {
    const std::string header = npy_header(tensor.dtype(), tensor.shape());
    const ElementBytes elements(tensor);
    zip.add(name + std::string(extension),
            std::vector<Bytes>{std::as_bytes(std::span(header)), elements.bytes()}, compressed);
  }
  zip.finish();
  file.commit();
}

}  // namespace tinygrad
