// SPDX-License-Identifier: MIT
// save_checkpoint() and load_checkpoint(): a checkpoint is a safetensors file whose tensors have
// prefixes, and whose metadata hold the other values as text.
#include "tinygrad/io/checkpoint.h"

#include <charconv>
#include <string_view>

#include "shared/source.h"

namespace tinygrad {

namespace {

// The prefixes of the names of a checkpoint's tensors and metadata.
constexpr std::string_view model = "model.", optimizer = "optimizer.", schedule = "schedule.",
                           extra = "extra.", user = "user.";
constexpr const char* format_key = "tinygrad.checkpoint";
constexpr const char* format = "1";

void append(NamedTensors& all, std::string_view prefix, const NamedTensors& some) {
  for (auto& [name, tensor] : some) all.emplace_back(std::string(prefix) + name, tensor);
}

Metadata describe(const Checkpoint& c) {
  Metadata metadata = {{format_key, format},
                       {"epoch", std::to_string(c.epoch)},
                       {"batch", std::to_string(c.batch)},
                       {"generator.seed", std::to_string(c.generator.seed)},
                       {"generator.call", std::to_string(c.generator.call)},
                       {"loader.seed", std::to_string(c.loader_seed)}};
  for (auto& [key, value] : c.metadata) metadata.emplace_back(std::string(user) + key, value);
  return metadata;
}

/// Reads the metadata of one checkpoint.
struct Description {
  Call call;
  const std::string& path;
  const Metadata& metadata;

  const std::string& text(std::string_view key) const {
    for (auto& [name, value] : metadata)
      if (name == key) return value;
    fail<IoError>(call, in_quotes(path), ": is not a checkpoint: its metadata have no ",
                  in_quotes(key));
  }
  template <class T> T number(std::string_view key) const {
    const std::string& digits = text(key);
    T value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc() && end == digits.data() + digits.size() && !(value < 0);
    require<IoError>(whole, call, in_quotes(path), ": its metadata have ", in_quotes(digits),
                     " for ", in_quotes(key), "; expected an integer that is not negative");
    return value;
  }
};

/// Appends a tensor without its prefix. Returns false if the name has another prefix.
bool take(NamedTensors& into, std::string_view prefix, const std::string& name,
          const Tensor& tensor) {
  if (!name.starts_with(prefix)) return false;
  into.emplace_back(name.substr(prefix.size()), tensor);
  return true;
}

}  // namespace

void save_checkpoint(const Checkpoint& c, const std::string& path, SourceLocation location) {
  require<ArgumentError>(c.epoch >= 0 && c.batch >= 0, Call{"save_checkpoint", location},
                         "epoch and batch must not be negative, got ", c.epoch, " and ", c.batch);
  NamedTensors all;
  append(all, model, c.model);
  append(all, optimizer, c.optimizer);
  append(all, schedule, c.schedule);
  append(all, extra, c.extra);
  save_safetensors(all, path, describe(c), location);
}

Checkpoint load_checkpoint(const std::string& path, const LoadOptions& options,
                           SourceLocation location) {
  const Metadata metadata = load_safetensors_metadata(path, location);
  const Description d{Call{"load_checkpoint", location}, path, metadata};
  require<IoError>(d.text(format_key) == format, d.call, in_quotes(path),
                   ": is a checkpoint of format ", in_quotes(d.text(format_key)),
                   "; this version reads format ", format);
  Checkpoint c;
  c.epoch = d.number<std::int64_t>("epoch");
  c.batch = d.number<std::int64_t>("batch");
  c.generator = {d.number<std::uint64_t>("generator.seed"),
                 d.number<std::uint64_t>("generator.call")};
  c.loader_seed = d.number<std::uint64_t>("loader.seed");
  for (auto& [key, value] : metadata)
    if (key.starts_with(user)) c.metadata.emplace_back(key.substr(user.size()), value);
  for (auto& [name, tensor] : load_safetensors(path, options, location)) {
    const bool known =
        take(c.model, model, name, tensor) || take(c.optimizer, optimizer, name, tensor) ||
        take(c.schedule, schedule, name, tensor) || take(c.extra, extra, name, tensor);
    require<IoError>(known, d.call, in_quotes(path), ": is not a checkpoint: it holds a tensor ",
                     in_quotes(name));
  }
  return c;
}

}  // namespace tinygrad
