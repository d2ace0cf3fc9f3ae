// SPDX-License-Identifier: MIT
// Fuzzes PNG, JPEG, PPM and PGM: each must be read completely or refused, and what is read must be
// written and read again to the same bits, as PNG if there is libpng, otherwise as PPM.
#include <filesystem>

#include "memory_file.h"
#include "tinygrad/error.h"
#include "tinygrad/vision/image.h"

namespace {

std::string scratch(const std::string& ending) {
  const bool memory = std::filesystem::is_directory("/dev/shm");
  return (memory ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
         "/tinygrad-fuzz-" + std::to_string(getpid()) + ending;
}

void write_and_read_again(const tinygrad::Tensor& image) {
  using namespace tinygrad;
  const bool alpha = image.size(0) % 2 == 0;
  if (image.numel() > 1 << 16 || (alpha && !vision::has_png())) return;
  static const std::string path = scratch(vision::has_png() ? ".png" : ".ppm");
  vision::write_image(image, path);
  const Tensor again = vision::read_image(path);
  std::filesystem::remove(path);
  test::MemoryFile::check(again.shape() == image.shape() &&
                          again.to_vector<std::uint8_t>() == image.to_vector<std::uint8_t>());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace tinygrad;
  static test::MemoryFile file;
  file.set(bytes, size);
  try {
    write_and_read_again(vision::read_image(file.path()));
  } catch (const IoError&) {}
  return 0;
}
