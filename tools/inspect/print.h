// SPDX-License-Identifier: MIT
// The report of tinygrad-inspect: for people, and for programs.
#pragma once
#include "contents.h"

namespace tinygrad::inspect {

/// width: of the terminal; 0 for a file, in which nothing is cut.
std::string as_text(const Contents& contents, std::size_t width);
std::string as_json(const Contents& contents);

/// What differs between two files: metadata, names, dtypes, shapes and elements. Files of different
/// formats may hold the same. `different` becomes true if anything does.
std::string difference(const Contents& a, const Contents& b, std::size_t width, bool& different);

/// The bytes of a file in lines of 64 characters, each for as many bytes: a letter for a layer,
/// '=' for a header.
std::string as_drawing(const Contents& contents);
/// The same as a picture.
std::string as_svg(const Contents& contents);

}  // namespace tinygrad::inspect
