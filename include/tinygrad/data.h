// SPDX-License-Identifier: MIT
// Data sets, and DataLoader, which yields their samples in batches.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::data {

/// Samples and their labels. The data sets below are on the CPU.
struct Dataset {
  Tensor x;                          ///< the samples [N, ...]
  Tensor y;                          ///< the labels [N, ...]; int64 in the data sets below
  std::vector<std::string> classes;  ///< the names of the classes, by label; may be empty
  std::string name;
  /// The number of samples.
  std::int64_t size(SourceLocation location = SourceLocation::current()) const {
    return x.size(0, location);
  }
};

enum class Split : std::uint8_t { train, test };

/// MNIST (LeCun, Cortes, Burges): x float32 [N, 1, 28, 28] in 0 ... 1, y int64 [N]. `folder` or its
/// folder mnist/ must contain the four idx files, plain or with .gz. Throws IoError if they are
/// missing or damaged, or if images and labels do not match.
TINYGRAD_API Dataset mnist(const std::string& folder, Split split,
                           SourceLocation location = SourceLocation::current());
/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), in the same form, from `folder` or its folder
/// fashion/.
TINYGRAD_API Dataset fashion_mnist(const std::string& folder, Split split,
                                   SourceLocation location = SourceLocation::current());
/// n synthetic images of digits, which need no download: strokes with random affine maps, thickness
/// and noise, in MNIST's shapes and range. Image i depends only on seed and i, not on n or the
/// number of threads.
TINYGRAD_API Dataset digits(std::int64_t n, std::uint64_t seed,
                            SourceLocation location = SourceLocation::current());

/// Reads the tensor of an idx file, plain or gzip: uint8, int32, float32 or float64, of rank 1 to
/// 4, on the CPU. Throws IoError.
TINYGRAD_API Tensor load_idx(const std::string& path,
                             SourceLocation location = SourceLocation::current());

/// The folder to pass to mnist() or fashion_mnist(): `argument` if it is not empty, otherwise the
/// first of $TINYGRAD_DATA and ./data that contains `dataset` ("mnist" or "fashion"), or an empty
/// string if neither does. Throws IoError if `argument` is not empty and does not contain it.
TINYGRAD_API std::string data_folder(const std::string& argument, const std::string& dataset,
                                     SourceLocation location = SourceLocation::current());

/// Changes a sample in place before it joins a batch: float32 values of the given shape. All
/// randomness must come from (seed, index): the seed of the epoch and the index of the sample in
/// the data set. It is called on the loader's thread; copies share the function.
using Augment = SharedFunction<void(std::span<float> sample, const Shape& shape, std::uint64_t seed,
                                    std::uint64_t index)>;
/// Shifts images [C, H, W] by up to max_pixels in each direction, and fills the border with zeros.
/// Throws ArgumentError unless max_pixels is 0 to 1024.
TINYGRAD_API Augment random_shift(int max_pixels);

/// A batch of samples x [B, ...] with their labels y [B, ...].
struct Batch {
  Tensor x, y;
};

struct DataLoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = false;
  bool drop_last = false;  ///< leave out the last batch if it is not full
  /// The number of batches that a background thread makes ahead; 0: the calling thread makes each
  /// batch when it is needed.
  int prefetch = 2;
  /// The seed of the order and of `augment`. By default it is drawn from the calling thread's
  /// generator, so that manual_seed() fixes it.
  std::optional<std::uint64_t> seed = {};
  Augment augment = {};              ///< requires float32 samples
  Device device = default_device();  ///< the device of the batches
};

/// Yields the batches of a data set: for (auto [x, y] : loader) is one epoch, and the next such
/// loop is the next epoch, in another order if shuffle is set. The batches depend only on data,
/// seed and epoch, not on prefetch. If making a batch fails, the error is thrown when the batch
/// would have been yielded. The loader shares the tensors of the data set: it may outlive the
/// Dataset, and a loop may outlive the loader.
class TINYGRAD_API DataLoader {
 public:
  class Iterator;
  struct End {};
  /// Throws ShapeError if x and y have different numbers of samples, DTypeError if `augment` is set
  /// and x is not float32, and ArgumentError if an option is invalid.
  explicit DataLoader(const Dataset& dataset, DataLoaderOptions options = {},
                      SourceLocation location = SourceLocation::current());
  /// The number of batches of an epoch, including skipped ones.
  std::int64_t size() const;
  std::uint64_t seed() const;
  /// The epoch that the next loop yields, from 0.
  std::int64_t epoch() const { return epoch_; }
  /// Sets the epoch of the next loop. It cannot be called on a temporary, which would be destroyed
  /// before its loop begins.
  DataLoader& set_epoch(std::int64_t epoch, SourceLocation location = SourceLocation::current()) &;
  /// Leaves out the first `batches` of the next loop, to continue a run that was stopped.
  DataLoader& skip(std::int64_t batches, SourceLocation location = SourceLocation::current()) &;
  /// Begins an epoch.
  Iterator begin();
  End end() const { return {}; }

 private:
  struct Plan;
  class Run;
  const Plan& plan() const;
  std::shared_ptr<const Plan> plan_;  // null if the loader was moved from
  std::int64_t epoch_ = 0, skip_ = 0;
};

/// A position in an epoch. Its destructor stops the background thread.
class TINYGRAD_API DataLoader::Iterator {
 public:
  explicit Iterator(std::unique_ptr<Run> run);
  Iterator(Iterator&&) noexcept;
  ~Iterator();
  /// The current batch. Throws ArgumentError at the end of the epoch.
  const Batch& operator*() const;
  Iterator& operator++();
  friend bool operator==(const Iterator& a, End) { return !a.batch_; }

 private:
  std::unique_ptr<Run> run_;
  std::optional<Batch> batch_;
};

}  // namespace tinygrad::data
