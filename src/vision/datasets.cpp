// SPDX-License-Identifier: MIT
// Data sets of pictures in folders and in CIFAR's binary files.
#include "tinygrad/vision/datasets.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "file.h"
#include "tinygrad/ops.h"
#include "tinygrad/vision/image.h"

namespace tinygrad::vision {
namespace {

namespace fs = std::filesystem;

bool is_picture(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return end == ".png" || end == ".jpg" || end == ".jpeg" || end == ".ppm" || end == ".pgm";
}

std::string find(const Call& call, const std::string& folder, const char* own,
                 const std::string& name) {
  for (const fs::path& in : {fs::path(folder) / own, fs::path(folder)})
    if (std::error_code ignored; fs::is_regular_file(in / name, ignored))
      return (in / name).string();
  fail<IoError>(call, name, " is neither in \"" + folder, "\" nor in its folder ", own, "/");
}

/// Records of `labels` bytes, of which the last is the label, and 3 x 32 x 32 bytes of a picture.
data::Dataset records(const Call& call, const std::vector<std::string>& paths, std::size_t labels,
                      int classes) {
  std::vector<unsigned char> x;
  std::vector<std::int64_t> y;
  const std::size_t record = labels + 3 * 32 * 32;
  for (const std::string& path : paths) {
    const std::string bytes = bytes_of(call, path);
    require<IoError>(!bytes.empty() && bytes.size() % record == 0, call, '"' + path,
                     "\": ", bytes.size(), " bytes are not a multiple of ", record);
    for (std::size_t at = 0; at < bytes.size(); at += record) {
      const int label = static_cast<unsigned char>(bytes[at + labels - 1]);
      require<IoError>(label < classes, call, '"' + path, "\": label ", label, " of record ",
                       at / record, " is not in 0 ... ", classes - 1);
      y.push_back(label);
      x.insert(x.end(), bytes.begin() + std::ptrdiff_t(at + labels),
               bytes.begin() + std::ptrdiff_t(at + record));
    }
  }
  return {from_vector(x, {y.size(), 3, 32, 32}, "cpu"), from_vector(y, "cpu"), {}, ""};
}

}  // namespace

ImageFolder::ImageFolder(const std::string& root, Transform transform, SourceLocation location)
    : transform_(std::move(transform)) {
  const Call call{"ImageFolder", location};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error))
    if (entry.is_directory()) list_->classes.push_back(entry.path().filename().string());
  require<IoError>(!error && !list_->classes.empty(), call, '"' + root,
                   "\" contains no folders, which would be the classes");
  std::sort(list_->classes.begin(), list_->classes.end());
  for (const std::string& name : list_->classes) {
    std::vector<std::string> paths;
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / name))
      if (entry.is_regular_file() && is_picture(entry.path()))
        paths.push_back(entry.path().string());
    require<IoError>(!paths.empty(), call, '"' + root, "/", name, "\" contains no pictures");
    std::sort(paths.begin(), paths.end());
    const auto label = std::int64_t(&name - list_->classes.data());
    list_->labels.insert(list_->labels.end(), paths.size(), label);
    list_->paths.insert(list_->paths.end(), paths.begin(), paths.end());
  }
}
data::Batch ImageFolder::get(std::int64_t i, std::uint64_t seed) const {
  const Tensor x = read_image(path(i), ImageReadMode::rgb);
  return {transform_ ? transform_(x, seed, std::uint64_t(i)) : x,
          full({}, list_->labels.at(std::size_t(i)), {.dtype = int64, .device = "cpu"})};
}

data::Dataset cifar10(const std::string& folder, Split split, SourceLocation location) {
  const Call call{"cifar10", location};
  std::vector<std::string> names = {"test_batch.bin"};
  if (split == Split::train)
    names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
             "data_batch_5.bin"};
  for (std::string& name : names) name = find(call, folder, "cifar-10-batches-bin", name);
  data::Dataset set = records(call, names, 1, 10);
  set.name = "cifar10";
  set.classes = {"airplane", "automobile", "bird",  "cat",  "deer",
                 "dog",      "frog",       "horse", "ship", "truck"};
  return set;
}
data::Dataset cifar100(const std::string& folder, Split split, SourceLocation location) {
  const Call call{"cifar100", location};
  const char* name = split == Split::train ? "train.bin" : "test.bin";
  data::Dataset set = records(call, {find(call, folder, "cifar-100-binary", name)}, 2, 100);
  set.name = "cifar100";
  return set;
}

}  // namespace tinygrad::vision
