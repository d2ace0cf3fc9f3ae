// SPDX-License-Identifier: MIT
// mnist() and fashion_mnist(), which read four idx files of the same form.
#include <cstdlib>
#include <filesystem>

#include "tinygrad/ops.h"
#include "tinygrad/vision/datasets.h"

namespace tinygrad::vision {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t image_side = 28;

struct DatasetInfo {
  const char* name;
  const char* folder;
  std::vector<std::string> classes;
};
const DatasetInfo& info_of(bool fashion) {
  static const DatasetInfo digits_info{
      "mnist", "mnist", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}};
  static const DatasetInfo fashion_info{"fashion",
                                        "fashion",
                                        {"T-shirt", "trouser", "pullover", "dress", "coat",
                                         "sandal", "shirt", "sneaker", "bag", "boot"}};
  return fashion ? fashion_info : digits_info;
}

std::string images_name(Split split) {
  return split == Split::train ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte";
}
std::string labels_name(Split split) {
  return split == Split::train ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte";
}

/// train-images.idx3-ubyte, as some programs unpack train-images-idx3-ubyte.
std::string with_dot(std::string name) { return name.replace(name.find("-idx"), 1, "."); }

/// The path of `name`, in either spelling and packed or not, in the data set's own folder within
/// `folder`, or in `folder` itself. Empty if there is no such file.
std::string find(const std::string& folder, const DatasetInfo& info, const std::string& name) {
  std::error_code ignored;
  for (const fs::path& in : {fs::path(folder) / info.folder, fs::path(folder)})
    for (const std::string& spelled : {name, with_dot(name)})
      for (const char* ending : {"", ".gz"})
        if (fs::path path = in / (spelled + ending); fs::is_regular_file(path, ignored))
          return path.string();
  return "";
}

std::string require_file(const Call& call, const std::string& folder, const DatasetInfo& info,
                         const std::string& name) {
  std::string path = find(folder, info, name);
  if (path.empty())
    fail<IoError>(call, "neither ", name, " nor ", name, ".gz is in ", in_quotes(folder),
                  " or its folder ", info.folder, "/; scripts/download_mnist.sh fetches MNIST");
  return path;
}

void check(const Call& call, const std::string& images_path, const Tensor& images,
           const std::string& labels_path, const Tensor& labels) {
  require<IoError>(images.dim() == 3 && images.dtype() == DType::uint8 &&
                       images.size(1) == image_side && images.size(2) == image_side,
                   call, in_quotes(images_path), ": expected uint8 images of 28 by 28, got ",
                   to_string(images.dtype()), " ", images.shape());
  require<IoError>(labels.dim() == 1 && labels.dtype() == DType::uint8, call,
                   in_quotes(labels_path), ": expected uint8 labels, got ",
                   to_string(labels.dtype()), " ", labels.shape());
  require<IoError>(images.size(0) == labels.size(0), call, in_quotes(images_path), " holds ",
                   images.size(0), " images, ", in_quotes(labels_path), " ", labels.size(0),
                   " labels");
  std::int64_t position = 0;
  for (std::uint8_t label : labels.span<std::uint8_t>()) {
    require<IoError>(label < 10, call, in_quotes(labels_path), ": label ", int(label),
                     " at position ", position, " is not in 0 ... 9");
    ++position;
  }
}

data::Dataset load(const Call& call, const std::string& folder, Split split, bool fashion) {
  const DatasetInfo& info = info_of(fashion);
  const std::string images_path = require_file(call, folder, info, images_name(split)),
                    labels_path = require_file(call, folder, info, labels_name(split));
  const Tensor images = load_idx(images_path, call.location),
               labels = load_idx(labels_path, call.location);
  check(call, images_path, images, labels_path, labels);
  const Tensor x = div(images.to(DType::float32), 255);
  return {x.reshape({images.size(0), 1, image_side, image_side}), labels.to(DType::int64),
          info.classes, info.name};
}

/// The first of a data set's four files that a folder lacks; empty if it has all.
std::string missing_file(const std::string& folder, const DatasetInfo& info) {
  for (Split split : {Split::train, Split::test})
    for (const std::string& name : {images_name(split), labels_name(split)})
      if (find(folder, info, name).empty()) return name;
  return "";
}

}  // namespace

data::Dataset mnist(const std::string& folder, Split split, SourceLocation location) {
  return load(Call{"mnist", location}, folder, split, false);
}
data::Dataset fashion_mnist(const std::string& folder, Split split, SourceLocation location) {
  return load(Call{"fashion_mnist", location}, folder, split, true);
}

std::string data_folder(const std::string& argument, const std::string& dataset,
                        SourceLocation location) {
  const Call call{"data_folder", location};
  require<ArgumentError>(dataset == "mnist" || dataset == "fashion", call,
                         "the data set must be \"mnist\" or \"fashion\", got ", in_quotes(dataset));
  const DatasetInfo& info = info_of(dataset == "fashion");
  if (!argument.empty()) {
    const std::string missing = missing_file(argument, info);
    require<IoError>(missing.empty(), call, in_quotes(argument), " holds no ", dataset,
                     ": neither it nor its folder ", info.folder, "/ has ", missing,
                     ", packed or not; scripts/download_mnist.sh fetches MNIST");
    return argument;
  }
  const char* variable = std::getenv("TINYGRAD_DATA");
  for (const std::string folder : {variable ? variable : "", "data"})
    if (!folder.empty() && missing_file(folder, info).empty()) return folder;
  return "";
}

}  // namespace tinygrad::vision
