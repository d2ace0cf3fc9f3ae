// SPDX-License-Identifier: MIT
// PNG by libpng. Its errors jump back to where it was called, so that no object is destroyed here
// that needs a destructor.
#include "codecs.h"
#include "tinygrad/vision/image.h"
#ifdef TINYGRAD_HAVE_PNG
#include <png.h>

#include <cstring>

namespace tinygrad::vision {
namespace {

void on_error(png_structp png, png_const_charp message) {
  *static_cast<std::string*>(png_get_error_ptr(png)) = message;
  png_longjmp(png, 1);
}
void ignore(png_structp, png_const_charp) {}
void take(png_structp png, png_bytep out, std::size_t count) {
  auto& rest = *static_cast<std::string_view*>(png_get_io_ptr(png));
  if (count > rest.size()) png_error(png, "is cut short");
  std::memcpy(out, rest.data(), count);
  rest.remove_prefix(count);
}

bool decode(png_structp png, png_infop info, std::size_t size, Pixels& out, std::string& problem) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_chunk_cache_max(png, 16);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  out.height = png_get_image_height(png, info), out.width = png_get_image_width(png, info);
  out.channels = png_get_channels(png, info);
  problem = out.allocate(size, 8 * 1032);  // deflate packs 1032 bytes into one
  if (!problem.empty()) return false;
  for (int pass = 0; pass < passes; ++pass)
    for (std::size_t y = 0; y < std::size_t(out.height); ++y)
      png_read_row(png, out.bytes.data() + y * out.row(), nullptr);
  png_read_end(png, nullptr);
  return true;
}

}  // namespace

bool has_png() { return true; }

std::string read_png(std::string_view file, Pixels& out) {
  std::string problem;
  std::string_view rest = file;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &problem, on_error, ignore);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (png) png_set_read_fn(png, &rest, take);
  const bool ok = info && decode(png, info, file.size(), out, problem);
  png_destroy_read_struct(&png, &info, nullptr);
  return ok ? "" : problem.empty() ? "there is not enough memory" : problem;
}

std::string write_png(const Pixels& pixels, std::FILE* file) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = png_uint_32(pixels.width), image.height = png_uint_32(pixels.height);
  image.format = (pixels.channels >= 3 ? PNG_FORMAT_FLAG_COLOR : 0u) |
                 (pixels.channels % 2 == 0 ? PNG_FORMAT_FLAG_ALPHA : 0u);
  return png_image_write_to_stdio(&image, file, 0, pixels.bytes.data(), 0, nullptr) ? ""
                                                                                    : image.message;
}

}  // namespace tinygrad::vision
#else
namespace tinygrad::vision {
const char* const missing_png = "this build has no libpng (apt-get install libpng-dev)";
bool has_png() { return false; }
std::string read_png(std::string_view, Pixels&) { return missing_png; }
std::string write_png(const Pixels&, std::FILE*) { return missing_png; }
}  // namespace tinygrad::vision
#endif
