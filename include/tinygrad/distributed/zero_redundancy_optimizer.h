// SPDX-License-Identifier: MIT
// ZeroRedundancyOptimizer: stage 1 of ZeRO (Rajbhandari et al.: "ZeRO: Memory optimizations toward
// training trillion parameter models", 2020): each rank keeps the optimizer's state of a part of
// the parameters, steps these, and sends them to the others.
#pragma once
#include <concepts>
#include <optional>
#include <vector>

#include "tinygrad/distributed/group.h"
#include "tinygrad/optim/optimizer.h"

namespace tinygrad::distributed {

/// The part of ZeroRedundancyOptimizer that does not depend on the optimizer.
class TINYGRAD_API ShardedParameters {
 public:
  /// Gives each parameter, from the largest to the smallest, to the rank that has the fewest
  /// elements so far.
  ShardedParameters(const std::vector<Tensor>& parameters, const Group& group);
  /// The rank that steps parameter i.
  int owner(std::size_t i) const { return owners_[i]; }
  /// The parameters of this rank, in order.
  std::vector<Tensor> own() const;
  void zero_grad();
  /// Every rank sends its parameters to the others.
  void exchange(SourceLocation location) const;
  /// The states of all ranks' optimizers as that of one: names count all parameters.
  NamedTensors joined(const NamedTensors& own, SourceLocation location) const;
  /// The entries of this rank's parameters, named as its optimizer names them.
  NamedTensors own_part(const NamedTensors& all) const;

 private:
  std::vector<std::size_t> positions_of(int rank) const;
  std::vector<Tensor> parameters_;
  std::vector<int> owners_;
  Group group_;
};

namespace detail {
template <class Options> Options options_of(const optim::OptimizerWith<Options>&);
}

/// Optimizer O with its state divided among the ranks of a group. The gradients must be equal on
/// all ranks, as DataParallel leaves them; then the parameters have the same bits as with O, and
/// each rank keeps about 1 / size() of the state:
///
///   ZeroRedundancyOptimizer<optim::AdamW> optimizer(net.parameters(), {.lr = 1e-3});
///
/// All functions but lr() and zero_grad() are operations of the group.
template <std::derived_from<optim::Optimizer> O> class ZeroRedundancyOptimizer {
 public:
  using Options = decltype(detail::options_of(std::declval<const O&>()));
  /// Throws what O's constructor throws.
  explicit ZeroRedundancyOptimizer(const std::vector<Tensor>& params, const Options& options = {},
                                   const Group& group = world(),
                                   SourceLocation location = SourceLocation::current())
      : parameters_(params, group), lr_(options.lr) {
    if (const auto own = parameters_.own(); !own.empty()) own_.emplace(own, options, location);
  }
  /// Forgets the gradients of all parameters.
  void zero_grad() { parameters_.zero_grad(); }
  /// Steps the parameters of this rank, and exchanges them.
  void step(SourceLocation location = SourceLocation::current()) {
    if (own_) own_->step(location);
    parameters_.exchange(location);
  }
  double lr() const { return lr_; }
  /// To be called on all ranks.
  void set_lr(double lr) {
    lr_ = lr;
    if (own_) own_->set_lr(lr);
  }
  /// The state of O for all parameters, the same for any number of ranks.
  NamedTensors state_dict(SourceLocation location = SourceLocation::current()) const {
    return parameters_.joined(own_ ? own_->state_dict() : NamedTensors(), location);
  }
  /// Throws what O's function throws.
  void load_state_dict(const NamedTensors& state,
                       SourceLocation location = SourceLocation::current()) {
    if (!own_) return;
    own_->load_state_dict(parameters_.own_part(state), location);
    lr_ = own_->lr();
  }
  /// The bytes of the state that this rank keeps.
  std::size_t state_bytes() const {
    std::size_t bytes = 0;
    if (own_)
      for (auto& [name, t] : own_->state_dict())
        bytes += std::size_t(t.numel()) * size_of(t.dtype());
    return bytes;
  }

 private:
  ShardedParameters parameters_;
  std::optional<O> own_;  // none if there are fewer parameters than ranks
  double lr_;
};

}  // namespace tinygrad::distributed
