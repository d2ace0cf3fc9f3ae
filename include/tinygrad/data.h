// Data sets, and batches of them.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::data {

/// Samples and their labels, on the CPU unless you say otherwise.
struct Dataset {
  Tensor x;                          ///< [N, ...]
  Tensor y;                          ///< [N, ...]; int64 labels in the data sets below
  std::vector<std::string> classes;  ///< what the labels mean; may be empty
  std::string name;
  std::int64_t size() const { return x.size(0); }
};

enum class Split : std::uint8_t { train, test };

/// MNIST (LeCun, Cortes, Burges): x float32 [N, 1, 28, 28] in 0 ... 1, y int64 [N]. `folder` holds
/// the four idx files, plain or with .gz, or a folder mnist/ that does. Throws IoError where they
/// are missing, damaged or do not belong together.
TINYGRAD_API Dataset mnist(const std::string& folder, Split split,
                           SourceLocation location = SourceLocation::current());
/// Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), likewise; in `folder` or its folder fashion/.
TINYGRAD_API Dataset fashion_mnist(const std::string& folder, Split split,
                                   SourceLocation location = SourceLocation::current());
/// n digits, drawn by code: strokes under random affine maps, thickness and noise, like MNIST in
/// shape and range, with no download. Image i depends on seed and i alone, whatever n and the
/// number of threads.
TINYGRAD_API Dataset digits(std::int64_t n, std::uint64_t seed,
                            SourceLocation location = SourceLocation::current());

/// The tensor in an idx file, plain or gzip: uint8, int32, float32 or float64, of rank 1 to 4, on
/// the CPU. Throws IoError.
TINYGRAD_API Tensor load_idx(const std::string& path,
                             SourceLocation location = SourceLocation::current());

/// The folder to pass to mnist() or fashion_mnist(): `argument` where it is not empty, else the
/// first of $TINYGRAD_DATA and ./data that holds `dataset` ("mnist" or "fashion"). Empty where
/// there is none; IoError where a given argument does not hold it.
TINYGRAD_API std::string data_folder(const std::string& argument, const std::string& dataset,
                                     SourceLocation location = SourceLocation::current());

/// Changes a sample in place on its way into a batch: float32 values of shape [...]. All randomness
/// is to come from (seed, index): the epoch's seed and the sample's index in the data set. Called
/// on the loader's thread.
using Augment = InlineFunction<
    void(std::span<float> sample, const Shape& shape, std::uint64_t seed, std::uint64_t index), 64>;
/// Moves images [C, H, W] by up to max_pixels in each direction; zeros come in.
TINYGRAD_API Augment random_shift(int max_pixels);

/// Some samples: x [B, ...], y [B, ...].
struct Batch {
  Tensor x, y;
};

struct LoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = false;
  bool drop_last = false;  ///< leave out a last batch that is not full
  int prefetch = 2;  ///< how many batches a thread of its own makes ahead; 0: made when asked for,
                     ///< in the calling thread
  std::optional<std::uint64_t> seed =
      {};  ///< none: drawn from the calling thread's generator, so that manual_seed() fixes it
  Augment augment = {};              ///< needs float32 samples
  Device device = default_device();  ///< where the batches go
};

/// Yields batches: for (auto [x, y] : loader) is one epoch, and the next such loop the next one, in
/// another order where it shuffles. The batches depend on data, seed and epoch alone, never on
/// prefetch. What goes wrong while one is made is thrown where it would have been yielded. The
/// loader shares the data set's tensors: it outlives the Dataset, and a loop outlives the loader.
class TINYGRAD_API Loader {
 public:
  class Iterator;
  struct End {};
  /// Throws ArgumentError or ShapeError where x and y do not belong together or an option makes no
  /// sense.
  explicit Loader(const Dataset& dataset, LoaderOptions options = {},
                  SourceLocation location = SourceLocation::current());
  /// Batches of an epoch, skipped ones included.
  std::int64_t size() const;
  std::uint64_t seed() const;
  /// The epoch that the next loop yields, from 0.
  std::int64_t epoch() const { return epoch_; }
  /// Not of a temporary, which would be gone before its loop began.
  Loader& set_epoch(std::int64_t epoch, SourceLocation location = SourceLocation::current()) &;
  /// Leaves out the first `batches` of the next loop: to go on where a run was stopped.
  Loader& skip(std::int64_t batches, SourceLocation location = SourceLocation::current()) &;
  /// Begins the epoch.
  Iterator begin();
  End end() const { return {}; }

 private:
  struct Plan;
  class Run;
  const Plan& plan() const;
  std::shared_ptr<const Plan> plan_;  // null where this was moved from
  std::int64_t epoch_ = 0, skip_ = 0;
};

/// A place in an epoch. Destroying it stops the background thread.
class TINYGRAD_API Loader::Iterator {
 public:
  explicit Iterator(std::unique_ptr<Run> run);
  Iterator(Iterator&&) noexcept;
  ~Iterator();
  /// Throws ArgumentError at the end.
  const Batch& operator*() const;
  Iterator& operator++();
  friend bool operator==(const Iterator& a, End) { return !a.batch_; }

 private:
  std::unique_ptr<Run> run_;
  std::optional<Batch> batch_;
};

}  // namespace tinygrad::data
