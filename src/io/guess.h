// SPDX-License-Identifier: MIT
// Guesses about the format of an unexpected file.
#pragma once
#include "shared/source.h"

namespace tinygrad::io {

/// Text such as "; this is a gzip file" if the first bytes are those of another known format,
/// otherwise empty.
std::string guess(Bytes bytes);

}  // namespace tinygrad::io
