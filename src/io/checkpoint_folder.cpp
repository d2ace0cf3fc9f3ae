// SPDX-License-Identifier: MIT
// CheckpointFolder: keeps the last two checkpoints of a run, and finds the newest intact one.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "io/file.h"
#include "io/system_file.h"
#include "tinygrad/io/checkpoint.h"

namespace tinygrad {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view beginning = "checkpoint-", ending = ".safetensors";
constexpr const char* sequence_key =
    "tinygrad.sequence";  // numbers the saves into one folder: 1, 2, ...
constexpr std::size_t kept = 2;

struct CheckpointFile {
  std::uint64_t sequence = 0;
  std::string path;
};

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Returns whether a file is named checkpoint-<digits>-<digits>.safetensors.
bool is_ours(std::string_view name) {
  if (!name.starts_with(beginning) || !name.ends_with(ending) ||
      name.size() < beginning.size() + ending.size())
    return false;
  name = name.substr(beginning.size(), name.size() - beginning.size() - ending.size());
  const auto dash = name.find('-');
  return dash != std::string_view::npos && all_digits(name.substr(0, dash)) &&
         all_digits(name.substr(dash + 1));
}

std::vector<std::string> our_files(const Call& call, const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(io::as_path(folder), error), end; !error && it != end;
       it.increment(error))
    if (is_ours(it->path().filename().string())) paths.push_back(io::as_text(it->path()));
  require<IoError>(!error, call, in_quotes(folder), ": cannot be read: ", error.message());
  return paths;
}

std::uint64_t sequence_of(const Call& call, const std::string& path) {
  for (auto& [key, value] : load_safetensors_metadata(path, call.location)) {
    std::uint64_t sequence = 0;
    if (key == std::string("user.") + sequence_key &&
        std::from_chars(value.data(), value.data() + value.size(), sequence).ec == std::errc())
      return sequence;
  }
  fail<IoError>(call, in_quotes(path), ": is not a checkpoint that a CheckpointFolder wrote");
}

/// The intact checkpoints, newest first. Each damaged one adds a line to `warnings`. A file that
/// the system cannot read does so too, or throws if must_be_readable is set.
std::vector<CheckpointFile> intact_checkpoints(const Call& call, const std::string& folder,
                                               std::string& warnings, bool must_be_readable) {
  std::vector<CheckpointFile> all;
  for (auto& path : our_files(call, folder)) {
    try {
      all.push_back({sequence_of(call, path), path});
    } catch (const IoError& error) {
      if (must_be_readable && dynamic_cast<const io::SystemError*>(&error)) throw;
      (warnings += error.what()) += "\n";
    }
  }
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.sequence > b.sequence; });
  return all;
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::string folder, SourceLocation location)
    : folder_(std::move(folder)) {
  std::error_code error;
  const fs::path path = io::as_path(folder_);
  fs::create_directories(path, error);
  require<IoError>(!error && fs::is_directory(path, error), Call{"CheckpointFolder", location},
                   in_quotes(folder_), ": cannot be created as a folder",
                   error ? ": " + error.message() : ": a file has this name");
}

std::string CheckpointFolder::save(const Checkpoint& checkpoint, SourceLocation location) const {
  const Call call{"CheckpointFolder", location};
  std::string warnings;
  const std::vector<CheckpointFile> older = intact_checkpoints(call, folder_, warnings, true);
  Checkpoint numbered = checkpoint;
  numbered.metadata.emplace_back(sequence_key,
                                 std::to_string(older.empty() ? 1 : older[0].sequence + 1));
  const std::string name = std::string(beginning) + std::to_string(checkpoint.epoch) + "-" +
                           std::to_string(checkpoint.batch) + std::string(ending);
  const std::string path = io::as_text(io::as_path(folder_) / name);
  save_checkpoint(numbered, path, location);
  io::remove_abandoned(folder_);
  std::size_t count = 1;  // including the new one
  for (auto& file : older) {
    std::error_code ignored;  // a file that cannot be deleted only costs space
    if (file.path != path && ++count > kept) fs::remove(io::as_path(file.path), ignored);
  }
  return path;
}

LatestCheckpoint CheckpointFolder::latest(const LoadOptions& options,
                                          SourceLocation location) const {
  LatestCheckpoint latest;
  for (auto& file :
       intact_checkpoints(Call{"CheckpointFolder", location}, folder_, latest.warnings, false)) {
    try {
      latest.checkpoint = load_checkpoint(file.path, options, location);
      std::erase_if(latest.checkpoint->metadata,
                    [](auto& item) { return item.first == sequence_key; });
      latest.path = file.path;
      return latest;
    } catch (const IoError& error) { (latest.warnings += error.what()) += "\n"; }
  }
  return latest;
}

}  // namespace tinygrad
