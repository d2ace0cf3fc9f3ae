// SPDX-License-Identifier: MIT
// Sharding: parameters of which each rank of a group holds a part, and states of modules with such
// parameters that do not depend on the number of ranks.
#pragma once
#include <memory>
#include <optional>

#include "tinygrad/distributed/group.h"
#include "tinygrad/nn/module.h"

namespace tinygrad::distributed {

/// How a tensor is divided among the ranks of a group. Rank r of n holds the positions
/// [r size / n, (r + 1) size / n) of dimension `dim`. If the dimension consists of several blocks
/// of equal size, each of them is divided so.
struct Sharding {
  int dim = 0;            ///< 0 or more
  std::int64_t size = 0;  ///< of the dimension in the whole tensor
  Group group = {};
  std::int64_t blocks = 1;  ///< 3 for the maps of query, key and value in one weight

  /// The first position of this rank's part, in each block.
  std::int64_t start() const { return group.rank() * (size / blocks) / group.size(); }
  /// The number of positions of this rank's part, in each block.
  std::int64_t part() const {
    return (group.rank() + 1) * (size / blocks) / group.size() - start();
  }
};
/// This rank's part of a whole tensor, in memory of its own.
TINYGRAD_API Tensor shard(In whole, const Sharding& sharding);
/// The whole tensor from the parts of all ranks, on each of them; outside the graph.
TINYGRAD_API Tensor unshard(In part, const Sharding& sharding);

/// A parameter that is this rank's part of a larger one. It must live as long as its module, as
/// members do.
class TINYGRAD_API ShardedParameter : public nn::Parameter {
 public:
  /// Undefined: a layer without a bias.
  ShardedParameter() = default;
  ShardedParameter(nn::Parameter part, const Sharding& sharding);

 private:
  std::shared_ptr<void> entry_;  // in the table that full_state_dict() reads
};

/// Returns whether the parameter is a ShardedParameter.
TINYGRAD_API bool is_sharded(const Tensor& parameter);

/// The base of modules with such parameters.
class TINYGRAD_API ShardedModule : public nn::Module {
 protected:
  /// Registers this rank's part of a whole parameter; returns an undefined one if that is
  /// undefined.
  ShardedParameter add_part(std::string name, const Tensor& whole, int dim, const Group& group,
                            std::int64_t blocks = 1);
  /// Registers a copy of a parameter that is equal on all ranks; as above if it is undefined.
  nn::Parameter add_copy(std::string name, const Tensor& whole);
};

/// module.state_dict() with the whole tensors of ShardedParameters: the state of the undivided
/// module, on each rank. If the module is a stage of a Pipeline, `stages` is its group, and the
/// states of all stages follow each other; names must count layers through the whole model, as
/// those of an nn::ModuleDict can, and of those that occur twice (tied weights) the first counts.
/// It is an operation of `stages` and of the groups of the parameters.
TINYGRAD_API NamedTensors full_state_dict(const nn::Module& module, const Group& stages = {});
/// module.load_state_dict() of such a state: each rank takes its parts. A stage of a Pipeline needs
/// {.strict = false}, as it does not have all names.
TINYGRAD_API nn::LoadReport load_full_state_dict(
    nn::Module& module, const NamedTensors& state, const nn::LoadStateOptions& options = {},
    SourceLocation location = SourceLocation::current());

/// While it lives, random numbers of this thread are those of rank 0 of a group, so that all ranks
/// draw the same whole weights, and keep their parts. On other ranks the thread's own generator is
/// then as it was. The constructor is an operation of the group.
class TINYGRAD_API GroupStream {
 public:
  explicit GroupStream(const Group& group);

 private:
  std::optional<ThreadStream> stream_;
};

}  // namespace tinygrad::distributed
