// SPDX-License-Identifier: MIT
// Training on several processes: `mpirun -np N PROGRAM` trains as the program alone does, with the
// same batches. Each rank has the whole net and takes its share of each batch; rank 0 alone prints
// and writes files.
#pragma once
#include <tinygrad/data.h>
#include <tinygrad/distributed/distributed.h>
#include <tinygrad/train/train.h>

#include <optional>
#include <vector>

#include "common/options.h"

namespace common {

class Ranks {
 public:
  /// Finds the other ranks, if mpirun started the program. On all but rank 0 it sets --quiet and
  /// takes away the options that name files to write.
  explicit Ranks(Options& options);
  int size() const { return group_.size(); }
  /// The samples of a batch that each rank takes. Throws ArgumentError if it is no whole number.
  int share(int batch_size) const;
  /// This rank's positions of n samples in random order.
  tinygrad::data::Sampler shuffled(std::int64_t n, bool drop_last = false) const;
  /// This rank's positions of n samples in order, each of which one rank takes.
  tinygrad::data::Sampler in_order(std::int64_t n) const;
  /// The options of a Trainer whose gradients are the mean over the ranks, and which stops on all
  /// ranks if one is interrupted.
  tinygrad::train::TrainerOptions joined(tinygrad::train::TrainerOptions options);
  /// To be called before training, when a run is resumed: copies the net of rank 0, and lets each
  /// rank draw other values. Throws IoError if ranks resume from different checkpoints.
  void begin(tinygrad::nn::Module& net, const tinygrad::train::Trainer& trainer);

  /// The pass of all ranks, whose metrics are means over samples. To be called on all ranks.
  tinygrad::train::Pass total(const tinygrad::train::Pass& own) const;
  /// A value for each sample of in_order(), from those of each rank. To be called on all ranks.
  std::vector<std::int64_t> joined(const std::vector<std::int64_t>& own) const;

 private:
  bool is_interrupted() const;
  tinygrad::distributed::Group group_;
  std::optional<tinygrad::distributed::DataParallel> parallel_;
};

}  // namespace common
