// SPDX-License-Identifier: MIT
// Mesh: the ranks of a group as a grid of data, pipeline and tensor parallel groups.
#pragma once
#include <vector>

#include "tinygrad/distributed/group.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::distributed {

struct MeshSizes {
  int data = 1, pipeline = 1, tensor = 1;
};
/// A rank of a mesh: its groups. Rank (p data + d) tensor + t has position d in `data`, p in
/// `pipeline` and t in `tensor`, as in Megatron: tensor groups exchange most, and consist of
/// neighbours, which are on one machine. A model is divided so:
///
///   Mesh mesh({.data = 2, .pipeline = 2, .tensor = 2});
///   Stage stage(mesh.pipeline, mesh.tensor);  // layers of tensor_parallel.h
///   DataParallel parallel(stage, {}, mesh.data);
///   Pipeline pipeline(stage, {.micro_batches = 4}, mesh.pipeline);
///   {
///     const auto later = parallel.no_sync();  // one reduction for all micro-batches
///     pipeline.step(x, y, loss);              // x, y: the part of the batch of mesh.data.rank()
///   }
///   parallel.step_ready();
///   pipeline.sum_tied_gradients();
///   clip_grad_norm_(stage, 1, mesh);
///   optimizer.step();
struct TINYGRAD_API Mesh {
  /// Throws ArgumentError unless the product of the sizes is that of the group. It is an operation
  /// of the group.
  explicit Mesh(const MeshSizes& sizes, const Group& group = world(),
                SourceLocation location = SourceLocation::current());
  Group data, pipeline, tensor;
};

/// optim::clip_grad_norm_() of the whole model, of which `stage` is this rank's part: the norm is
/// that of all gradients, each counted once. tied: this stage's copies of parameters that the first
/// stage has too. Returns the norm, on all ranks. It is an operation of the mesh.
TINYGRAD_API double clip_grad_norm_(const nn::Module& stage, double max_norm, const Mesh& mesh,
                                    const std::vector<Tensor>& tied = {},
                                    SourceLocation location = SourceLocation::current());

}  // namespace tinygrad::distributed
