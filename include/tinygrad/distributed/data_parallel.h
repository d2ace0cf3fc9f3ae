// SPDX-License-Identifier: MIT
// DataParallel: every rank has a copy of a model and computes the gradients of its own part of a
// batch; the mean of the gradients over the ranks trains all copies alike.
//
//   tg::distributed::DataParallel parallel(net);
//   for (auto [x, y] : loader) {  // its sampler: data::distributed_sampler(..., rank, size)
//     optimizer.zero_grad();
//     tg::cross_entropy(net(x), y).backward();
//     parallel.step_ready();
//     optimizer.step();
//   }
#pragma once
#include <memory>
#include <vector>

#include "tinygrad/distributed/group.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::distributed {

struct DataParallelOptions {
  std::size_t bucket_bytes = 25 << 20;       ///< of a bucket of gradients
  std::size_t first_bucket_bytes = 1 << 20;  ///< small, so that communication begins early
  bool broadcast_buffers = true;  ///< step_ready() copies the buffers of rank 0 to all ranks
};

/// Parameters whose gradients are reduced by one all_reduce, which begins when the last of them is
/// complete, while the backward pass goes on.
struct Bucket {
  std::vector<std::size_t> parameters;  ///< positions in module.parameters()
  std::size_t bytes = 0;
  bool started = false, done = false;  ///< the all_reduce of the current step
};

/// Hooks on the gradients of a module's parameters; the module itself stays as it is. The hooks
/// last as long as the parameters, but do nothing after the object's end.
///
/// A rank whose pass did not reach a parameter contributes zeros. A parameter that no rank reached
/// keeps its gradient, or has none. A tensor that is used in several places is reduced once. The
/// ranks must take equally many steps with equally large batches, which data::distributed_sampler
/// provides.
class TINYGRAD_API DataParallel {
 public:
  /// Copies parameters and buffers of rank 0 to all ranks. Throws ShapeError, DTypeError or
  /// ArgumentError on all ranks if their modules differ.
  explicit DataParallel(nn::Module& module, const DataParallelOptions& options = {},
                        const Group& group = world(),
                        SourceLocation location = SourceLocation::current());
  ~DataParallel();
  DataParallel(const DataParallel&) = delete;

  /// Waits for the buckets and writes the mean gradients into the parameters: to be called after
  /// backward() and before step() of the optimizer.
  void step_ready(SourceLocation location = SourceLocation::current());
  /// While the object lives, backward passes of this thread only add to the gradients of this rank:
  /// for all micro-batches of a step but the last.
  class TINYGRAD_API NoSync {
   public:
    explicit NoSync(DataParallel& parallel);
    ~NoSync();
    NoSync(const NoSync&) = delete;

   private:
    DataParallel& parallel_;
    bool before_;
  };
  [[nodiscard]] NoSync no_sync() { return NoSync(*this); }
  /// The buckets, in the order in which they are reduced: parameters from the last to the first.
  std::vector<Bucket> buckets() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace tinygrad::distributed
