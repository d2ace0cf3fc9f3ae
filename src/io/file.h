// SPDX-License-Identifier: MIT
// What the library's own readers and writers need beside FileBytes and NewFile.
#pragma once
#include <string>

#include "tinygrad/io/file.h"

namespace tinygrad::io {

/// An IoError that the system caused and not the content of the file; a second try may succeed.
struct SystemError : IoError {
  using IoError::IoError;
};

/// Deletes the temporary files in a folder whose processes no longer exist, because they were
/// killed during a save.
void remove_abandoned(const std::string& folder);

}  // namespace tinygrad::io
