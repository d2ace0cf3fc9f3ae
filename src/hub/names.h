// SPDX-License-Identifier: MIT
// Checks names before they become part of a path or an address.
#pragma once
#include <string>
#include <string_view>

#include "tinygrad/error.h"

namespace tinygrad::hub {

/// Whether this is a commit: 40 hexadecimal digits.
bool is_commit(std::string_view revision);
/// Whether this is hexadecimal digits, so many.
bool is_hex(std::string_view text, std::size_t count);
/// Whether this is a path of names below a folder: no empty name, no ".." or ".", no slash at
/// either end, no backslash and no control character.
bool is_relative_path(std::string_view path);
/// Whether a file may have this name: letters, digits and . _ - + =, not beginning with a dot.
bool is_plain_name(std::string_view name);
/// The id, "name" or "org/name". Throws ArgumentError if the rules of the Hub forbid it.
const std::string& checked_id(const Call& call, const std::string& id);
/// The text in an address: all but letters, digits and - . _ ~ is written as %XX, but for those in
/// `keep`.
std::string percent_encoded(std::string_view text, std::string_view keep = "");

}  // namespace tinygrad::hub
