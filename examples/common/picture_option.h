// SPDX-License-Identifier: MIT
// check_picture() checks the file that an option names for a picture to be written.
#pragma once
#include <tinygrad/error.h>
#include <tinygrad/vision/image.h>

#include <string>

#include "common/options.h"

namespace common {

/// Throws unless `file` can be written and ends in .png or .ppm, and this build can write it; an
/// empty name is fine.
inline void check_picture(const char* option, const std::string& file) {
  check_writable(option, file);
  const bool is_png = file.ends_with(".png");
  tinygrad::require(file.empty() || is_png || file.ends_with(".ppm"), option, file,
                    " must end in .png or .ppm");
  tinygrad::require(!is_png || tinygrad::vision::has_png(), option,
                    "this build has no libpng; write a .ppm file");
}

}  // namespace common
