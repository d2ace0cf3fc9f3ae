// SPDX-License-Identifier: MIT
// Repository: what the cache holds of one repository, laid out as huggingface_hub does it:
//
//   CACHEDIR.TAG                                     tells programs that back up to skip the cache
//   models--org--name/blobs/ETAG                     the bytes of a file
//   models--org--name/refs/main                      the commit of a branch or tag
//   models--org--name/snapshots/COMMIT/PATH          a link to the blob, ../../blobs/ETAG
//   models--org--name/.no_exist/COMMIT/PATH          an empty file: the commit has no such file
//   .locks/models--org--name/ETAG.lock               locked (flock) while the blob is written
#pragma once
#include <filesystem>
#include <string>

#include "tinygrad/error.h"

namespace tinygrad::hub {

/// Whether there is such a file; not if it cannot be looked at.
inline bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

class Repository {
 public:
  using Path = std::filesystem::path;
  /// `id` is a checked_id().
  Repository(const Call& call, const Path& cache, const std::string& id);

  /// The commit that a revision names: itself, or what its ref holds; empty if there is no ref.
  std::string commit_of(const std::string& revision) const;
  Path snapshot(const std::string& commit) const { return folder_ / "snapshots" / commit; }
  Path file(const std::string& commit, const std::string& name) const {
    return snapshot(commit) / name;
  }
  Path blob(const std::string& etag) const { return folder_ / "blobs" / etag; }
  Path lock(const std::string& etag) const { return locks_ / (etag + ".lock"); }
  /// Whether the server said once that the commit has no such file.
  bool is_known_to_lack(const std::string& commit, const std::string& name) const;

  /// Makes the cache's folder and its tag. Throws IoError; so do the functions below.
  void prepare() const;
  void write_ref(const std::string& revision, const std::string& commit) const;
  void note_missing(const std::string& commit, const std::string& name) const;
  /// Links the name in the snapshot to the blob, or copies it where links are not possible.
  void link(const std::string& commit, const std::string& name, const std::string& etag) const;

 private:
  void make_folder(const Path& folder) const;
  Call call_;
  Path cache_, folder_, locks_;
};

/// A lock on a file that other processes and threads wait for; the destructor frees it.
class FileLock {
 public:
  FileLock(const Call& call, const std::filesystem::path& path);
  FileLock(const FileLock&) = delete;
  ~FileLock();

 private:
  int file_ = -1;
};

}  // namespace tinygrad::hub
