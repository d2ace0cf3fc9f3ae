// SPDX-License-Identifier: MIT
// Batch norm whose mean and variance are those of the batches of all ranks together, so that they
// do not depend on the number of ranks.
#pragma once
#include "tinygrad/distributed/group.h"
#include "tinygrad/nn/norm.h"

namespace tinygrad::distributed {

/// The base of the next two. In training mode it exchanges the sums of x and of (x - mean)² of each
/// channel, and the number of values, which may differ among the ranks; the gradients of the sums
/// are exchanged in the backward pass. State and evaluation mode are those of nn::BatchNorm.
class TINYGRAD_API SyncBatchNorm : public nn::BatchNorm {
 protected:
  SyncBatchNorm(int spatial, std::int64_t features, const nn::BatchNormOptions& options,
                const Group& group, SourceLocation location);

 private:
  Tensor forward(const Tensor& x) override;
  Group group_;
};
/// SyncBatchNorm of x [N, C] or [N, C, L].
struct TINYGRAD_API SyncBatchNorm1d : SyncBatchNorm {
  explicit SyncBatchNorm1d(std::int64_t num_features, const nn::BatchNormOptions& options = {},
                           const Group& group = world(),
                           SourceLocation location = SourceLocation::current());
};
/// SyncBatchNorm of x [N, C, H, W].
struct TINYGRAD_API SyncBatchNorm2d : SyncBatchNorm {
  explicit SyncBatchNorm2d(std::int64_t num_features, const nn::BatchNormOptions& options = {},
                           const Group& group = world(),
                           SourceLocation location = SourceLocation::current());
};

}  // namespace tinygrad::distributed
