// SPDX-License-Identifier: MIT
// Data sets of pictures: folders as classes, CIFAR-10 and CIFAR-100.
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

/// CIFAR-10 (Krizhevsky 2009): x uint8 [N, 3, 32, 32], y int64 [N]. `folder` or its folder
/// cifar-10-batches-bin/ must contain data_batch_1.bin ... data_batch_5.bin, or test_batch.bin.
/// Throws IoError if a file is missing or damaged.
TINYGRAD_API data::Dataset cifar10(const std::string& folder, data::Split split,
                                   SourceLocation location = SourceLocation::current());
/// CIFAR-100 with its 100 fine labels, from train.bin or test.bin in `folder` or its folder
/// cifar-100-binary/.
TINYGRAD_API data::Dataset cifar100(const std::string& folder, data::Split split,
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
