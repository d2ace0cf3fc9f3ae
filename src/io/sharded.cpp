// SPDX-License-Identifier: MIT
// Loads models in several safetensors files. Their index is JSON,
//   {"metadata": {...}, "weight_map": {"name": "model-00001-of-00003.safetensors", ...}}
// and says which file holds which tensor.
#include "io/sharded.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "io/guess.h"
#include "tinygrad/io/file.h"

namespace tinygrad::io {
namespace {

using nlohmann::json;

struct Index {
  std::unordered_map<std::string, std::string> file_of;  ///< of each tensor
  std::vector<std::string> files;                        ///< in the order of their first mention
};

/// Receives the index's JSON token by token; what is not the weight_map is skipped. (A tree would
/// keep the last of two equal keys.)
class IndexListener : public nlohmann::json_sax<json> {
 public:
  IndexListener(const Source& source, Index& index) : source_(source), index_(index) {}

  bool start_object(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(std::string& key) override {
    if (depth_ == 1) {
      in_map_ = key == "weight_map";
      source_.check(!in_map_ || !std::exchange(has_map_, true), "it has two entries weight_map");
    }
    if (in_map_ && depth_ == 2) name_ = std::move(key);
    return true;
  }
  bool string(std::string& text) override {
    if (!in_map_ || depth_ != 2) return other();
    source_.check(index_.file_of.emplace(name_, text).second, "two tensors are named ",
                  Name{name_});
    index_.files.push_back(std::move(text));
    return true;
  }
  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(std::int64_t) override { return other(); }
  bool number_unsigned(std::uint64_t) override { return other(); }
  bool number_float(double, const std::string&) override { return other(); }
  bool binary(json::binary_t&) override { return other(); }
  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    source_.refuse("the index is not JSON at its byte ", position);
  }
  bool has_map() const { return has_map_; }

 private:
  bool open() {
    source_.check(!in_map_ || depth_ < 2, "weight_map holds a list or an object at ", Name{name_});
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool other() {
    source_.check(!in_map_, "weight_map has a value at ", Name{name_},
                  " that is no name of a file");
    return true;
  }

  const Source& source_;
  Index& index_;
  int depth_ = 0;
  bool in_map_ = false, has_map_ = false;
  std::string name_;
};

/// Keeps the first of equal elements.
void remove_repeated(std::vector<std::string>& list) {
  std::unordered_map<std::string, bool> seen;
  std::erase_if(list, [&](auto& text) { return !seen.emplace(text, true).second; });
}

Index parse_index(const Source& source) {
  const char* first = reinterpret_cast<const char*>(source.bytes.data());
  const char* last = first + source.bytes.size();
  source.check(std::find(first, last, '\0') == last, "the index has a zero byte");
  Index index;
  IndexListener listener(source, index);
  source.check(json::sax_parse(first, last, &listener), "the index is not JSON");
  source.check(listener.has_map(), "it has no weight_map, as the index of a sharded model has");
  remove_repeated(index.files);
  return index;
}

/// The path of a file that the index names, which must lie in the folder of the index.
std::filesystem::path path_of(const Source& source, const std::string& name) {
  const std::string inside = "/" + name + "/";
  source.check(!name.empty() && name[0] != '/' && inside.find("/../") == inside.npos &&
                   name.find_first_of(std::string_view("\\\0", 2)) == name.npos,
               "weight_map names the file ", Name{name}, ", which leads out of the index's folder");
  return std::filesystem::path(source.path).parent_path() / name;
}

}  // namespace

NamedTensors load_sharded(const std::string& path, const LoadOptions& options,
                          SourceLocation location) {
  const Call call{"load", location};
  const FileBytes bytes(path, options.map, call);
  const Source source{call, path, bytes.bytes(), [](Bytes) { return std::string(); }};
  const Index index = parse_index(source);
  std::vector<std::string> paths;
  for (auto& file : index.files) paths.push_back(path_of(source, file).string());
  NamedTensors all;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    for (auto& [name, tensor] : load_safetensors(paths[i], options, location)) {
      const auto found = index.file_of.find(name);
      source.check(found != index.file_of.end() && found->second == index.files[i], "file ",
                   Name{index.files[i]}, " holds tensor ", Name{name},
                   ", which weight_map does not say");
      all.emplace_back(name, tensor);
    }
  }
  if (all.size() == index.file_of.size()) return all;
  std::unordered_map<std::string_view, bool> there;
  for (auto& [name, tensor] : all) there.emplace(name, true);
  for (auto& [name, file] : index.file_of)
    source.check(there.contains(name), "file ", Name{file}, " lacks tensor ", Name{name},
                 ", which weight_map says it holds");
  return all;
}

}  // namespace tinygrad::io
