// SPDX-License-Identifier: MIT
// What the readers and writers of the formats share.
#pragma once
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tinygrad/error.h"

namespace tinygrad::vision {

/// Rows of pixels: height, width, channels.
struct Pixels {
  std::int64_t height = 0, width = 0, channels = 0;
  std::vector<unsigned char> bytes = {};
  std::size_t row() const { return std::size_t(width * channels); }
  /// Returns why a file of so many bytes cannot hold such a picture, or allocates it.
  std::string allocate(std::size_t file, std::int64_t pixels_per_byte);
};

/// Each decodes the bytes of a file or returns why it cannot, and writes to an open file.
std::string read_png(std::string_view file, Pixels& out);
std::string write_png(const Pixels& pixels, std::FILE* file);
std::string read_jpeg(std::string_view file, Pixels& out);
std::string write_jpeg(const Pixels& pixels, std::FILE* file, int quality);

}  // namespace tinygrad::vision
