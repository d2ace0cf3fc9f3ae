// SPDX-License-Identifier: MIT
// Check sums of files: SHA-256, and the SHA-1 by which git names a file.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace tinygrad::hub {

/// SHA-256 (FIPS 180-4) in hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
/// SHA-1 of "blob SIZE\0" and the bytes, in hexadecimal digits.
std::string git_sha1(std::span<const std::byte> bytes);

}  // namespace tinygrad::hub
