// SPDX-License-Identifier: MIT
// Reads and writes pictures: uint8 tensors [C, H, W] with 1 (gray), 2 (gray, alpha), 3 (RGB) or 4
// (RGBA) channels, on the CPU.
#pragma once
#include <string>

#include "tinygrad/tensor.h"

namespace tinygrad::vision {

/// The channels that read_image() returns: those of the file, or it converts to gray by
/// 0.299 R + 0.587 G + 0.114 B, or to RGB. Gray and RGB drop alpha.
enum class ImageReadMode { unchanged, gray, rgb };

/// The picture of a PNG, JPEG, PPM (P6) or PGM (P5) file, which its first bytes tell. 16 bits are
/// rounded to 8, palettes become RGB. Throws IoError if it is damaged, has more than 2^26 pixels or
/// more than its bytes can hold, or if this build has no libpng or libjpeg to read it.
TINYGRAD_API Tensor read_image(const std::string& path,
                               ImageReadMode mode = ImageReadMode::unchanged,
                               SourceLocation location = SourceLocation::current());
/// Writes a picture as its name ends: .png, .jpg or .jpeg (of this quality, 1 to 100), .ppm, .pgm.
/// Throws ArgumentError for another name or picture, and IoError if it cannot be written.
TINYGRAD_API void write_image(const Tensor& image, const std::string& path, int quality = 75,
                              SourceLocation location = SourceLocation::current());
/// Whether this build reads and writes PNG and JPEG.
TINYGRAD_API bool has_png();
TINYGRAD_API bool has_jpeg();

/// How make_grid() arranges pictures; torchvision's defaults.
struct GridOptions {
  std::int64_t nrow = 8;     ///< pictures in a row
  std::int64_t padding = 2;  ///< pixels between and around pictures
  bool normalize = false;    ///< shift and scale all values to 0 ... 1
  double pad_value = 0;
};
/// The pictures [N, C, H, W] or [C, H, W] in rows on one picture [C', H', W']; C' is 3 if C is 1.
TINYGRAD_API Tensor make_grid(const Tensor& images, const GridOptions& options = {},
                              SourceLocation location = SourceLocation::current());
/// Writes make_grid(images): uint8, or floating values in 0 ... 1, which are clamped.
TINYGRAD_API void save_image(const Tensor& images, const std::string& path,
                             const GridOptions& options = {},
                             SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::vision
