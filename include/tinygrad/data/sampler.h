// SPDX-License-Identifier: MIT
// Samplers: the positions of the samples of an epoch, in order.
#pragma once
#include <cstdint>
#include <vector>

#include "tinygrad/tensor.h"

namespace tinygrad::data {

/// A function that gives the `size` positions of an epoch, which depend on the epoch's seed alone.
struct Sampler {
  std::int64_t size;
  SharedFunction<std::vector<std::int64_t>(std::uint64_t seed)> order;
};
/// 0 ... n - 1.
TINYGRAD_API Sampler sequential_sampler(std::int64_t n);
/// 0 ... n - 1 in random order.
TINYGRAD_API Sampler random_sampler(std::int64_t n);
/// num_samples positions, drawn by multinomial() with probabilities proportional to weights [N].
/// Throws what it throws, and ShapeError unless weights is a vector.
TINYGRAD_API Sampler weighted_random_sampler(const Tensor& weights, std::int64_t num_samples,
                                             bool replacement = true,
                                             SourceLocation location = SourceLocation::current());
/// All positions of labels [N], in random order, the samples of each class spread evenly: any B
/// samples in sequence have about B N_c / N of class c. Throws ShapeError unless labels is a
/// vector.
TINYGRAD_API Sampler stratified_sampler(const Tensor& labels,
                                        SourceLocation location = SourceLocation::current());
/// Every world_size-th position of a sampler from the rank-th on, for training in several
/// processes, whose loaders must have the same seed. All ranks have the same size: the first
/// positions are repeated at the end or, with drop_last, the last ones left out. Throws
/// ArgumentError unless 0 <= rank < world_size.
TINYGRAD_API Sampler distributed_sampler(Sampler sampler, std::int64_t rank,
                                         std::int64_t world_size, bool drop_last = false,
                                         SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::data
