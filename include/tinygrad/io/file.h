// SPDX-License-Identifier: MIT
// Files that appear whole.
#pragma once
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad {

/// Writes a file under a temporary name in its folder, flushes it to the disk and renames it: no
/// program sees half of it, and a file of that name is replaced only by a whole one. It keeps the
/// mode of a file that it replaces, and the owner if that is allowed; if the name is a link, the
/// file that it leads to is replaced. Throws IoError; call names the caller in the message.
TINYGRAD_API void write_file(const std::string& path, std::string_view bytes,
                             Call call = {"write_file", SourceLocation::current()});

}  // namespace tinygrad
