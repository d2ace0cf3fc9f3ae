// SPDX-License-Identifier: MIT
// Data sets of pictures: folders as classes, MNIST, Fashion-MNIST, CIFAR-10, CIFAR-100, and digits
// drawn by code. Those in memory are on the CPU, with labels y int64 [N].
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tinygrad/data.h"
#include "tinygrad/vision/transforms.h"

namespace tinygrad::vision {

/// The pictures of root/CLASS/.../NAME, with the class as label (int64, classes by name). Files are
/// read when they are asked for, as RGB. Copies share the list.
class TINYGRAD_API ImageFolder {
 public:
  /// Throws IoError if there is no class, or a class without a .png, .jpg, .jpeg, .ppm or .pgm.
  explicit ImageFolder(const std::string& root, Transform transform = {},
                       SourceLocation location = SourceLocation::current());
  std::int64_t size() const { return std::int64_t(list_->paths.size()); }
  /// The transformed picture and its label. Throws IoError if the file is damaged.
  data::Batch get(std::int64_t i, std::uint64_t seed = 0) const;
  const std::vector<std::string>& classes() const { return list_->classes; }
  const std::string& path(std::int64_t i) const { return list_->paths.at(std::size_t(i)); }

 private:
  struct List {
    std::vector<std::string> classes, paths;
    std::vector<std::int64_t> labels;
  };
  std::shared_ptr<List> list_ = std::make_shared<List>();
  Transform transform_;
};

enum class Split : std::uint8_t { train, test };

/// MNIST (LeCun, Cortes, Burges): x float32 [N, 1, 28, 28] in 0 ... 1. `folder` or its folder
/// mnist/ must contain the four idx files, plain or with .gz. Throws IoError if they are missing or
/// damaged, or if images and labels do not match.
TINYGRAD_API data::Dataset mnist(const std::string& folder, Split split,
                                 SourceLocation location = SourceLocation::current());
/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), in the same form, from `folder` or its folder
/// fashion/.
TINYGRAD_API data::Dataset fashion_mnist(const std::string& folder, Split split,
                                         SourceLocation location = SourceLocation::current());
/// The folder to pass to mnist() or fashion_mnist(): `argument` if it is not empty, otherwise the
/// first of $TINYGRAD_DATA and ./data that contains `dataset` ("mnist" or "fashion"), or an empty
/// string if neither does. Throws IoError if `argument` is not empty and does not contain it.
TINYGRAD_API std::string data_folder(const std::string& argument, const std::string& dataset,
                                     SourceLocation location = SourceLocation::current());
/// Reads the tensor of an idx file, plain or gzip: uint8, int32, float32 or float64, of rank 1 to
/// 4, on the CPU. Throws IoError.
TINYGRAD_API Tensor load_idx(const std::string& path,
                             SourceLocation location = SourceLocation::current());

/// n synthetic images of digits, which need no download: strokes with random affine maps, thickness
/// and noise, in MNIST's shapes and range. Image i depends only on seed and i, not on n or the
/// number of threads. Throws ArgumentError unless n is 0 to 10,000,000.
TINYGRAD_API data::Dataset digits(std::int64_t n, std::uint64_t seed,
                                  SourceLocation location = SourceLocation::current());

/// CIFAR-10 (Krizhevsky 2009): x uint8 [N, 3, 32, 32]. `folder` or its folder cifar-10-batches-bin/
/// must contain data_batch_1.bin ... data_batch_5.bin, or test_batch.bin. Throws IoError if a file
/// is missing or damaged.
TINYGRAD_API data::Dataset cifar10(const std::string& folder, Split split,
                                   SourceLocation location = SourceLocation::current());
/// CIFAR-100 with its 100 fine labels, from train.bin or test.bin in `folder` or its folder
/// cifar-100-binary/.
TINYGRAD_API data::Dataset cifar100(const std::string& folder, Split split,
                                    SourceLocation location = SourceLocation::current());

/// A data set of {x, y} with its pictures x transformed.
template <data::Mapped D>
data::MapDataset<data::Batch> with_transform(const D& data, Transform transform) {
  return {data.size(), [data, transform](std::int64_t i, std::uint64_t seed) {
            data::Batch sample = data::detail::sample(data, i, seed);
            sample.x = transform(sample.x, seed, std::uint64_t(i));
            return sample;
          }};
}

}  // namespace tinygrad::vision
