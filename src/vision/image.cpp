// SPDX-License-Identifier: MIT
// Pictures in files: the format of a file, PPM and PGM, and tensors from pixels; grids.
#include "tinygrad/vision/image.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "codecs.h"
#include "file.h"
#include "tinygrad/io/file.h"
#include "tinygrad/ops.h"

namespace tinygrad::vision {

std::string Pixels::allocate(std::size_t file, std::int64_t pixels_per_byte) {
  const std::string size = std::to_string(width) + " by " + std::to_string(height) + " pixels";
  if (height < 1 || width < 1 || height > (1 << 26) / width)
    return size + " are none, or more than 2^26";
  if (height * width / pixels_per_byte > std::int64_t(file))
    return size + " are more than " + std::to_string(file) + " bytes can hold";
  bytes.resize(std::size_t(height) * row());
  return "";
}

namespace {

/// Width, height and 255 in decimal, each after white space and comments, then one more space.
std::string read_ppm(std::string_view file, Pixels& out) {
  std::int64_t header[3] = {};
  std::size_t at = 2;
  for (std::int64_t& value : header) {
    for (bool comment = false; at < file.size(); ++at) {
      comment = file[at] == '#' || (comment && file[at] != '\n');
      if (!comment && std::string_view(" \t\r\n").find(file[at]) == std::string_view::npos) break;
    }
    const auto [end, error] = std::from_chars(file.data() + at, file.data() + file.size(), value);
    if (error != std::errc()) return "the header is damaged";
    at = std::size_t(end - file.data());
  }
  if (header[2] != 255) return "values up to 255 are expected, not " + std::to_string(header[2]);
  out.width = header[0], out.height = header[1], out.channels = file[1] == '6' ? 3 : 1;
  if (std::string problem = out.allocate(file.size(), 1); !problem.empty()) return problem;
  if (file.size() != at + 1 + out.bytes.size())
    return std::to_string(at + 1 + out.bytes.size()) + " bytes are expected, there are " +
           std::to_string(file.size());
  std::memcpy(out.bytes.data(), file.data() + at + 1, out.bytes.size());
  return "";
}
std::string write_ppm(const Pixels& pixels, std::FILE* file) {
  if (pixels.channels % 2 == 0) return "a PPM has no alpha";
  std::fprintf(file, "P%c\n%lld %lld\n255\n", pixels.channels == 3 ? '6' : '5',
               static_cast<long long>(pixels.width), static_cast<long long>(pixels.height));
  std::fwrite(pixels.bytes.data(), 1, pixels.bytes.size(), file);
  return "";
}

std::string decode(std::string_view file, Pixels& out) {
  if (file.starts_with("\x89PNG")) return read_png(file, out);
  if (file.starts_with("\xFF\xD8")) return read_jpeg(file, out);
  if (file.starts_with("P5") || file.starts_with("P6")) return read_ppm(file, out);
  return "is neither PNG nor JPEG nor PPM nor PGM";
}

Tensor convert(Tensor x, ImageReadMode mode) {
  const std::int64_t channels = x.size(0);
  if (mode == ImageReadMode::unchanged) return x;
  if (channels % 2 == 0) x = x.slice(0, 0, channels - 1);
  if (mode == ImageReadMode::rgb) return (channels < 3 ? x.expand({3, -1, -1}) : x).contiguous();
  if (channels < 3) return x.contiguous();
  const Tensor weights = tensor({19595, 38470, 7471}, {.device = "cpu"}).reshape({3, 1, 1});
  return floor_divide(sum(x.to(int64) * weights, 0, keepdim) + 0x8000, 0x10000).to(uint8);
}

}  // namespace

Tensor read_image(const std::string& path, ImageReadMode mode, SourceLocation location) {
  const Call call{"read_image", location};
  Pixels pixels;
  const std::string problem = decode(bytes_of(call, path), pixels);
  require<IoError>(problem.empty(), call, '"' + path, "\": ", problem);
  const Tensor x =
      from_data(pixels.bytes.data(), uint8, {pixels.height, pixels.width, pixels.channels},
                {.dtype = uint8, .device = "cpu"});
  return convert(x.permute({2, 0, 1}).contiguous(), mode);
}

void write_image(const Tensor& image, const std::string& path, int quality,
                 SourceLocation location) {
  const Call call{"write_image", location};
  const std::string name = std::filesystem::path(path).extension().string();
  const bool png = name == ".png", jpeg = name == ".jpg" || name == ".jpeg";
  require(png || jpeg || name == ".ppm" || name == ".pgm", call, '"' + path,
          "\" must end in .png, .jpg, .jpeg, .ppm or .pgm");
  require(image.dim(location) == 3 && image.dtype() == uint8 && image.size(0) >= 1 &&
              image.size(0) <= 4 && image.numel() > 0 && image.numel() <= 1 << 28,
          call, "expected uint8 [1 to 4, H, W], got ", to_string(image.dtype()), " ",
          image.shape());
  const Pixels pixels{image.size(1), image.size(2), image.size(0),
                      image.permute({1, 2, 0}).to_vector<unsigned char>()};
  char* bytes = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&bytes, &size);
  require<IoError>(file, call, '"' + path, "\" cannot be written: ", std::strerror(errno));
  std::string problem = png    ? write_png(pixels, file)
                        : jpeg ? write_jpeg(pixels, file, std::clamp(quality, 1, 100))
                               : write_ppm(pixels, file);
  if (std::fclose(file) != 0 && problem.empty()) problem = std::strerror(errno);
  const std::unique_ptr<char, decltype(&std::free)> owner(bytes, &std::free);
  require<IoError>(problem.empty(), call, '"' + path, "\" cannot be written: ", problem);
  write_file(path, {bytes, size}, call);
}

Tensor make_grid(const Tensor& images, const GridOptions& o, SourceLocation location) {
  const Call call{"make_grid", location};
  require<ShapeError>(images.dim(location) == 3 || images.dim() == 4, call,
                      "expected pictures [N, C, H, W] or [C, H, W], got ", images.shape());
  require(images.numel() > 0 && o.nrow > 0 && o.padding >= 0, call,
          "expected pictures, nrow of at ", "least 1 and padding of at least 0");
  Tensor x = images.dim() == 3 ? images.unsqueeze(0) : images;
  if (o.normalize) {
    const double low = x.min().item<double>(), high = x.max().item<double>();
    x = (x.to(float32) - low) / std::max(high - low, 1e-5);
  }
  if (x.size(1) == 1) x = x.expand({-1, 3, -1, -1});
  const std::int64_t n = x.size(0), columns = std::min(o.nrow, n), rows = (n - 1) / columns + 1;
  if (n == 1) return x.squeeze(0);
  const std::int64_t channels = x.size(1), height = x.size(2) + o.padding,
                     width = x.size(3) + o.padding;
  x = pad(x, {o.padding, 0, o.padding, 0, 0, 0, 0, rows * columns - n}, o.pad_value);
  x = x.reshape({rows, columns, channels, height, width}).permute({2, 0, 3, 1, 4});
  return pad(x.reshape({channels, rows * height, columns * width}), {0, o.padding, 0, o.padding},
             o.pad_value);
}

void save_image(const Tensor& images, const std::string& path, const GridOptions& options,
                SourceLocation location) {
  const Tensor grid = make_grid(images.detach().to("cpu"), options, location);
  write_image(grid.dtype() == uint8 ? grid : clamp(grid * 255 + 0.5, 0, 255).to(uint8), path, 75,
              location);
}

}  // namespace tinygrad::vision
