// SPDX-License-Identifier: MIT
// The order of the passes of each stage of a pipeline.
#include <algorithm>

#include "predict.h"

namespace tinygrad::simulator {
namespace {

/// The k-th forward (backward) pass of a stage that has `chunks` parts of the model: p micro-
/// batches through each part, in turn; backwards from the last part.
Pass interleaved(int k, Pass::Kind kind, int p, int chunks) {
  const int chunk = k / p % chunks;
  return {kind, k / (p * chunks) * p + k % p,
          kind == Pass::Kind::backward ? chunks - 1 - chunk : chunk};
}

/// As 1F1B, with more forward passes first (Narayanan et al. 2021, figure 4).
Timeline interleaved(const Division& division, int micro_batches) {
  const int p = division.pipeline, v = division.chunks, all = micro_batches * v;
  Timeline timeline(static_cast<std::size_t>(p));
  for (int stage = 0; stage < p; ++stage) {
    const int first = std::min(all, 2 * (p - 1 - stage) + (v - 1) * p);
    auto& row = timeline[std::size_t(stage)];
    for (int k = 0; k < first; ++k) row.push_back(interleaved(k, Pass::Kind::forward, p, v));
    for (int k = first; k < all + first; ++k) {
      if (k < all) row.push_back(interleaved(k, Pass::Kind::forward, p, v));
      row.push_back(interleaved(k - first, Pass::Kind::backward, p, v));
    }
  }
  return timeline;
}

}  // namespace

Timeline passes(const Job& job, const Division& division, int micro_batches) {
  if (division.chunks > 1) return interleaved(division, micro_batches);
  Timeline timeline;
  for (const auto& actions :
       distributed::make_schedule(job.schedule, division.pipeline, micro_batches)) {
    timeline.emplace_back().reserve(actions.size());
    for (const auto& [kind, micro_batch] : actions)
      timeline.back().push_back(
          {kind == distributed::Action::Kind::backward ? Pass::Kind::backward : Pass::Kind::forward,
           micro_batch});
  }
  return timeline;
}

}  // namespace tinygrad::simulator
