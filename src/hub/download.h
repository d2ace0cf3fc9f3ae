// SPDX-License-Identifier: MIT
// download(): the bytes of one blob, from the server into the cache.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "http.h"
#include "repository.h"
#include "settings.h"
#include "tinygrad/hub/hub.h"

namespace tinygrad::hub {

/// What the server says of a file.
struct FileInfo {
  std::string name, commit;
  std::string etag;                   ///< names the blob; a check sum if it looks like one
  std::optional<std::uint64_t> size;  ///< in bytes
};

/// Downloads the blob of a file to BLOB.incomplete, goes on where an earlier download stopped,
/// compares size and check sum, and renames it to BLOB. The caller holds the blob's lock. Throws
/// Problem, which says why it broke off, and IoError for a wrong check sum or a full disk.
void download(const Call& call, const Settings& settings, Client& client, const FileInfo& info,
              const std::string& url, const std::filesystem::path& blob, const Progress& progress);

}  // namespace tinygrad::hub
