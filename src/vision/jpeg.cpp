// SPDX-License-Identifier: MIT
// JPEG by libjpeg-turbo. Its errors jump back to where it was called, so that no object is
// destroyed here that needs a destructor. Warnings are errors: they tell of damaged data.
#include "codecs.h"
#include "tinygrad/vision/image.h"
#ifdef TINYGRAD_HAVE_JPEG
#include <csetjmp>
// jpeglib.h needs <cstdio> before it
#include <jpeglib.h>

namespace tinygrad::vision {
namespace {

struct Errors : jpeg_error_mgr {
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX] = "has too many scans";
  Errors() {
    jpeg_std_error(this);
    error_exit = [](j_common_ptr c) {
      auto* own = static_cast<Errors*>(c->err);
      own->format_message(c, own->text);
      std::longjmp(own->jump, 1);
    };
    emit_message = [](j_common_ptr c, int level) {
      if (level < 0) c->err->error_exit(c);
    };
  }
};
/// Stops progressive files that need minutes: each of their scans passes over the whole picture.
void limit_scans(j_common_ptr c) {
  const auto* d = reinterpret_cast<j_decompress_ptr>(c);
  const double pixels = double(d->image_width) * d->image_height;
  if (d->input_scan_number * (pixels + 4096) > 0x1p29)
    std::longjmp(static_cast<Errors*>(c->err)->jump, 1);
}

bool decode(jpeg_decompress_struct& c, Errors& errors, std::string_view file, Pixels& out,
            std::string& problem) {
  if (setjmp(errors.jump)) return false;
  jpeg_create_decompress(&c);
  jpeg_progress_mgr progress = {};
  progress.progress_monitor = limit_scans;
  c.progress = &progress;
  jpeg_mem_src(&c, reinterpret_cast<const unsigned char*>(file.data()), file.size());
  jpeg_read_header(&c, TRUE);
  if (c.num_components != 1) c.out_color_space = JCS_RGB;  // of CMYK an error
  jpeg_calc_output_dimensions(&c);
  out.height = c.output_height, out.width = c.output_width, out.channels = c.output_components;
  problem = out.allocate(file.size(), 512);  // 64 pixels of a block need about one bit
  if (!problem.empty()) return false;
  jpeg_start_decompress(&c);
  while (c.output_scanline < c.output_height) {
    JSAMPROW row = out.bytes.data() + c.output_scanline * out.row();
    jpeg_read_scanlines(&c, &row, 1);
  }
  jpeg_finish_decompress(&c);
  return true;
}
bool encode(jpeg_compress_struct& c, Errors& errors, const Pixels& in, std::FILE* file,
            int quality) {
  if (setjmp(errors.jump)) return false;
  jpeg_create_compress(&c);
  jpeg_stdio_dest(&c, file);
  c.image_width = JDIMENSION(in.width), c.image_height = JDIMENSION(in.height);
  c.input_components = int(in.channels);
  c.in_color_space = in.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&c);
  jpeg_set_quality(&c, quality, TRUE);
  jpeg_start_compress(&c, TRUE);
  while (c.next_scanline < c.image_height) {
    JSAMPROW row = const_cast<JSAMPROW>(in.bytes.data()) + c.next_scanline * in.row();
    jpeg_write_scanlines(&c, &row, 1);
  }
  jpeg_finish_compress(&c);
  return true;
}

}  // namespace

bool has_jpeg() { return true; }

std::string read_jpeg(std::string_view file, Pixels& out) {
  Errors errors;
  jpeg_decompress_struct c = {};
  c.err = &errors;
  std::string problem;
  const bool ok = decode(c, errors, file, out, problem);
  jpeg_destroy_decompress(&c);
  return ok ? "" : problem.empty() ? errors.text : problem;
}
std::string write_jpeg(const Pixels& pixels, std::FILE* file, int quality) {
  if (pixels.channels % 2 == 0) return "a JPEG has no alpha";
  Errors errors;
  jpeg_compress_struct c = {};
  c.err = &errors;
  const bool ok = encode(c, errors, pixels, file, quality);
  jpeg_destroy_compress(&c);
  return ok ? "" : errors.text;
}

}  // namespace tinygrad::vision
#else
namespace tinygrad::vision {
const char* const missing_jpeg = "this build has no libjpeg (apt-get install libjpeg62-turbo-dev)";
bool has_jpeg() { return false; }
std::string read_jpeg(std::string_view, Pixels&) { return missing_jpeg; }
std::string write_jpeg(const Pixels&, std::FILE*, int) { return missing_jpeg; }
}  // namespace tinygrad::vision
#endif
