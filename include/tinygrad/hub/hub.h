// SPDX-License-Identifier: MIT
// Files of models from the Hugging Face Hub or a mirror of it, kept in the cache that the Python
// package huggingface_hub uses: each finds what the other downloaded.
//
//   auto weights = load(hub::get("org/name", {.file = "model.safetensors"}));
//
// The variables of huggingface_hub decide: HF_ENDPOINT (the server), HF_HUB_OFFLINE (nothing is
// downloaded), HF_TOKEN, HF_HOME, HF_HUB_CACHE and others (docs/guides/hub.md). A token is sent to
// the server of HF_ENDPOINT alone, never to another one that it redirects to.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tinygrad/detail/inline_function.h"
#include "tinygrad/error.h"

namespace tinygrad::hub {

/// The repository has no file of that name at that revision.
struct TINYGRAD_API EntryNotFoundError : IoError {
  using IoError::IoError;
};

/// Is called while a file is downloaded; total is 0 if the server does not say it.
using Progress =
    SharedFunction<void(const std::string& file, std::uint64_t done, std::uint64_t total)>;

/// Options of get().
struct FileOptions {
  std::string file = "model.safetensors";  ///< its path in the repository
  std::string revision = "main";  ///< a branch, a tag, or a commit of 40 hexadecimal digits
  Progress progress = {};
};
/// The path of a file of the repository `id`, "org/name", in the cache; it is downloaded if it is
/// not there, or if the revision has a newer one. A download that was cut goes on where it stopped,
/// and the check sum that the server announces (SHA-256 of large files, git's SHA-1 of others) must
/// be right. If the server cannot be reached, the file of the last download is returned. Several
/// threads and processes may ask for the same file. Throws ArgumentError for an id, a file or a
/// revision that is not a name, EntryNotFoundError, and IoError, which says how to go on.
TINYGRAD_API std::string get(const std::string& id, const FileOptions& options = {},
                             SourceLocation location = SourceLocation::current());

/// Options of snapshot(). A pattern is that of a shell, whose * also stands for slashes:
/// "*.safetensors", "onnx/*".
struct SnapshotOptions {
  std::string revision = "main";
  std::vector<std::string> allow_patterns = {};   ///< only files that match one; all if empty
  std::vector<std::string> ignore_patterns = {};  ///< no files that match one
  Progress progress = {};
};
/// The folder with the files of a repository at one revision, downloaded as get() does. Without the
/// server it is the folder of earlier downloads, which may lack files that were not asked for.
/// Throws as get() does.
TINYGRAD_API std::string snapshot(const std::string& id, const SnapshotOptions& options = {},
                                  SourceLocation location = SourceLocation::current());
/// Returns whether this build downloads: whether it has libcurl. Without, files of the cache are
/// found all the same.
TINYGRAD_API bool can_download();

}  // namespace tinygrad::hub
