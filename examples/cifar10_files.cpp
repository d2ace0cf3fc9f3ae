// SPDX-License-Identifier: MIT
// Writes CIFAR-10's binary files from folders of pictures, IN/train/CLASS/* and IN/test/CLASS/*:
// each record is the label and 3 x 32 x 32 bytes, in random order.
//   cifar10_files IN OUT
#include <tinygrad/tinygrad.h>
#include <tinygrad/vision/datasets.h>

#include <cstdio>
#include <fstream>

namespace tg = tinygrad;

/// Writes all samples of a folder to the files, in equal parts.
void write(const std::string& in, const std::string& out, const std::vector<std::string>& names) {
  const tg::vision::ImageFolder pictures(in);
  const std::int64_t each = (pictures.size() + std::ssize(names) - 1) / std::ssize(names);
  const tg::data::DataLoaderOptions options{
      .batch_size = each, .shuffle = true, .seed = 0, .device = "cpu"};
  std::size_t file = 0;
  for (auto [x, y] : tg::data::DataLoader(pictures, options)) {
    std::ofstream bytes(out + "/" + names.at(file++), std::ios::binary);
    for (std::int64_t i = 0; i < y.size(0); ++i) {
      const auto pixels = x[i].span<std::uint8_t>();
      bytes.put(char(y[i].item<int>()));
      bytes.write(reinterpret_cast<const char*>(pixels.data()), std::streamsize(pixels.size()));
    }
    tg::require<tg::IoError>(bool(bytes.flush()), "cifar10_files", "cannot write to ", out);
  }
}

int main(int argc, char** argv) {
  try {
    tg::require(argc == 3, "cifar10_files", "expected two folders: IN OUT");
    const std::string in = argv[1], out = argv[2];
    write(in + "/test", out, {"test_batch.bin"});
    write(in + "/train", out,
          {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
           "data_batch_5.bin"});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
